//! What each operation is called in WGSL.

use crate::ir::op::{AtomicOp, BinaryOp, ReduceOp, UnaryOp, VoteMode};
use crate::ir::{Comparison, Scalar};

/// Predeclared types and functions that a text may use or a reader may mistake a name for.
pub(super) const PREDECLARED: &[&str] = &[
    "bool",
    "u32",
    "i32",
    "f32",
    "f16",
    "u64",
    "i64",
    "u16",
    "i16",
    "f64",
    "vec2",
    "vec3",
    "vec4",
    "array",
    "atomic",
    "ptr",
    "abs",
    "all",
    "any",
    "arrayLength",
    "atomicAdd",
    "atomicLoad",
    "atomicStore",
    "bitcast",
    "ceil",
    "clamp",
    "coopLoad",
    "coopLoadT",
    "coopMultiplyAdd",
    "coopStore",
    "coopStoreT",
    "cos",
    "countLeadingZeros",
    "countOneBits",
    "countTrailingZeros",
    "cross",
    "dot",
    "dot4I8Packed",
    "exp",
    "exp2",
    "extractBits",
    "floor",
    "fma",
    "fract",
    "insertBits",
    "inverseSqrt",
    "ldexp",
    "length",
    "log",
    "log2",
    "max",
    "min",
    "mix",
    "normalize",
    "pack2x16float",
    "pow",
    "reverseBits",
    "round",
    "select",
    "sign",
    "sin",
    "sqrt",
    "step",
    "storageBarrier",
    "tan",
    "tanh",
    "transpose",
    "trunc",
    "unpack2x16float",
    "workgroupBarrier",
    "Scalars",
    "scalars",
    "thread",
    "thread_index",
    "workgroup",
    "workgroups",
    "block",
    "lane",
    "subgroup",
    "grid_linear",
];

/// The WGSL type that holds a value of the legalised module: floats narrower than 32 bits are held
/// as their bits.
pub(super) fn type_name(ty: Scalar) -> &'static str {
    match ty {
        Scalar::Bool => "bool",
        Scalar::F32 => "f32",
        Scalar::I8 | Scalar::I16 | Scalar::I32 => "i32",
        _ => "u32",
    }
}

/// How a unary operation is written.
pub(super) enum Unary {
    /// `op x`
    Prefix(&'static str),
    /// `f(x)`
    Call(&'static str),
    /// `1 / x`
    Reciprocal,
    /// `tanh` of a clamped argument: some drivers compute it from exponentials that overflow.
    Tanh,
    /// The sine of the argument and so many quarters of a turn.
    Sine(u32),
}

/// The form of a unary operation.
pub(super) fn unary(op: UnaryOp) -> Unary {
    Unary::Call(match op {
        UnaryOp::Neg => return Unary::Prefix("-"),
        UnaryOp::Not => return Unary::Prefix("~"),
        UnaryOp::Rcp | UnaryOp::RcpApprox => return Unary::Reciprocal,
        UnaryOp::Tanh | UnaryOp::TanhApprox => return Unary::Tanh,
        UnaryOp::Sin => return Unary::Sine(0),
        UnaryOp::Cos => return Unary::Sine(1),
        UnaryOp::Abs => "abs",
        UnaryOp::Sqrt => "sqrt",
        UnaryOp::Rsqrt | UnaryOp::RsqrtApprox => "inverseSqrt",
        UnaryOp::Exp => "exp",
        UnaryOp::Exp2 | UnaryOp::Exp2Approx => "exp2",
        UnaryOp::Log => "log",
        UnaryOp::Log2 | UnaryOp::Log2Approx => "log2",
        UnaryOp::Floor => "floor",
        UnaryOp::Ceil => "ceil",
        UnaryOp::Trunc => "trunc",
        UnaryOp::Round => "round",
        UnaryOp::CountOnes => "countOneBits",
        UnaryOp::LeadingZeros => "countLeadingZeros",
        UnaryOp::TrailingZeros => "countTrailingZeros",
        UnaryOp::ReverseBits => "reverseBits",
    })
}

/// The operator, or the function in its place.
pub(super) fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::MulHigh => "mul_high",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::And => "&",
        BinaryOp::Or => "|",
        BinaryOp::Xor => "^",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::Min => "min",
        BinaryOp::Max => "max",
    }
}

/// The operator.
pub(super) fn comparison(op: Comparison) -> &'static str {
    match op {
        Comparison::Eq => "==",
        Comparison::Ne => "!=",
        Comparison::Lt => "<",
        Comparison::Le => "<=",
        Comparison::Gt => ">",
        Comparison::Ge => ">=",
    }
}

/// The function.
pub(super) fn atomic(op: AtomicOp) -> &'static str {
    match op {
        AtomicOp::Add => "atomicAdd",
        AtomicOp::Min => "atomicMin",
        AtomicOp::Max => "atomicMax",
        AtomicOp::And => "atomicAnd",
        AtomicOp::Or => "atomicOr",
        AtomicOp::Xor => "atomicXor",
        AtomicOp::Exchange => "atomicExchange",
    }
}

/// The function.
pub(super) fn reduce(op: ReduceOp) -> &'static str {
    match op {
        ReduceOp::Add => "subgroupAdd",
        ReduceOp::Min => "subgroupMin",
        ReduceOp::Max => "subgroupMax",
        ReduceOp::And => "subgroupAnd",
        ReduceOp::Or => "subgroupOr",
        ReduceOp::Xor => "subgroupXor",
    }
}

/// The function; a ballot gives four words.
pub(super) fn vote(mode: VoteMode) -> &'static str {
    match mode {
        VoteMode::Any => "subgroupAny",
        VoteMode::All => "subgroupAll",
        VoteMode::Ballot => "subgroupBallot",
    }
}
