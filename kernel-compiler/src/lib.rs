//! Compiles kernels in Rust syntax to PTX and WGSL text.
