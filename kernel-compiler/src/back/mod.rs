//! Back ends: a verified module to text.

pub mod ptx;
