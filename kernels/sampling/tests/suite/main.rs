//! The choice of tokens against independent computations, on every device of
//! `TILEWRIGHT_TEST_DEVICES`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod argmax;
mod oracle;
mod sample;
