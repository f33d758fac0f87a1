//! Types and sizes of matrix operations.

use super::Types;
use crate::ir::op::{MatrixOp, MmaShape, WgmmaA};
use crate::ir::{Fragment, FragmentId, FragmentRole, LocalId, Operand, Scalar};

impl Types<'_, '_> {
    /// Checks the declaration of a fragment.
    pub(super) fn fragment_declaration(&mut self, fragment: &Fragment) {
        let Fragment { role, element, size, .. } = fragment;
        if !matches!(size, 8 | 16) {
            self.size(
                format!("a {size} x {size} matrix fragment"),
                "fragments are 8 x 8 or 16 x 16".to_owned(),
            );
        }
        let fits = match role {
            FragmentRole::C => *element == Scalar::F32,
            _ => matches!(element, Scalar::F16 | Scalar::F32 | Scalar::Bf16),
        };
        if !fits {
            let message = format!("there is no {role:?} fragment of {}", element.name());
            self.misused(message, "A and B are made of f16, bf16 or f32, C of f32");
        }
    }

    fn declared(&self, id: FragmentId) -> Fragment {
        self.module.fragments[id.index()].clone()
    }

    fn role(&mut self, id: FragmentId, role: FragmentRole) {
        if self.declared(id).role != role {
            let found = self.declared(id).role;
            let message = format!("this takes a fragment of role {role:?}, and not of {found:?}");
            self.misused(message, "make them with `fragment_a`, `fragment_b` and `fragment_c`");
        }
    }

    /// Checks a matrix operation.
    pub(super) fn matrix(&mut self, op: &MatrixOp) {
        match op {
            MatrixOp::FragmentFill(fragment, value) => {
                let element = self.declared(*fragment).element;
                self.one_of(*value, &[element, Scalar::F32]);
            }
            MatrixOp::FragmentScale(fragment, value) => {
                self.role(*fragment, FragmentRole::C);
                self.is(*value, Scalar::F32);
            }
            MatrixOp::FragmentLoad { fragment, place, stride, .. }
            | MatrixOp::FragmentStore { fragment, place, stride, .. } => {
                self.place(place);
                self.is(*stride, Scalar::U32);
                if matches!(op, MatrixOp::FragmentStore { .. }) {
                    self.role(*fragment, FragmentRole::C);
                }
                let (element, array) = (self.declared(*fragment).element, self.element(place));
                if element != array {
                    let (element, array) = (element.name(), array.name());
                    let message = format!("a fragment of {element} in an array of {array}");
                    self.misused(message, "the array has the fragment's element type");
                }
            }
            MatrixOp::FragmentMultiplyAdd { a, b, c } => {
                self.role(*a, FragmentRole::A);
                self.role(*b, FragmentRole::B);
                self.role(*c, FragmentRole::C);
                let (a, b, c) = (self.declared(*a), self.declared(*b), self.declared(*c));
                if a.element != b.element || a.size != b.size || a.size != c.size {
                    let message = "fragments of different sizes or element types".to_owned();
                    self.misused(message, "A and B have one element type, and all three one size");
                }
            }
            MatrixOp::Mma { .. } => self.mma(op),
            MatrixOp::LoadMatrix { place, count, .. } => {
                self.place(place);
                self.in_shared(place);
                self.matrices(*count);
            }
            MatrixOp::StoreMatrix { place, values, .. } => {
                self.place(place);
                self.in_shared(place);
                values.iter().for_each(|value| self.is(*value, Scalar::U32));
                self.matrices(values.len() as u32);
            }
            MatrixOp::Descriptor { place, layout } => {
                self.place(place);
                self.in_shared(place);
                for (name, bytes) in [("leading", layout.leading), ("stride", layout.stride)] {
                    if bytes % 16 != 0 || bytes >> 4 > 0x3fff {
                        self.size(
                            format!("a descriptor with a {name} offset of {bytes} bytes"),
                            "take a multiple of 16 below 256 KiB".to_owned(),
                        );
                    }
                }
            }
            MatrixOp::Wgmma { .. } => self.wgmma(op),
            MatrixOp::WgmmaWait(pending) if *pending > 7 => {
                self.size(format!("{pending} groups in flight"), "wait for 0 to 7".to_owned());
            }
            MatrixOp::WgmmaFence | MatrixOp::WgmmaCommit | MatrixOp::WgmmaWait(_) => {}
        }
    }

    fn matrices(&mut self, count: u32) {
        if !matches!(count, 1 | 2 | 4) {
            self.size(
                format!("{count} matrices at once"),
                "1, 2 or 4 matrices are moved at once".to_owned(),
            );
        }
    }

    fn registers(&mut self, what: &str, registers: &[Operand], ty: Scalar, expected: u32) {
        registers.iter().for_each(|register| self.is(*register, ty));
        if registers.len() as u32 != expected {
            let found = registers.len();
            self.wrong(format!("{what} takes {expected} registers, found {found}"));
        }
    }

    fn mma(&mut self, op: &MatrixOp) {
        let MatrixOp::Mma { shape, a_type, b_type, c_type, a, b, c, sparse } = op else { return };
        let MmaShape { m, n, k } = *shape;
        let kept = if sparse.is_some() { 2 } else { 1 };
        self.registers("A", a, Scalar::U32, m * k * a_type.size() / 128 / kept);
        self.registers("B", b, Scalar::U32, k * n * b_type.size() / 128);
        let element = if *c_type == Scalar::F16x2 { 2 } else { 4 };
        self.registers("C", c, *c_type, m * n * element / 128);
        self.sparsity(sparse);
        if a_type.size() != b_type.size() {
            let message = format!("A of {} and B of {}", a_type.name(), b_type.name());
            self.misused(message, "A and B have elements of one size");
        }
    }

    fn sparsity(&mut self, sparse: &Option<(Operand, u8)>) {
        let Some((metadata, selector)) = sparse else { return };
        self.is(*metadata, Scalar::U32);
        if *selector > 3 {
            let message = format!("there is no sparsity selector {selector}");
            self.misused(message, "selectors are 0 to 3, by the shape");
        }
    }

    fn wgmma(&mut self, op: &MatrixOp) {
        let MatrixOp::Wgmma {
            n,
            a_type,
            b_type,
            accumulator,
            a,
            b,
            accumulate,
            transpose_a,
            transpose_b,
            sparse,
        } = op
        else {
            return;
        };
        if *n == 0 || n % 8 != 0 || *n > 256 {
            self.size(
                format!("a wgmma of {n} columns"),
                "take a multiple of 8 up to 256".to_owned(),
            );
        }
        self.accumulator(accumulator, n / 2);
        self.is(*b, Scalar::U64);
        self.is(*accumulate, Scalar::Bool);
        let registers = match a {
            WgmmaA::Descriptor(descriptor) => {
                self.is(*descriptor, Scalar::U64);
                false
            }
            WgmmaA::Registers(registers) => {
                registers.iter().for_each(|register| self.is(*register, Scalar::U32));
                true
            }
        };
        let wide = matches!(a_type, Scalar::F16 | Scalar::Bf16);
        let narrow = |ty| matches!(ty, Scalar::F8E4M3 | Scalar::F8E5M2);
        if !(wide && a_type == b_type || narrow(*a_type) && narrow(*b_type)) {
            let message = format!("there is no wgmma of {} by {}", a_type.name(), b_type.name());
            self.misused(message, "wgmma multiplies f16 by f16, bf16 by bf16, and 8-bit floats");
        }
        if *transpose_a && (registers || !wide) || *transpose_b && !wide {
            let message = "only 16-bit matrices in shared memory are transposed".to_owned();
            self.misused(message, "store the matrix K-major, or convert it to 16 bits");
        }
        self.sparsity(sparse);
    }

    fn accumulator(&mut self, accumulator: &[LocalId], expected: u32) {
        let module = self.module;
        if accumulator.iter().any(|local| module.locals[local.index()].ty != Scalar::F32) {
            let message = "wgmma's accumulator is made of f32".to_owned();
            self.misused(message, "declare it as `let mut sum = [0.0f32; N]`");
        }
        let mut distinct = accumulator.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() != accumulator.len() || accumulator.len() as u32 != expected {
            let found = distinct.len();
            self.wrong(format!("the accumulator takes {expected} locals, found {found}"));
        }
    }
}
