//! Support for the golden tests: a kernel of `golden/in` through every stage.
//!
//! [`check`] lowers every case of every kernel of a file for every target that it names, pins the IR and
//! the texts under `golden/out` (`TILEWRIGHT_BLESS=1` accepts a change), hands PTX to `ptxas` and WGSL to
//! naga, and runs the verified IR in the interpreter under three schedules against a result that the
//! test computed in another way. [`check_refused`] pins the diagnostics of a file that must not compile.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod data;
mod fixture;
mod layout;
mod pin;
mod run;

pub use data::{Data, noise};
pub use fixture::{Case, check, check_refused};
pub use layout::Matrix;
pub use run::Run;
