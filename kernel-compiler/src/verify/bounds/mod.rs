//! Every access is proved to be within its array, and aligned.
//!
//! Integers become polynomials over atoms (scalar parameters, coordinates, loop variables, remainders,
//! loaded values), and conditions become facts (`walk` and `facts`). An access then asks whether
//! `length - index - count` can be negative (`access`), and what divides its index.
//!
//! What is believed: the launcher's conditions and grid; `Assume`; that `index` arithmetic does not
//! overflow. `u32` arithmetic that may wrap is bounded by its exact value from above (a sum or product that
//! wraps gets smaller), and a difference counts only where it is proved not to wrap.

mod access;
mod arith;
mod facts;
mod header;
mod value;
mod walk;

use super::symbolic::{Poly, Symbols};
use crate::diag::Diagnostics;
use crate::ir::{LocalId, Module, Op, Operand, Scalar, ValueId};
use std::collections::HashMap;

/// Checks every access of a well-typed module.
pub(super) fn check(module: &Module, sink: &mut Diagnostics) {
    let mut bounds = Bounds {
        module,
        sink,
        symbols: Symbols::default(),
        params: vec![None; module.params.len()],
        values: vec![None; module.values.len()],
        definitions: vec![None; module.values.len()],
        locals: vec![None; module.locals.len()],
        truths: HashMap::new(),
        log: Vec::new(),
        ranges: super::ranges::locals(module),
        coordinates: Vec::new(),
        lengths: HashMap::new(),
        split: None,
    };
    bounds.header();
    bounds.block(&module.body);
}

/// What a local holds.
#[derive(Debug, Clone, PartialEq)]
enum Held {
    /// An integer.
    Number(Poly),
    /// A truth value.
    Truth(Operand),
}

struct Bounds<'m, 's> {
    module: &'m Module,
    sink: &'s mut Diagnostics,
    symbols: Symbols,
    /// Scalar parameters.
    params: Vec<Option<Poly>>,
    /// Integer values.
    values: Vec<Option<Poly>>,
    /// What defines each value.
    definitions: Vec<Option<&'m Op>>,
    locals: Vec<Option<Held>>,
    /// Conditions that were read from locals.
    truths: HashMap<ValueId, Operand>,
    /// What locals held before they were assigned, newest last.
    log: Vec<(LocalId, Option<Held>)>,
    ranges: Vec<super::ranges::Range>,
    /// Lengths of buffers already met.
    lengths: HashMap<crate::ir::ParamId, Option<Poly>>,
    /// Coordinates already met.
    coordinates: Vec<(crate::ir::op::Builtin, Poly)>,
    /// Subgroup and lane of a one-dimensional workgroup, if the kernel asks for them.
    split: Option<(Poly, Poly)>,
}

impl Bounds<'_, '_> {
    /// The largest number of a type.
    fn most(&self, ty: Scalar) -> i128 {
        match ty {
            Scalar::Bool => 1,
            Scalar::U8 => i128::from(u8::MAX),
            Scalar::I8 => i128::from(i8::MAX),
            Scalar::U16 => i128::from(u16::MAX),
            Scalar::I16 => i128::from(i16::MAX),
            Scalar::U32 => i128::from(u32::MAX),
            Scalar::I32 => i128::from(i32::MAX),
            Scalar::I64 => i128::from(i64::MAX),
            Scalar::Index if self.module.index_bits == 32 => i128::from(u32::MAX),
            _ => i128::from(u64::MAX),
        }
    }

    /// An integer operand as a polynomial.
    fn poly(&mut self, operand: Operand) -> Poly {
        match operand {
            Operand::Const(c) => Poly::constant(c.as_int().unwrap_or(0)),
            Operand::Value(id) => match self.values.get(id.index()) {
                Some(Some(poly)) => poly.clone(),
                _ => {
                    let ty = self.module.type_of(operand);
                    let poly = self.unknown(ty);
                    self.set(id, poly.clone());
                    poly
                }
            },
        }
    }

    fn set(&mut self, id: ValueId, poly: Poly) {
        if let Some(slot) = self.values.get_mut(id.index()) {
            *slot = Some(poly);
        }
    }

    /// Any number of a type.
    fn unknown(&mut self, ty: Scalar) -> Poly {
        let most = self.most(ty);
        if ty.is_signed() { self.signed(ty) } else { self.symbols.opaque(most) }
    }

    /// Any number of a signed type: an atom shifted by the type's minimum.
    fn signed(&mut self, ty: Scalar) -> Poly {
        let most = self.most(ty);
        self.symbols.opaque(2 * most + 1).add_constant(-most - 1)
    }
}
