//! The families' templates for Hopper, in the interpreter at their smallest shapes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod attention;
mod instance;
mod matmul;
mod matvec;
mod paged;
