//! CUDA PTX text from a verified module.
//!
//! One file per operation family, as in `ir::op`; `tables` holds what the target has, `registers` the
//! classes and names, `address` the arithmetic of places; `forward` finds the reads of locals that need
//! no copy, `needed` the values that need no register. Text is made in one walk; what a kernel needs once (parameters, thread coordinates,
//! cache policies) is hoisted to its start when it is first asked for.
//!
//! # Binary interface
//! Parameters keep the launch order: a buffer is a 64-bit device address, a scalar is its own width
//! (`Bool` one byte, `Index` the module's width), a tensor map 128 bytes aligned to 64.
//!
//! # 8 and 16 bits
//! Integers of 8 and 16 bits live in 32-bit registers, always extended as their sign asks; 8-bit floats
//! likewise as bits; `f16` and `bf16` live in 16-bit registers.
//!
//! Source: NVIDIA, "Parallel Thread Execution ISA", version 9.0.

mod address;
mod arith;
mod asynchronous;
mod compare;
mod control;
mod convert;
mod divide;
mod emitter;
mod factor;
mod float;
mod forward;
mod fragment;
mod header;
mod integer;
mod legalise;
mod math;
mod memory;
mod mma;
mod needed;
mod registers;
mod subgroup;
mod sync;
mod tables;
mod transcendental;
mod vector;
mod wgmma;

use crate::diag::Diagnostic;
use crate::ir::Module;
use crate::verify::Verified;

/// The text of one kernel and what its launch needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PtxText {
    /// The PTX module: one entry point.
    pub code: String,
    /// The entry point's name.
    pub entry: String,
    /// `.version`: the smallest PTX ISA version that has all instructions used.
    pub version: (u32, u32),
    /// Bytes of shared memory that the text declares itself.
    pub static_shared: u32,
    /// Bytes of shared memory that the launch must ask for (static ones stop at 48 KiB).
    pub dynamic_shared: u32,
}

/// Writes a module as PTX.
///
/// # Errors
/// `TW0350` for each operation that the target lacks, `TW0351` for each operation that PTX has no form
/// of for its types, `TW0352` if the module is not for a PTX target.
pub fn emit(module: &Verified) -> Result<PtxText, Vec<Diagnostic>> {
    emit_unverified(module)
}

/// [`emit`] without the proof that the module is sound: for this back end's own tests, whose kernels
/// hold single instructions and prove no bounds.
#[doc(hidden)]
pub fn emit_unverified(module: &Module) -> Result<PtxText, Vec<Diagnostic>> {
    let mut emitter = emitter::Emitter::new(module)?;
    emitter.block(&module.body);
    header::assemble(emitter)
}
