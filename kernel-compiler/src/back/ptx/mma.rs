//! Matrix operations: dispatch, `mma.sync`, `mma.sp`, `ldmatrix`, `stmatrix`.
//!
//! PTX ISA, sections "Matrix multiply-accumulate operation using mma instruction", "ldmatrix",
//! "stmatrix".

use crate::ir::op::{MatrixOp, MmaShape};
use crate::ir::{Operand, Scalar, ValueId};

use super::address::Space;
use super::emitter::Emitter;
use super::registers::{Class, Reg, braces};
use super::tables::{self, Chips, Form};

/// An `mma.sync` shape of a type family: dense or sparse.
struct Shape {
    family: Family,
    sparse: bool,
    mnk: (u32, u32, u32),
    version: (u32, u32),
    sm: u32,
}

/// Types that share shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    F16,
    Bf16,
    Int8,
    F8,
}

const fn shape(
    family: Family,
    sparse: bool,
    mnk: (u32, u32, u32),
    version: (u32, u32),
    sm: u32,
) -> Shape {
    Shape { family, sparse, mnk, version, sm }
}

/// PTX ISA, "mma" and "mma.sp", target notes.
const SHAPES: [Shape; 16] = [
    shape(Family::F16, false, (16, 8, 8), (6, 5), 75),
    shape(Family::F16, false, (16, 8, 16), (7, 0), 80),
    shape(Family::Bf16, false, (16, 8, 8), (7, 0), 80),
    shape(Family::Bf16, false, (16, 8, 16), (7, 0), 80),
    shape(Family::Int8, false, (8, 8, 16), (6, 5), 75),
    shape(Family::Int8, false, (16, 8, 16), (7, 0), 80),
    shape(Family::Int8, false, (16, 8, 32), (7, 0), 80),
    shape(Family::F8, false, (16, 8, 32), (8, 4), 89),
    shape(Family::F8, false, (16, 8, 16), (8, 7), 89),
    shape(Family::F16, true, (16, 8, 16), (7, 1), 80),
    shape(Family::F16, true, (16, 8, 32), (7, 1), 80),
    shape(Family::Bf16, true, (16, 8, 16), (7, 1), 80),
    shape(Family::Bf16, true, (16, 8, 32), (7, 1), 80),
    shape(Family::Int8, true, (16, 8, 32), (7, 1), 80),
    shape(Family::Int8, true, (16, 8, 64), (7, 1), 80),
    shape(Family::F8, true, (16, 8, 64), (8, 4), 89),
];

/// The operands of an `mma`, as the IR has them.
pub(super) struct Mma<'a> {
    pub shape: MmaShape,
    pub types: [Scalar; 3],
    pub a: &'a [Operand],
    pub b: &'a [Operand],
    pub c: &'a [Operand],
    pub sparse: Option<(Operand, u8)>,
}

impl Emitter<'_> {
    /// Emits a matrix operation.
    pub fn matrix(&mut self, op: &MatrixOp, results: &[ValueId]) {
        match op {
            MatrixOp::FragmentFill(fragment, value) => self.fragment_fill(*fragment, *value),
            MatrixOp::FragmentLoad { fragment, place, stride, column_major } => {
                self.fragment_load(*fragment, place, *stride, *column_major);
            }
            MatrixOp::FragmentStore { fragment, place, stride, column_major } => {
                self.fragment_store(*fragment, place, *stride, *column_major);
            }
            MatrixOp::FragmentMultiplyAdd { a, b, c } => self.fragment_multiply_add(*a, *b, *c),
            MatrixOp::FragmentScale(fragment, value) => self.fragment_scale(*fragment, *value),
            MatrixOp::Mma { shape, a_type, b_type, c_type, a, b, c, sparse } => {
                let types = [*a_type, *b_type, *c_type];
                self.mma(&Mma { shape: *shape, types, a, b, c, sparse: *sparse }, results);
            }
            MatrixOp::LoadMatrix { place, count, transposed } => {
                self.need(tables::LOAD_MATRIX);
                let address = self.address(place);
                self.must_be_shared(address.space, "ldmatrix");
                let regs: Vec<Reg> = (0..*count).map(|_| self.fresh(Class::B32)).collect();
                let trans = if *transposed { ".trans" } else { "" };
                self.line(format_args!(
                    "ldmatrix.sync.aligned.m8n8.x{count}{trans}.shared.b16 {}, {address};",
                    braces(&regs)
                ));
                for (value, reg) in results.iter().zip(regs) {
                    self.bind(*value, reg);
                }
            }
            MatrixOp::StoreMatrix { place, values, transposed } => {
                self.need(tables::STORE_MATRIX);
                let address = self.address(place);
                self.must_be_shared(address.space, "stmatrix");
                let regs: Vec<Reg> = values.iter().map(|value| self.reg(*value)).collect();
                let trans = if *transposed { ".trans" } else { "" };
                self.line(format_args!(
                    "stmatrix.sync.aligned.m8n8.x{}{trans}.shared.b16 {address}, {};",
                    regs.len(),
                    braces(&regs)
                ));
            }
            MatrixOp::Descriptor { place, layout } => {
                let d = self.descriptor(place, *layout);
                self.bind_first(results, d);
            }
            MatrixOp::Wgmma { .. } => self.wgmma(op),
            MatrixOp::WgmmaFence => self.wgmma_line("wgmma.fence.sync.aligned;"),
            MatrixOp::WgmmaCommit => self.wgmma_line("wgmma.commit_group.sync.aligned;"),
            MatrixOp::WgmmaWait(n) => {
                self.wgmma_line(&format!("wgmma.wait_group.sync.aligned {n};"));
            }
        }
    }

    /// Reports an instruction that only reaches the workgroup's own shared memory.
    pub fn must_be_shared(&mut self, space: Space, instruction: &str) {
        if space != Space::Shared {
            self.no_form(
                format!("{instruction} reaches only the workgroup's own shared memory"),
                "copy the tile there first",
            );
        }
    }

    fn mma(&mut self, op: &Mma<'_>, results: &[ValueId]) {
        let class = if op.types[2] == Scalar::F32 { Class::F32 } else { Class::B32 };
        let regs: Vec<Reg> = op.c.iter().map(|_| self.fresh(class)).collect();
        for (value, reg) in results.iter().zip(&regs) {
            self.bind(*value, *reg);
        }
        let Some(mnemonic) = self.mma_mnemonic(op) else { return };
        let mut registers = |operands: &[Operand]| {
            let regs: Vec<Reg> = operands.iter().map(|operand| self.reg(*operand)).collect();
            braces(&regs)
        };
        let (a, b, c) = (registers(op.a), registers(op.b), registers(op.c));
        let sparse = match op.sparse {
            Some((metadata, selector)) => format!(", {}, {selector}", self.reg(metadata)),
            None => String::new(),
        };
        self.line(format_args!("{mnemonic} {}, {a}, {b}, {c}{sparse};", braces(&regs)));
    }

    /// The whole mnemonic, or a report.
    fn mma_mnemonic(&mut self, op: &Mma<'_>) -> Option<String> {
        let [a, b, c] = op.types;
        let MmaShape { m, n, k } = op.shape;
        let names: Vec<Option<&str>> = [a, b, c].map(tables::matrix_type).to_vec();
        let found =
            family(a).filter(|f| family(b) == Some(*f) && accumulates(*f, c)).and_then(|f| {
                let fits = |s: &&Shape| {
                    s.family == f && s.sparse == op.sparse.is_some() && s.mnk == (m, n, k)
                };
                SHAPES.iter().find(fits)
            });
        let (Some(found), [Some(a_name), Some(b_name), Some(c_name)]) = (found, &names[..]) else {
            let kind = if op.sparse.is_some() { "mma.sp" } else { "mma.sync" };
            self.no_form(
                format!(
                    "{kind} m{m}n{n}k{k} has no form for {} x {} + {}",
                    a.name(),
                    b.name(),
                    c.name()
                ),
                "16-bit floats: m16n8k8, m16n8k16; 8 bits: m16n8k16, m16n8k32; sparse: twice the k",
            );
            return None;
        };
        let mut version = found.version;
        // f16 accumulators of 8-bit floats came later.
        if found.family == Family::F8 && c == Scalar::F16x2 {
            version = version.max((8, 7));
        }
        self.need(Form { name: "mma.sync", version, chips: Chips::From(found.sm) });
        let sparse = match op.sparse {
            None => "",
            // Blackwell prefers the form that promises ordered metadata; it is in its first version.
            Some(_) if self.ptx.sm >= 100 => ".sp::ordered_metadata",
            Some(_) => ".sp",
        };
        Some(format!(
            "mma{sparse}.sync.aligned.m{m}n{n}k{k}.row.col.{c_name}.{a_name}.{b_name}.{c_name}"
        ))
    }
}

fn family(ty: Scalar) -> Option<Family> {
    match ty {
        Scalar::F16 => Some(Family::F16),
        Scalar::Bf16 => Some(Family::Bf16),
        Scalar::I8 | Scalar::U8 => Some(Family::Int8),
        Scalar::F8E4M3 | Scalar::F8E5M2 => Some(Family::F8),
        _ => None,
    }
}

fn accumulates(family: Family, c: Scalar) -> bool {
    match family {
        Family::F16 | Family::F8 => matches!(c, Scalar::F32 | Scalar::F16x2),
        Family::Bf16 => c == Scalar::F32,
        Family::Int8 => c == Scalar::I32,
    }
}
