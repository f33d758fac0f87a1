//! Matrix units: portable fragments and the target's own instructions.

use super::super::{FragmentId, LocalId, Operand, Scalar, Swizzle};
use super::memory::Place;

/// Matrix operations.
#[derive(Debug, Clone, PartialEq)]
pub enum MatrixOp {
    /// Sets every element of a fragment. No result.
    FragmentFill(FragmentId, Operand),
    /// Reads a fragment from memory: element (r, c) at `index + r * stride + c`, or with
    /// `column_major` at `index + c * stride + r`. No result.
    FragmentLoad {
        /// The fragment.
        fragment: FragmentId,
        /// Its first element.
        place: Place,
        /// Elements from row to row (or column to column), `U32`.
        stride: Operand,
        /// Columns are contiguous.
        column_major: bool,
    },
    /// Writes an accumulator, as [`MatrixOp::FragmentLoad`] reads. No result.
    FragmentStore {
        /// The fragment.
        fragment: FragmentId,
        /// Its first element.
        place: Place,
        /// Elements from row to row, `U32`.
        stride: Operand,
        /// Columns are contiguous.
        column_major: bool,
    },
    /// `c += a * b`. No result.
    FragmentMultiplyAdd {
        /// Left.
        a: FragmentId,
        /// Right.
        b: FragmentId,
        /// Accumulator.
        c: FragmentId,
    },
    /// Multiplies every element of an accumulator by an f32. No result.
    FragmentScale(FragmentId, Operand),

    /// `mma.sync.aligned` row.col: D = A * B + C. Results: the registers of D.
    Mma {
        /// m, n, k.
        shape: MmaShape,
        /// Element types of A and B: `F16 Bf16 I8 U8 F8E4M3 F8E5M2`.
        a_type: Scalar,
        /// Element type of B.
        b_type: Scalar,
        /// Type of C and D: `F32`, `F16x2` or `I32`.
        c_type: Scalar,
        /// Registers of A, `U32` each.
        a: Vec<Operand>,
        /// Registers of B, `U32` each.
        b: Vec<Operand>,
        /// Registers of C.
        c: Vec<Operand>,
        /// 2:4 sparse A (`mma.sp`): metadata register and selector.
        sparse: Option<(Operand, u8)>,
    },
    /// `ldmatrix.sync.aligned.m8n8.x{count}[.trans].shared.b16`: each lane gives the address of one
    /// 16-byte row. `count` results, `U32`.
    LoadMatrix {
        /// This lane's row.
        place: Place,
        /// 1, 2 or 4 matrices.
        count: u32,
        /// Transposed.
        transposed: bool,
    },
    /// `stmatrix.sync.aligned.m8n8.x{count}[.trans].shared.b16` (sm_90). No result.
    StoreMatrix {
        /// This lane's row.
        place: Place,
        /// 1, 2 or 4 registers, `U32`.
        values: Vec<Operand>,
        /// Transposed.
        transposed: bool,
    },
    /// A wgmma matrix descriptor for a tile in shared memory. One `U64`.
    Descriptor {
        /// First byte of the tile.
        place: Place,
        /// Its layout.
        layout: DescriptorLayout,
    },
    /// `wgmma.fence.sync.aligned`. No result.
    WgmmaFence,
    /// `wgmma.mma_async.sync.aligned.m64nNkK`: `accumulator += A * B`, later. No result.
    Wgmma {
        /// N: a multiple of 8 up to 256. M is 64; K is 32 bytes of the input type (64 if sparse).
        n: u32,
        /// Element type of A.
        a_type: Scalar,
        /// Element type of B.
        b_type: Scalar,
        /// N / 2 locals of type `F32` (row `l/4 + 8i`, column `8j + 2(l%4) + e` in `4j + 2i + e`).
        accumulator: Vec<LocalId>,
        /// A, in shared memory or in registers.
        a: WgmmaA,
        /// B's descriptor, `U64`.
        b: Operand,
        /// `Bool`: false overwrites the accumulator instead of adding.
        accumulate: Operand,
        /// A is MN-major (16-bit types, descriptors only).
        transpose_a: bool,
        /// B is MN-major (16-bit types only).
        transpose_b: bool,
        /// 2:4 sparse A: metadata register and selector.
        sparse: Option<(Operand, u8)>,
    },
    /// `wgmma.commit_group.sync.aligned`. No result.
    WgmmaCommit,
    /// `wgmma.wait_group.sync.aligned n`: at most `n` groups stay in flight. No result.
    WgmmaWait(u32),
}

/// m x n x k.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MmaShape {
    /// Rows of A and C.
    pub m: u32,
    /// Columns of B and C.
    pub n: u32,
    /// Columns of A, rows of B.
    pub k: u32,
}

/// Where wgmma's A is.
#[derive(Debug, Clone, PartialEq)]
pub enum WgmmaA {
    /// In shared memory: a descriptor, `U64`.
    Descriptor(Operand),
    /// In four registers, `U32`.
    Registers([Operand; 4]),
}

/// Layout fields of a matrix descriptor (PTX ISA, "Matrix descriptor format"), in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DescriptorLayout {
    /// Leading dimension byte offset.
    pub leading: u32,
    /// Stride dimension byte offset.
    pub stride: u32,
    /// Swizzle.
    pub swizzle: Swizzle,
}
