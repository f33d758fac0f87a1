//! Compiles kernels in Rust syntax to PTX and WGSL text.

pub mod ast;
pub mod back;
pub mod diag;
pub mod ir;
pub mod target;
pub mod verify;
