//! Golden kernels: one file of `in` for each feature of the language and each operation of a target.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod asynchronous;
mod language;
mod machine;
mod matrix;
mod memory;
mod numbers;
mod refused;
