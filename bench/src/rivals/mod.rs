//! `tilewright-bench rivals`: our kernels and those of cuDNN and cuBLAS on one GPU, round by round in turn.
//!
//! Several processes, of which each has a Python child for the other side (`bench/rivals/torch_rivals.py`):
//! where memory lies and how warm the GPU is differs from process to process. Both sides make the same
//! inputs, and what both compute is compared with sums in f64 before a time counts.

mod attention;
mod contest;
mod decode;
mod duel;
mod expected;
#[cfg(all(test, unix))]
mod fake;
mod gather;
mod inputs;
mod lines;
mod matmul;
mod options;
mod ours;
mod process;
mod series;
mod theirs;

pub use options::Options;
pub use process::{ProcessOptions, process};
pub use series::rivals;
