//! Every kernel against independent f64 computations, on every device of
//! `TILEWRIGHT_TEST_DEVICES`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod add;
mod move_slots;
mod rms_norm;
mod rotary;
mod select_rows;
mod swiglu;
