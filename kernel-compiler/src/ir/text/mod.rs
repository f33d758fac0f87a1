//! The text form of the IR: golden files, file tests and `inspect --emit ir`. Reading what was printed
//! gives the same module, spans apart: the reader's spans are line numbers.
//!
//! ```text
//! kernel scale
//! target sm_80
//! threads [128, 1, 1]
//! grid [ceil_div(n, 128), 1, 1]
//! buffer x: &[f32] [n] align 16
//! buffer y: &mut [f32] [n] align 16
//! scalar n: u32
//! when n % 4 == 0
//! shared tile: [f32; 128] align 16
//! local $sum: f32
//! {
//!   %0: u32 = thread_id.0
//!   %1: f32 = load.f32 x[%0]
//!   $sum = %1
//!   for %2: u32 in 0u32 .. 8u32 step 1u32 {
//!     %3: f32 = read $sum
//!     %4: f32 = fma %3, %1, 1.0f32
//!     $sum = %4
//!   }
//! }
//! ```
//! A comment runs from `;` to the end of the line. An operation is a [`record::Record`]: a name with
//! dotted modifiers, arguments, and `key=value` pairs; each family of operations has a file under
//! `op` that both writes and reads it.

mod constant;
mod header;
mod names;
mod op;
mod read;
mod record;
mod statement;
mod sym;
mod token;
mod write;

pub use read::{ReadError, read};
