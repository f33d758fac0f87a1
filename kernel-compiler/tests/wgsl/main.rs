//! The WGSL back end: golden texts, naga's verdict on each at its target's capabilities and through
//! its own writers, and the diagnostics for what WGSL lacks.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arithmetic;
mod control;
mod diagnostics;
mod golden;
mod kernel;
mod machine;
mod memory;
mod uniformity;
