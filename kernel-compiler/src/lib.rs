//! Compiles kernels in Rust syntax to PTX and WGSL text.

pub mod ast;
pub mod back;
pub mod compile;
pub mod diag;
pub mod expand;
pub mod family;
pub mod format;
pub mod host;
pub mod inspect;
pub mod instance;
pub mod interp;
pub mod ir;
pub mod library;
pub mod lower;
pub mod parse;
pub mod source;
mod split;
pub mod target;
pub mod verify;
