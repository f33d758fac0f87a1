//! The interpreter against independently computed results, and one wrong kernel per kind of fault.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arith;
mod asynchronous;
mod barrier;
mod cluster;
mod control;
mod faults;
mod kernel;
mod launch;
mod matrix;
mod subgroup;
mod wgmma;
