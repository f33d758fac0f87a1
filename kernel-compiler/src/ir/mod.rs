//! The typed intermediate representation, and what it means.
//!
//! One [`Module`] is one *instance* of a kernel: element types, tile parameters and the target are
//! already fixed (lowering is the partial evaluator), structs, tuples and arrays have been taken apart
//! into scalars, device functions are inlined, and control flow is structured.
//!
//! # Evaluation
//! Statements run in order. A [`Stmt::Let`] evaluates its operation once, when it is reached, and binds
//! its results; a value is visible from its definition to the end of the block that holds it, inner
//! blocks included. Values never change; what changes is a [`Local`], read by [`Op::Read`] (the value
//! read does not follow later assignments) and written by [`Stmt::Assign`]. A local that was never
//! assigned has no value: reading it is an error in the interpreter.
//!
//! # Kinds of constness
//! `Operand::Const` is known at compile time. Everything else has a *uniformity*: the same for the
//! whole grid, cluster, workgroup, warp group (128 threads), subgroup, or varying per thread
//! (see [`Uniformity`]). Barriers and aligned operations demand a minimum; the verifier proves it.
//!
//! # Integers
//! `u8..u64`, `i8..i64` wrap. [`Scalar::Index`] addresses elements; it is 32 or 64 bits wide per
//! instance ([`Module::index_bits`]), never negative, and overflowing it is an error in the interpreter
//! and undefined on a device. `x / 0` and `x % 0` are 0. A shift by the width or more gives 0 for `<<`
//! and for `>>` of unsigned values, and the sign's fill for `>>` of signed ones. `i32::MIN / -1` wraps.
//! Float to integer truncates toward zero and clamps to the target's range; NaN becomes 0. The same
//! rules hold on every target; back ends emit guards unless the operand is a constant that needs none.
//!
//! # Floats
//! PTX arithmetic is `.rn` and keeps subnormals unless `ftz` is set. WGSL may
//! contract `a * b + c` and may flush subnormals. Portable code must not depend on NaN or infinity.
//! `min`/`max` of a NaN is the other operand on PTX and either operand elsewhere. Approximations occur
//! only by name ([`UnaryOp::Exp2Approx`] and its kin: relative error up to 2^-22 on PTX, the
//! implementation's own on WGSL). `bf16` arithmetic is done in f32 and rounded to nearest even; `f16`
//! arithmetic is native where the target has it, else likewise in f32.
//!
//! # Memory
//! Spaces are an open set ([`Base`]): global buffers (one per parameter, never aliased when one of them
//! is written), shared (workgroup) arrays, shared arrays of another workgroup of the cluster. An access
//! names a base, an index *in elements of the base's declared type*, the scalar type that is read and
//! how many of them; the type may differ from the declared one (bytes read as words), and the address
//! must then be a multiple of the access's size. An access out of bounds, misaligned, or to a word
//! never written is an error in the interpreter and undefined on a device. Plain accesses of different
//! threads are ordered only by barriers (the weaker of WGSL's and PTX's models): [`SyncOp::Barrier`]
//! orders shared and global memory among the threads of a workgroup; nothing but the end of a kernel
//! orders global memory among workgroups, except atomics with a scope and order, which only PTX has.
//!
//! # Asynchronous operations
//! `cp.async`, bulk copies and tensor copies write shared memory at some time before the wait that
//! covers them; `wgmma` reads its registers and descriptors and writes its accumulators at some time
//! before the wait. Touching them in between is an error in the interpreter and in the verifier.

mod block;
mod builder;
mod constant;
mod facts;
mod module;
pub mod op;
pub mod text;
pub(crate) mod ty;

pub use block::{Block, Role, Stmt};
pub use builder::Builder;
pub use constant::Const;
pub use facts::{Comparison, Condition, Cost, Sym};
pub use module::{
    Access, Fragment, FragmentId, FragmentRole, Local, LocalId, MappedTensor, Module, Operand,
    Param, ParamId, ParamKind, ParamRole, SharedArray, SharedId, Span, Swizzle, Value, ValueId,
};
pub use op::Op;
pub use text::{ReadError, read};
pub use ty::{Scalar, Uniformity, scalar_names};
