//! Arithmetic: pure operations on scalars.

use super::super::{Comparison, Operand, Scalar};

/// A pure operation. One result, except [`ArithOp::Unpack`] (two).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArithOp {
    /// One operand; the result has its type (`CountOnes` and its like: `U32`).
    Unary(UnaryOp, Operand),
    /// Two operands of one type, which the result has. Shifts: the amount is `U32`.
    Binary {
        /// Which.
        op: BinaryOp,
        /// Left.
        a: Operand,
        /// Right.
        b: Operand,
        /// Flush subnormals (f32 on PTX; `_ftz` in the source).
        ftz: bool,
    },
    /// `a * b + c` with one rounding (contraction allowed on WGSL). Floats.
    Fma {
        /// Factor.
        a: Operand,
        /// Factor.
        b: Operand,
        /// Addend.
        c: Operand,
        /// Flush subnormals.
        ftz: bool,
    },
    /// Compares two operands of one type; `Bool`.
    Compare(Comparison, Operand, Operand),
    /// `condition ? a : b`.
    Select {
        /// A `Bool`.
        condition: Operand,
        /// If it holds.
        a: Operand,
        /// If not.
        b: Operand,
    },
    /// Numeric conversion. Float to narrower float rounds to nearest even; float to integer as the
    /// module's semantics say; to an 8-bit float saturates to the largest finite value.
    Convert(Scalar, Operand),
    /// The same bits as another type of the same size.
    Bitcast(Scalar, Operand),
    /// Two `f32` rounded to nearest even into `F16x2` or `Bf16x2`, or two `f8` pairs into `U16`:
    /// `Scalar` is the packed type (`F16x2`, `Bf16x2`, or `F8E4M3`/`F8E5M2` giving a `U16`).
    Pack(Scalar, Operand, Operand),
    /// The two `f32` of a packed `F16x2` or `Bf16x2`, low half first. Two results.
    Unpack(Operand),
    /// Any function of three bits, bitwise (`lop3.b32`): table index `a*4 + b*2 + c`. `U32`.
    Lop3 {
        /// Operands.
        operands: [Operand; 3],
        /// Truth table.
        table: u8,
    },
    /// Byte permutation (`prmt.b32`, default mode): `selector` picks 4 of the 8 bytes of `b:a`.
    Prmt {
        /// Low word.
        a: Operand,
        /// High word.
        b: Operand,
        /// Four nibbles; bit 3 of a nibble replicates the sign of the chosen byte.
        selector: Operand,
    },
    /// `(value >> offset) & (2^width - 1)`, sign-extended if the type is signed. Offset and width `U32`.
    BitfieldExtract {
        /// `U32` or `I32`.
        value: Operand,
        /// First bit.
        offset: Operand,
        /// Number of bits.
        width: Operand,
    },
    /// `c + sum of four products of signed bytes` (`dp4a`, `dot4I8Packed`): `U32`, `U32`, `I32` to `I32`.
    Dot4 {
        /// Four signed bytes.
        a: Operand,
        /// Four signed bytes.
        b: Operand,
        /// Sum so far.
        c: Operand,
    },
}

/// One-operand arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-x`
    Neg,
    /// `!x`, bitwise for integers
    Not,
    /// Absolute value
    Abs,
    /// Square root, rounded to nearest
    Sqrt,
    /// `1 / sqrt(x)`
    Rsqrt,
    /// `1 / x`, rounded to nearest
    Rcp,
    /// `e^x`
    Exp,
    /// `2^x`
    Exp2,
    /// Natural logarithm
    Log,
    /// Binary logarithm
    Log2,
    /// Sine
    Sin,
    /// Cosine
    Cos,
    /// Hyperbolic tangent
    Tanh,
    /// Largest integer not above
    Floor,
    /// Smallest integer not below
    Ceil,
    /// Toward zero
    Trunc,
    /// To nearest, ties to even
    Round,
    /// `2^x`, approximate (`ex2.approx.ftz`)
    Exp2Approx,
    /// Binary logarithm, approximate (`lg2.approx.ftz`)
    Log2Approx,
    /// `1 / x`, approximate (`rcp.approx.ftz`)
    RcpApprox,
    /// `1 / sqrt(x)`, approximate (`rsqrt.approx.ftz`)
    RsqrtApprox,
    /// Hyperbolic tangent, approximate (`tanh.approx`)
    TanhApprox,
    /// Number of ones
    CountOnes,
    /// Number of leading zeros
    LeadingZeros,
    /// Number of trailing zeros; the width for 0
    TrailingZeros,
    /// Bits in reverse order
    ReverseBits,
}

/// Two-operand arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`, low half for integers
    Mul,
    /// High half of an integer product
    MulHigh,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
    /// The smaller one
    Min,
    /// The larger one
    Max,
}
