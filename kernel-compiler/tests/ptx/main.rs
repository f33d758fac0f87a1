//! The PTX back end: pinned texts, judged by ptxas.
//!
//! `TILEWRIGHT_PTXAS` names the assembler; `TILEWRIGHT_BLESS=1` rewrites the pinned texts.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod asynchronous;
mod control;
mod diagnostics;
mod golden;
mod kernel;
mod machine;
mod matrix;
mod memory;
mod scalar;
mod semantics;
mod subgroup;
