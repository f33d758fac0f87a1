//! Benches of every kernel, and the runs that are recorded in `bench/results/`.
//!
//! - [`case`]: launches of every kernel at small shapes, with what the scalar reference makes of the
//!   same data. `benches/kernels.rs` measures them with criterion.
//! - [`record`]: the JSON file of a run.
//! - [`run`]: `tilewright-bench run`, which fills that file on a machine without Rust: conformance
//!   tests, kernels and whole generations, device by device.
//! - [`rivals`]: `tilewright-bench rivals`, our kernels and those of cuDNN and cuBLAS in turn.
//! - [`fragments`]: `tilewright-bench fragments`, products of few tokens on Hopper against its memory.

pub mod case;
pub mod error;
pub mod fragments;
mod hash;
pub mod record;
pub mod rivals;
pub mod run;

pub use case::{Agreement, Bound, Case, Ready, cases};
pub use error::Error;
