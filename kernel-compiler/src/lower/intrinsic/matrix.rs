//! Matrix units: portable fragments, `mma.sync`, `ldmatrix`, `wgmma`.

use super::super::ty::Ty;
use super::super::value::Val;
use super::super::{Eval, Lowerer, Stop};
use super::Call;
use crate::ast::{Expr, Ident};
use crate::diag::catalog::types::{ARGUMENT_COUNT, TYPE_MISMATCH, UNKNOWN_METHOD};
use crate::ir::op::{DescriptorLayout, MatrixOp, MmaShape, Op, Place, WgmmaA};
use crate::ir::{Fragment, FragmentId, FragmentRole, Operand, Scalar, Span, Swizzle};

pub(super) const NAMES: &[&str] = &[
    "fragment_a",
    "fragment_b",
    "fragment_c",
    "mma",
    "mma_sparse",
    "ldmatrix",
    "ldmatrix_trans",
    "stmatrix",
    "stmatrix_trans",
    "wgmma_fence",
    "wgmma",
    "wgmma_sparse",
    "wgmma_commit",
    "wgmma_wait",
];

impl<'a> Lowerer<'_, 'a> {
    pub(super) fn matrix_intrinsic(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        match call.name.name.as_str() {
            "fragment_a" => self.fragment(call, FragmentRole::A),
            "fragment_b" => self.fragment(call, FragmentRole::B),
            "fragment_c" => self.fragment(call, FragmentRole::C),
            "mma" => self.mma(call, false),
            "mma_sparse" => self.mma(call, true),
            "ldmatrix" => self.load_matrix(call, false),
            "ldmatrix_trans" => self.load_matrix(call, true),
            "stmatrix" => self.store_matrix(call, false),
            "stmatrix_trans" => self.store_matrix(call, true),
            "wgmma" => self.wgmma(call, false),
            "wgmma_sparse" => self.wgmma(call, true),
            "wgmma_wait" => {
                let pending = self.generic_u32(call, 0)?;
                self.matrix_effect(MatrixOp::WgmmaWait(pending), call)
            }
            "wgmma_fence" => self.matrix_effect(MatrixOp::WgmmaFence, call),
            _ => self.matrix_effect(MatrixOp::WgmmaCommit, call),
        }
    }

    fn matrix_effect(&mut self, op: MatrixOp, call: &Call<'a, '_>) -> Eval<'a> {
        let [] = self.arguments_of::<0>(call.name, call.arguments)?;
        self.effect(Op::Matrix(op), call.span);
        Ok(Val::Unit)
    }

    /// `fragment_a::<f16, 16>()`
    fn fragment(&mut self, call: &Call<'a, '_>, role: FragmentRole) -> Eval<'a> {
        let element = self.generic_scalar(call, 0)?;
        let size = self.generic_u32(call, 1)?;
        let id = FragmentId(self.builder.module.fragments.len() as u32);
        self.builder.module.fragments.push(Fragment { role, element, size, span: call.span });
        Ok(Val::Fragment(id))
    }

    /// Methods of a fragment: `fill load load_transposed store store_transposed scale multiply_add`.
    pub(in super::super) fn fragment_method(
        &mut self,
        fragment: FragmentId,
        method: &'a Ident,
        arguments: &'a [Expr],
    ) -> Eval<'a> {
        let span = method.span;
        let op = match method.name.as_str() {
            name @ ("fill" | "scale") => {
                let [value] = self.arguments_of::<1>(method, arguments)?;
                let element = self.builder.module.fragments[fragment.index()].element;
                let ty = if name == "fill" { element } else { Scalar::F32 };
                let value = self.scalar(value, ty, span)?;
                if name == "fill" {
                    MatrixOp::FragmentFill(fragment, value)
                } else {
                    MatrixOp::FragmentScale(fragment, value)
                }
            }
            "multiply_add" => {
                let [a, b] = self.arguments_of::<2>(method, arguments)?;
                let (Val::Fragment(a), Val::Fragment(b)) = (a, b) else {
                    return self.error(
                        &TYPE_MISMATCH,
                        span,
                        "`multiply_add` takes two fragments".to_owned(),
                    );
                };
                MatrixOp::FragmentMultiplyAdd { a, b, c: fragment }
            }
            name @ ("load" | "load_transposed" | "store" | "store_transposed") => {
                let [array, index, stride] = self.arguments_of::<3>(method, arguments)?;
                let index = self.element_index(index, span)?;
                let (place, _) = self.memory_place(&array, index, span)?;
                let stride = self.scalar(stride, Scalar::U32, span)?;
                let column_major = name.ends_with("_transposed");
                if name.starts_with("load") {
                    MatrixOp::FragmentLoad { fragment, place, stride, column_major }
                } else {
                    MatrixOp::FragmentStore { fragment, place, stride, column_major }
                }
            }
            name => {
                return self.error_help(
                    &UNKNOWN_METHOD,
                    span,
                    format!("a fragment has no method `{name}`"),
                    "fragments are opaque: fill, load, load_transposed, store, store_transposed, \
                     scale, multiply_add"
                        .to_owned(),
                );
            }
        };
        self.effect(Op::Matrix(op), span);
        Ok(Val::Unit)
    }

    /// Registers of an operand: `u32` words (packed pairs and floats are taken by their bits).
    fn registers(&mut self, value: Val<'a>, span: Span) -> Eval<'a, Vec<Operand>> {
        let leaves = self.leaves(value, span)?;
        let mut words = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            words.push(match self.builder.module.type_of(leaf) {
                Scalar::U32 => leaf,
                ty if ty.size() == 4 && ty != Scalar::Bool => {
                    self.arith(crate::ir::op::ArithOp::Bitcast(Scalar::U32, leaf), span)
                }
                ty => {
                    return self.error(
                        &TYPE_MISMATCH,
                        span,
                        format!("matrix registers are 32-bit words, and this is {}", ty.name()),
                    );
                }
            });
        }
        Ok(words)
    }

    /// `mma::<M, N, K, A, B>(a, b, c)`; `mma_sparse` has a selector and a metadata word besides.
    fn mma(&mut self, call: &Call<'a, '_>, sparse: bool) -> Eval<'a> {
        let shape = MmaShape {
            m: self.generic_u32(call, 0)?,
            n: self.generic_u32(call, 1)?,
            k: self.generic_u32(call, 2)?,
        };
        let (a_type, b_type) = (self.generic_scalar(call, 3)?, self.generic_scalar(call, 4)?);
        let (plain, extra) = call.arguments.split_at(3.min(call.arguments.len()));
        let [a, b, c] = self.arguments_of::<3>(call.name, plain)?;
        let sparse = if sparse { Some(self.sparse(call, extra, 5)?) } else { None };
        let a = self.registers(a, call.span)?;
        let b = self.registers(b, call.span)?;
        let c = self.leaves(c, call.span)?;
        let c_type = c.first().map_or(Scalar::F32, |c| self.builder.module.type_of(*c));
        for leaf in &c {
            let ty = self.builder.module.type_of(*leaf);
            if ty != c_type {
                let message = format!("C's registers are {} and {}", c_type.name(), ty.name());
                let help = "give them one type".to_owned();
                return self.error_help(&TYPE_MISMATCH, call.span, message, help);
            }
        }
        let halved = if sparse.is_some() { 2 } else { 1 };
        let per_thread = |elements: u32, bytes: u32| elements * bytes / (32 * 4);
        let counts = [
            ("A", a.len(), per_thread(shape.m * shape.k / halved, a_type.size())),
            ("B", b.len(), per_thread(shape.k * shape.n, b_type.size())),
            (
                "C",
                c.len(),
                per_thread(shape.m * shape.n, if c_type == Scalar::F16x2 { 2 } else { 4 }),
            ),
        ];
        for (name, given, wanted) in counts {
            self.register_count(name, given, wanted, call.span)?;
        }
        let op = MatrixOp::Mma { shape, a_type, b_type, c_type, a, b, c, sparse };
        let results = self.builder.emit(Op::Matrix(op), call.span);
        Ok(Val::Array(
            results.into_iter().map(|v| Val::Scalar(Operand::Value(v), c_type)).collect(),
        ))
    }

    /// A matrix takes so many registers of each thread.
    fn register_count(
        &mut self,
        name: &str,
        given: usize,
        wanted: u32,
        span: Span,
    ) -> Eval<'a, ()> {
        if u32::try_from(given) == Ok(wanted) {
            return Ok(());
        }
        self.error_help(
            &ARGUMENT_COUNT,
            span,
            format!("{name} takes {wanted} registers of a thread, and {given} are given"),
            format!("pass an array of {wanted}"),
        )
    }

    fn sparse(
        &mut self,
        call: &Call<'a, '_>,
        extra: &'a [Expr],
        at: usize,
    ) -> Eval<'a, (Operand, u8)> {
        let selector = self.generic_u32(call, at)?;
        let [metadata] = self.arguments_of::<1>(call.name, extra)?;
        let metadata = self.scalar(metadata, Scalar::U32, call.span)?;
        Ok((metadata, u8::try_from(selector).unwrap_or(u8::MAX)))
    }

    /// `ldmatrix::<COUNT>(array, index)`
    fn load_matrix(&mut self, call: &Call<'a, '_>, transposed: bool) -> Eval<'a> {
        let count = self.generic_u32(call, 0)?;
        let [array, index] = self.arguments_of::<2>(call.name, call.arguments)?;
        let place = self.matrix_place(&array, index, call.span)?;
        let op = Op::Matrix(MatrixOp::LoadMatrix { place, count, transposed });
        let results = self.builder.emit(op, call.span);
        let words = results.into_iter().map(|v| Val::Scalar(Operand::Value(v), Scalar::U32));
        Ok(Val::Array(words.collect()))
    }

    /// `stmatrix(array, index, [words])`
    fn store_matrix(&mut self, call: &Call<'a, '_>, transposed: bool) -> Eval<'a> {
        let [array, index, values] = self.arguments_of::<3>(call.name, call.arguments)?;
        let place = self.matrix_place(&array, index, call.span)?;
        let values = self.registers(values, call.span)?;
        if !matches!(values.len(), 1 | 2 | 4) {
            self.register_count("`stmatrix`", values.len(), 4, call.span)?;
        }
        self.effect(Op::Matrix(MatrixOp::StoreMatrix { place, values, transposed }), call.span);
        Ok(Val::Unit)
    }

    fn matrix_place(&mut self, array: &Val<'a>, index: Val<'a>, span: Span) -> Eval<'a, Place> {
        let index = self.element_index(index, span)?;
        Ok(self.memory_place(array, index, span)?.0)
    }

    /// `array.descriptor(index, leading, stride, "swizzle_128")`, offsets in bytes.
    pub(super) fn matrix_descriptor(&mut self, call: &Call<'a, '_>, array: &Val<'a>) -> Eval<'a> {
        let [index, leading, stride, swizzle] =
            self.arguments_of::<4>(call.name, call.arguments)?;
        let place = self.matrix_place(array, index, call.span)?;
        let leading = self.const_u32(&leading, "a descriptor's leading offset", call.span)?;
        let stride = self.const_u32(&stride, "a descriptor's stride offset", call.span)?;
        let swizzle = match swizzle {
            Val::Str("swizzle_none") => Swizzle::None,
            Val::Str("swizzle_32") => Swizzle::B32,
            Val::Str("swizzle_64") => Swizzle::B64,
            Val::Str("swizzle_128") => Swizzle::B128,
            _ => {
                return self.error_help(
                    &TYPE_MISMATCH,
                    call.span,
                    "this is not a swizzle".to_owned(),
                    "swizzles are \"swizzle_none\", \"swizzle_32\", \"swizzle_64\", \"swizzle_128\""
                        .to_owned(),
                );
            }
        };
        let layout = DescriptorLayout { leading, stride, swizzle };
        let op = Op::Matrix(MatrixOp::Descriptor { place, layout });
        Ok(Val::Scalar(self.builder.emit_one(op, call.span), Scalar::U64))
    }

    /// `wgmma::<N, A, B>(&mut accumulator, a, b, accumulate, flags..)`; `a` is a descriptor or four
    /// words; flags are "transpose_a", "transpose_b".
    fn wgmma(&mut self, call: &Call<'a, '_>, sparse: bool) -> Eval<'a> {
        let n = self.generic_u32(call, 0)?;
        let (a_type, b_type) = (self.generic_scalar(call, 1)?, self.generic_scalar(call, 2)?);
        let Some((accumulator, rest)) = call.arguments.split_first() else {
            let [] = self.arguments_of::<0>(call.name, call.arguments)?;
            return Err(Stop::Error);
        };
        let slot = self.place_argument(accumulator)?;
        let span = accumulator.span;
        let accumulator = self.locals_of(&slot, span)?;
        if n.is_multiple_of(8) {
            self.register_count("the accumulator", accumulator.len(), n / 2, span)?;
        }
        let (plain, flags) = rest.split_at(3.min(rest.len()));
        let [a, b, accumulate] = self.arguments_of::<3>(call.name, plain)?;
        let a = match a {
            Val::Scalar(descriptor, Scalar::U64) => WgmmaA::Descriptor(descriptor),
            other => {
                let words = self.registers(other, call.span)?;
                let Ok(words) = words.try_into() else {
                    return self.error(
                        &TYPE_MISMATCH,
                        call.span,
                        "wgmma's A is a descriptor or four words".to_owned(),
                    );
                };
                WgmmaA::Registers(words)
            }
        };
        let b = self.scalar(b, Scalar::U64, call.span)?;
        let accumulate = self.truth(accumulate, call.span)?;
        let (metadata, flags) =
            if sparse { flags.split_at(1.min(flags.len())) } else { flags.split_at(0) };
        let sparse = if sparse { Some(self.sparse(call, metadata, 3)?) } else { None };
        let (mut transpose_a, mut transpose_b) = (false, false);
        for flag in flags {
            match self.eval(flag, Some(&Ty::Str))? {
                Val::Str("transpose_a") => transpose_a = true,
                Val::Str("transpose_b") => transpose_b = true,
                _ => {
                    return self.error(
                        &TYPE_MISMATCH,
                        flag.span,
                        "wgmma's flags are \"transpose_a\" and \"transpose_b\"".to_owned(),
                    );
                }
            }
        }
        let op = MatrixOp::Wgmma {
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
        };
        self.effect(Op::Matrix(op), call.span);
        Ok(Val::Unit)
    }
}
