//! What PTX has: which instruction exists from which version and on which chip, and what the scalar
//! types are called in which place.

use crate::ir::{Comparison, Scalar};
use crate::target::Ptx;

use super::registers::Class;

/// Chips that have an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chips {
    /// This compute capability (times ten) and all later ones.
    From(u32),
    /// Exactly these, in the `a` form of the target.
    Exactly(&'static [u32]),
}

/// An instruction form: where it exists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// The name in diagnostics.
    pub name: &'static str,
    /// Minimum PTX ISA version.
    pub version: (u32, u32),
    /// Chips.
    pub chips: Chips,
}

impl Form {
    const fn new(name: &'static str, version: (u32, u32), sm: u32) -> Form {
        Form { name, version, chips: Chips::From(sm) }
    }

    const fn exactly(name: &'static str, version: (u32, u32), sm: &'static [u32]) -> Form {
        Form { name, version, chips: Chips::Exactly(sm) }
    }

    /// Whether `target` has it.
    pub fn on(&self, target: Ptx) -> bool {
        match self.chips {
            Chips::From(sm) => target.sm >= sm,
            Chips::Exactly(list) => target.exact && list.contains(&target.sm),
        }
    }
}

macro_rules! forms {
    ($($name:ident = $constructor:ident($($argument:expr),*);)*) => {
        $(pub(super) const $name: Form = Form::$constructor($($argument),*);)*
    };
}

// The "PTX ISA Notes" and "Target ISA Notes" of each instruction's section.
forms! {
    BF16_CONVERT = new("conversion to bf16", (7, 0), 80);
    PACKED_CONVERT = new("packed conversion of two f32", (7, 0), 80);
    F16_MINMAX = new("min/max of f16", (7, 0), 80);
    MINMAX_NAN = new("min/max with NaN", (7, 0), 80);
    F16_ABS = new("abs of f16", (6, 5), 53);
    F8_CONVERT = new("conversion of 8-bit floats", (7, 8), 90);
    F8_CONVERT_ADA = new("conversion of 8-bit floats", (8, 1), 89);
    TANH_APPROX = new("tanh.approx", (7, 0), 75);
    EVICTION = new("cache eviction priority", (7, 4), 70);
    CACHE_HINT = new("L2 cache hint", (7, 4), 80);
    PREFETCH_SIZE = new("L2 prefetch size", (7, 4), 75);
    PREFETCH_256 = new("L2 prefetch of 256 bytes", (7, 4), 80);
    CLUSTER = new("cluster", (7, 8), 90);
    ATOMIC_BF16X2 = new("atomic add of bf16x2", (7, 8), 90);
    REDUX = new("redux.sync", (7, 0), 80);
    ELECT = new("elect.sync", (8, 0), 90);
    MAXIMUM_REGISTERS = exactly("setmaxnreg", (8, 0), &[90, 100, 103, 110, 120, 121]);
    FENCE_PROXY_ASYNC = new("fence.proxy.async", (8, 0), 90);
    FENCE_MBARRIER_INIT = new("fence.mbarrier_init", (8, 0), 90);
    LOAD_MATRIX = new("ldmatrix", (6, 5), 75);
    STORE_MATRIX = new("stmatrix", (7, 8), 90);
    WGMMA = exactly("wgmma", (8, 0), &[90]);
    WGMMA_SPARSE = exactly("sparse wgmma", (8, 2), &[90]);
    COPY_ASYNC = new("cp.async", (7, 0), 80);
    MBARRIER = new("mbarrier", (7, 0), 80);
    MBARRIER_TEST_PARITY = new("mbarrier.test_wait.parity", (7, 1), 80);
    MBARRIER_TRY_WAIT = new("mbarrier.try_wait", (7, 8), 90);
    MBARRIER_COUNT = new("mbarrier.arrive with a count", (7, 8), 90);
    MBARRIER_CLUSTER = new("mbarrier.arrive in the cluster", (8, 0), 90);
    MBARRIER_EXPECT = new("mbarrier.arrive.expect_tx", (8, 0), 90);
    TENSOR_COPY = new("cp.async.bulk.tensor", (8, 0), 90);
    TENSOR_MAP_PREFETCH = new("prefetch.tensormap", (8, 0), 90);
    BULK_COPY = new("cp.async.bulk", (8, 0), 90);
    BULK_REDUCE = new("cp.reduce.async.bulk", (8, 0), 90);
    GRID_DEPENDENCY = new("griddepcontrol", (7, 8), 90);
}

/// Smallest `.version` that knows a `.target`.
pub(super) fn target_version(target: Ptx) -> (u32, u32) {
    match (target.sm, target.exact) {
        (..=75, _) => (6, 3),
        (76..=80, _) => (7, 0),
        (81..=86, _) => (7, 1),
        (87, _) => (7, 4),
        (88..=89, _) | (90, false) => (7, 8),
        (90, true) => (8, 0),
        (91..=101, _) => (8, 6),
        (102..=121, _) => (8, 7),
        _ => (9, 0),
    }
}

/// Register class of a type.
pub(super) fn class(ty: Scalar, index_bits: u32) -> Class {
    match ty {
        Scalar::Bool => Class::Pred,
        Scalar::F16 | Scalar::Bf16 => Class::B16,
        Scalar::F32 => Class::F32,
        Scalar::U64 | Scalar::I64 => Class::B64,
        Scalar::Index if index_bits == 64 => Class::B64,
        Scalar::Index
        | Scalar::U8
        | Scalar::I8
        | Scalar::U16
        | Scalar::I16
        | Scalar::U32
        | Scalar::I32
        | Scalar::F8E4M3
        | Scalar::F8E5M2
        | Scalar::F16x2
        | Scalar::Bf16x2 => Class::B32,
    }
}

/// Type suffix of a load or store of one scalar; narrow ones extend into 32-bit registers.
pub(super) fn memory_type(ty: Scalar) -> &'static str {
    match ty {
        Scalar::Bool | Scalar::U8 | Scalar::F8E4M3 | Scalar::F8E5M2 => "u8",
        Scalar::I8 => "s8",
        Scalar::U16 => "u16",
        Scalar::I16 => "s16",
        Scalar::F16 | Scalar::Bf16 => "b16",
        Scalar::F32 => "f32",
        Scalar::U32 | Scalar::I32 | Scalar::F16x2 | Scalar::Bf16x2 => "b32",
        Scalar::U64 | Scalar::I64 | Scalar::Index => "b64",
    }
}

/// Suffix of integer arithmetic in the register of `ty`.
pub(super) fn integer_type(ty: Scalar, index_bits: u32) -> &'static str {
    match (class(ty, index_bits), ty.is_signed()) {
        (Class::B64, true) => "s64",
        (Class::B64, false) => "u64",
        (_, true) => "s32",
        (_, false) => "u32",
    }
}

/// Suffix of a type in matrix instructions.
pub(super) fn matrix_type(ty: Scalar) -> Option<&'static str> {
    match ty {
        Scalar::F16 | Scalar::F16x2 => Some("f16"),
        Scalar::Bf16 => Some("bf16"),
        Scalar::F32 => Some("f32"),
        Scalar::I8 => Some("s8"),
        Scalar::U8 => Some("u8"),
        Scalar::I32 => Some("s32"),
        Scalar::F8E4M3 => Some("e4m3"),
        Scalar::F8E5M2 => Some("e5m2"),
        _ => None,
    }
}

/// `setp` comparison; `!=` of floats holds for NaN.
pub(super) fn comparison(op: Comparison, float: bool) -> &'static str {
    match op {
        Comparison::Eq => "eq",
        Comparison::Ne if float => "neu",
        Comparison::Ne => "ne",
        Comparison::Lt => "lt",
        Comparison::Le => "le",
        Comparison::Gt => "gt",
        Comparison::Ge => "ge",
    }
}
