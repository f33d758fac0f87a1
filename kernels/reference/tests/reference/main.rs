//! The references against independent computations in `f64`; ragged shapes first.
#![allow(clippy::unwrap_used)]

mod attention;
mod encode;
mod formats;
mod matmul;
mod random;
mod rotary;
mod rows;
mod sampling;
