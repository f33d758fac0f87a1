//! The front end: what it accepts, what it refuses and where, and the grammar of targets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accepted;
mod catalogue;
mod refused;
mod target;
