//! Devices, buffers and launches: CUDA, wgpu, CPU and null behind one narrow trait.

pub mod kernel;
