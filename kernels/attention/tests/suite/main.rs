//! Attention against a naive one in f64, on every device of `TILEWRIGHT_TEST_DEVICES`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod decode;
mod dense;
mod naive;
mod prefill;
mod problem;
mod tree;
