//! The shapes of `mma.sync` (PTX ISA, "Matrix Fragments for mma" and "mma.sp").

use super::Resources;
use crate::diag::catalog::resources::MATRIX_SHAPE;
use crate::ir::op::{MatrixOp, MmaShape};
use crate::ir::{Op, Scalar, Span};
use crate::target::Target;

/// Columns of A that a shape m16n8 may have: dense, sparse, and the least compute capability.
const SHAPES: [(Scalar, u32, bool, u32); 14] = [
    (Scalar::F16, 8, false, 75),
    (Scalar::F16, 16, false, 80),
    (Scalar::F16, 16, true, 80),
    (Scalar::F16, 32, true, 80),
    (Scalar::Bf16, 8, false, 80),
    (Scalar::Bf16, 16, false, 80),
    (Scalar::Bf16, 16, true, 80),
    (Scalar::Bf16, 32, true, 80),
    (Scalar::I8, 16, false, 80),
    (Scalar::I8, 32, false, 80),
    (Scalar::I8, 32, true, 80),
    (Scalar::I8, 64, true, 80),
    (Scalar::F8E4M3, 32, false, 89),
    (Scalar::F8E4M3, 64, true, 89),
];

/// The family of an element type: those that share shapes.
fn family(ty: Scalar) -> Scalar {
    match ty {
        Scalar::U8 => Scalar::I8,
        Scalar::F8E5M2 => Scalar::F8E4M3,
        other => other,
    }
}

impl Resources<'_, '_> {
    /// Checks the shape and the types of a matrix product.
    pub(super) fn shape(&mut self, op: &Op, span: Span) {
        let Op::Matrix(MatrixOp::Mma { shape, a_type, b_type, c_type, sparse, .. }) = op else {
            return;
        };
        let Target::Ptx(ptx) = self.module.target else { return };
        let MmaShape { m, n, k } = *shape;
        let kind = family(*a_type);
        let row = |&&(ty, columns, sparsity, _): &&(Scalar, u32, bool, u32)| {
            ty == kind && columns == k && sparsity == sparse.is_some()
        };
        let level = SHAPES.iter().find(row).map(|(_, _, _, sm)| *sm);
        let accumulators: &[Scalar] = match kind {
            Scalar::F16 => &[Scalar::F32, Scalar::F16x2],
            Scalar::I8 => &[Scalar::I32],
            _ => &[Scalar::F32],
        };
        let same = kind == family(*b_type);
        let fits = (m, n) == (16, 8) && same && accumulators.contains(c_type);
        if fits && level.is_some_and(|sm| sm <= ptx.sm) {
            return;
        }
        let (a, b, c) = (a_type.name(), b_type.name(), c_type.name());
        let target = self.module.target;
        let message = format!("{target} has no m{m}n{n}k{k} product of {a} and {b} into {c}");
        let known: Vec<String> = SHAPES
            .iter()
            .filter(|(ty, _, sparsity, sm)| {
                *ty == kind && *sparsity == sparse.is_some() && *sm <= ptx.sm
            })
            .map(|(_, columns, _, _)| format!("m16n8k{columns}"))
            .collect();
        let help = match known.is_empty() {
            _ if !same => format!("A and B are of one kind: convert {b} to {a} first"),
            true => "f16, bf16 and 8-bit integers are multiplied from sm_80 on".to_owned(),
            false => format!("it has {} into {}", known.join(" and "), accumulators[0].name()),
        };
        self.report(&MATRIX_SHAPE, span, message, help);
    }
}
