//! The interpreter against independently computed results, and one wrong kernel per kind of fault.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arith;
mod control;
mod kernel;
mod subgroup;
