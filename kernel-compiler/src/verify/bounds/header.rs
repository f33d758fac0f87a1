//! What holds before the kernel starts: parameters, conditions, grid.

use super::super::symbolic::{Kind, Poly};
use super::Bounds;
use crate::ir::op::Builtin;
use crate::ir::{Comparison, Condition, Op, ParamId, ParamKind, Scalar, Sym};
use crate::target::Target;
use std::collections::HashMap;

impl Bounds<'_, '_> {
    /// Declares scalar parameters and states the conditions.
    pub(super) fn header(&mut self) {
        let divisors = self.divisors();
        for (i, param) in self.module.params.iter().enumerate() {
            let ParamKind::Scalar(ty) = param.kind else { continue };
            if !ty.is_integer() {
                continue;
            }
            let divisor = divisors.get(&i).copied().unwrap_or(1);
            let poly = if ty.is_signed() {
                self.signed(ty)
            } else {
                // `cols % 8 == 0`: the parameter is 8 times something.
                let high = self.most(ty) / i128::from(divisor);
                self.symbols.opaque(high).scale(i128::from(divisor))
            };
            self.params[i] = Some(poly);
        }
        self.equalities(&divisors);
        for condition in &self.module.conditions {
            if let Condition::Compare(a, comparison, b) = condition {
                self.condition(a, *comparison, b);
            }
        }
        for axis in 0..3 {
            let grid = self.sym(&self.module.grid[axis]);
            if let Some(grid) = grid {
                self.symbols.assume(grid.add_constant(-1));
            }
        }
        self.split_threads();
    }

    /// Numbers that conditions say to divide a parameter.
    fn divisors(&self) -> HashMap<usize, u64> {
        let mut divisors: HashMap<usize, u64> = HashMap::new();
        for condition in &self.module.conditions {
            let Condition::Compare(Sym::Rem(number, by), Comparison::Eq, Sym::Const(0)) = condition
            else {
                continue;
            };
            if let (Sym::Param(ParamId(id)), Sym::Const(by @ 1..=0xffff_ffff)) = (&**number, &**by)
            {
                let known = divisors.entry(*id as usize).or_insert(1);
                *known = *known / super::super::symbolic::gcd(*known, *by) * by;
            }
        }
        divisors.retain(|_, by| *by <= u64::from(u32::MAX));
        divisors
    }

    /// A parameter that a condition gives a value takes that value's place.
    fn equalities(&mut self, divisors: &HashMap<usize, u64>) {
        for condition in &self.module.conditions {
            let Condition::Compare(a, Comparison::Eq, b) = condition else { continue };
            let (id, other) = match (a, b) {
                (Sym::Param(id), other) | (other, Sym::Param(id)) => (id.index(), other),
                _ => continue,
            };
            if divisors.contains_key(&id) && !matches!(other, Sym::Const(_)) {
                continue;
            }
            if let Some(poly) = self.sym(other) {
                let mine = self.params.get(id).cloned().flatten();
                let mentions = mine.is_some_and(|mine| {
                    mine.terms().iter().any(|(m, _)| poly.coefficient(*m) != 0)
                });
                if !mentions {
                    self.params[id] = Some(poly);
                }
            }
        }
    }

    fn condition(&mut self, a: &Sym, comparison: Comparison, b: &Sym) {
        if let (Sym::Rem(number, by), Comparison::Eq, Sym::Const(0)) = (a, comparison, b)
            && let (Some(number), Sym::Const(by)) = (self.sym(number), &**by)
        {
            self.symbols.assume_divisible(number, *by);
        }
        if let (Some(a), Some(b)) = (self.sym(a), self.sym(b)) {
            for fact in super::facts::compared(comparison, &a, &b) {
                self.symbols.assume(fact);
            }
        }
    }

    /// A symbolic size as a polynomial.
    pub(super) fn sym(&mut self, sym: &Sym) -> Option<Poly> {
        Some(match sym {
            Sym::Const(n) => Poly::constant(i128::from(*n)),
            Sym::Param(id) => self.params.get(id.index())?.clone()?,
            Sym::Add(a, b) => self.sym(a)?.add(&self.sym(b)?),
            Sym::Sub(a, b) => self.sym(a)?.sub(&self.sym(b)?),
            Sym::Mul(a, b) => {
                let (a, b) = (self.sym(a)?, self.sym(b)?);
                self.symbols.multiply(&a, &b)?
            }
            Sym::Div(a, b) => {
                let (a, b) = (self.sym(a)?, self.sym(b)?);
                self.symbols.divide(&a, &b)?.0
            }
            Sym::CeilDiv(a, b) => {
                let (a, b) = (self.sym(a)?, self.sym(b)?);
                let up = a.add(&b).add_constant(-1);
                self.symbols.divide(&up, &b)?.0
            }
            Sym::Rem(a, b) => {
                let (a, b) = (self.sym(a)?, self.sym(b)?);
                self.symbols.divide(&a, &b)?.1
            }
            Sym::Min(a, b) => {
                let (a, b) = (self.sym(a)?, self.sym(b)?);
                self.minimum(&a, &b)
            }
            Sym::Max(a, b) => {
                let (a, b) = (self.sym(a)?, self.sym(b)?);
                self.maximum(&a, &b)
            }
        })
    }

    /// The smaller of two values that are not negative.
    pub(super) fn minimum(&mut self, a: &Poly, b: &Poly) -> Poly {
        if self.symbols.proves_quickly(&b.sub(a)) {
            return a.clone();
        }
        if self.symbols.proves_quickly(&a.sub(b)) {
            return b.clone();
        }
        let s = &mut self.symbols;
        let high = s.high(a).min(s.high(b));
        let multiple = super::super::symbolic::gcd(s.multiple(a), s.multiple(b));
        let minimum = s.atom(Kind::Opaque, high, multiple);
        s.fact_of_newest(a.sub(&minimum));
        s.fact_of_newest(b.sub(&minimum));
        minimum
    }

    /// The larger of two values, of which at least one is not negative.
    pub(super) fn maximum(&mut self, a: &Poly, b: &Poly) -> Poly {
        if self.symbols.proves_quickly(&b.sub(a)) {
            return b.clone();
        }
        if self.symbols.proves_quickly(&a.sub(b)) {
            return a.clone();
        }
        let s = &mut self.symbols;
        let high = s.high(a).max(s.high(b));
        let multiple = super::super::symbolic::gcd(s.multiple(a), s.multiple(b));
        let maximum = s.atom(Kind::Max(a.clone(), b.clone()), high, multiple);
        s.fact_of_newest(maximum.sub(a));
        s.fact_of_newest(maximum.sub(b));
        maximum
    }

    /// If the kernel asks for its lane or subgroup, the thread's index is made of both.
    fn split_threads(&mut self) {
        let [x, y, z] = self.module.threads;
        let Some(size) = self.module.target.subgroup() else { return };
        if y * z != 1 || size == 0 || x % size != 0 {
            return;
        }
        let mut asks = false;
        super::super::walk::operations(&self.module.body, &mut |op, _| {
            asks |= matches!(op, Op::Builtin(Builtin::LaneId | Builtin::SubgroupId));
        });
        if asks {
            let subgroup = self.symbols.opaque(i128::from(x / size) - 1);
            let lane = self.symbols.opaque(i128::from(size) - 1);
            self.split = Some((subgroup, lane));
        }
    }

    /// A coordinate or size.
    pub(super) fn builtin(&mut self, builtin: Builtin) -> Poly {
        if let Some((_, poly)) = self.coordinates.iter().find(|(known, _)| *known == builtin) {
            return poly.clone();
        }
        let poly = self.coordinate(builtin);
        self.coordinates.push((builtin, poly.clone()));
        poly
    }

    fn coordinate(&mut self, builtin: Builtin) -> Poly {
        let count = |sizes: [u32; 3], axis: u8| i128::from(sizes[usize::from(axis).min(2)]);
        let size = self.module.target.subgroup().unwrap_or(1).max(1);
        match (builtin, self.split.clone()) {
            (Builtin::ThreadId(0), Some((subgroup, lane))) => {
                subgroup.scale(i128::from(size)).add(&lane)
            }
            (Builtin::LaneId, Some((_, lane))) => lane,
            (Builtin::SubgroupId, Some((subgroup, _))) => subgroup,
            (Builtin::ThreadId(axis), _) => {
                self.symbols.opaque(count(self.module.threads, axis) - 1)
            }
            (Builtin::LaneId, None) => self.symbols.opaque(i128::from(size) - 1),
            (Builtin::SubgroupId, None) => {
                let subgroups = self.module.thread_count().div_ceil(size);
                self.symbols.opaque(i128::from(subgroups) - 1)
            }
            (Builtin::ClusterRank, _) => {
                let blocks: u32 = self.module.cluster.iter().product();
                self.symbols.opaque(i128::from(blocks) - 1)
            }
            (Builtin::GridDim(axis), _) => {
                let grid = self.sym(&self.module.grid[usize::from(axis).min(2)]);
                grid.unwrap_or_else(|| self.symbols.opaque(i128::from(u32::MAX)))
            }
            (Builtin::BlockId(axis), _) => {
                let along = usize::from(axis).min(2);
                let one = crate::ir::Sym::Const(1);
                let is_linear = self.module.grid[1] == one && self.module.grid[2] == one;
                let limit: i128 = match self.module.target {
                    Target::Ptx(_) if along == 0 => (1 << 31) - 1,
                    // A linear grid is folded: its index has 32 bits.
                    Target::Wgsl(_) if along == 0 && is_linear => i128::from(u32::MAX),
                    Target::Ptx(_) | Target::Wgsl(_) => 65535,
                };
                let grid = self.sym(&self.module.grid[along]);
                let high = grid.as_ref().map_or(limit, |g| self.symbols.high(g).min(limit));
                let block = self.symbols.opaque(high - 1);
                if let Some(grid) = grid {
                    self.symbols.fact_of_newest(grid.add_constant(-1).sub(&block));
                }
                block
            }
        }
    }

    /// A scalar parameter.
    pub(super) fn param(&mut self, id: ParamId, ty: Scalar) -> Poly {
        match self.params.get(id.index()) {
            Some(Some(poly)) => poly.clone(),
            _ => self.unknown(ty),
        }
    }
}
