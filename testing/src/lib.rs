//! What conformance tests of kernels share.
//!
//! A test runs one kernel through its typed launcher on every device of [`devices`]. Some of them are
//! [`interpreters`]: the compiler's reference interpreter in place of hardware, for the PTX and the WGSL
//! texts of the same kernel, for shapes that are small enough ([`is_affordable`]). It reports what a
//! device leaves undefined: an access beyond a buffer, a barrier that not every thread reaches, a data
//! race. What the verifier accepted must never do any of these: [`Random::size`] has extents to try.
//! [`assemble`] and [`write_by_naga`] judge texts. [`Guarded`] puts sentinels round a buffer, [`assert_close`] has the tolerance of all kernels.
//!
//! Everything here is for tests: it panics where it cannot go on, and says why.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod close;
mod devices;
mod guarded;
mod interpreter;
mod pretend;
mod ptxas;
mod random;
mod writers;

pub use close::{ULP, assert_close};
pub use devices::{
    devices, devices_or, hopper_interpreter, interpreters, is_affordable, is_interpreter,
};
pub use guarded::Guarded;
pub use interpreter::Interpreter;
pub use ptxas::assemble;
pub use random::Random;
pub use writers::write_by_naga;
