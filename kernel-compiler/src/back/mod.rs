//! Back ends: a verified module to text. Twins: a file for each family of operations.

pub mod ptx;
pub mod wgsl;
