//! Proves that a polynomial is not negative.
//!
//! A polynomial without negative coefficients is not negative, for atoms are not. Otherwise the negative
//! monomial with the newest atom is taken off with the help of a known fact `F >= 0` in which a divisor of
//! that monomial is negative: `P >= 0` follows from `R = b P - a q F >= 0`. Facts are those stated at this
//! point of the program (conditions, ranges) and those that each atom carries. Selects and maxima split
//! into their cases. The search is bounded: what it does not find is not proved.

use super::symbols::gcd;
use super::{Kind, Monomial, Poly, Symbols};

const BUDGET: u32 = 400;
const QUICK: u32 = 40;
const DEPTH: u32 = 20;

impl Symbols {
    /// Whether a polynomial is proved not to be negative here.
    pub fn proves(&mut self, poly: &Poly) -> bool {
        self.attempt(poly, BUDGET)
    }

    /// The same with little effort.
    pub fn proves_quickly(&mut self, poly: &Poly) -> bool {
        self.attempt(poly, QUICK)
    }

    fn attempt(&mut self, poly: &Poly, budget: u32) -> bool {
        if poly.is_plainly_positive() {
            return true;
        }
        // What was stated, or more than that: no search, however large the polynomial.
        if self.facts.iter().rev().any(|fact| poly.sub(fact).is_plainly_positive()) {
            return true;
        }
        if !poly.is_moderate() {
            return false;
        }
        let constant = poly.constant_term();
        let shape = poly.add_constant(-constant);
        if self.proved.get(&shape).is_some_and(|least| *least <= constant) {
            return true;
        }
        let outer = std::mem::replace(&mut self.budget, budget);
        let slack = self.search(poly, 1, DEPTH);
        self.budget = outer;
        let Some(slack) = slack else { return false };
        let old = self.proved.insert(shape.clone(), constant - slack);
        self.proved_log.push((shape, old));
        true
    }

    /// How much could be taken off the polynomial (scaled by `scale`) without its turning negative.
    fn search(&mut self, poly: &Poly, scale: i128, depth: u32) -> Option<i128> {
        if poly.is_plainly_positive() {
            return Some(poly.constant_term().div_euclid(scale));
        }
        if self.budget == 0 || depth == 0 || !poly.is_moderate() || scale > 1 << 40 {
            return None;
        }
        self.budget -= 1;
        if let Some(unwrapped) = self.unwrapped(poly) {
            return self.search(&unwrapped, scale, depth - 1);
        }
        let monomial = self.target(poly)?;
        if let Some(slack) = self.cases(poly, monomial, scale, depth) {
            return slack;
        }
        for fact in self.candidates(monomial) {
            let Some((rest, factor)) = self.reduce(poly, monomial, &fact) else { continue };
            if let Some(slack) = self.search(&rest, scale * factor, depth - 1) {
                return Some(slack);
            }
        }
        None
    }

    /// The negative monomial to take off next.
    fn target(&self, poly: &Poly) -> Option<Monomial> {
        let negative = poly.terms().iter().filter(|(_, c)| *c < 0).map(|(m, _)| *m);
        negative.max_by_key(|m| (self.newest(*m), self.atoms_of(*m).len()))
    }

    /// Replaces a difference by its polynomial where it is proved not to wrap.
    fn unwrapped(&mut self, poly: &Poly) -> Option<Poly> {
        for (monomial, _) in poly.terms() {
            for atom in self.atoms_of(*monomial).to_vec() {
                if let Some(Kind::Wrap(exact)) = self.get(atom).map(|a| a.kind.clone())
                    && self.attempt(&exact, QUICK)
                {
                    return self.substitute(poly, atom, &exact);
                }
            }
        }
        None
    }

    /// Splits on a select or a maximum in the monomial; the outer `None` if there is none.
    fn cases(
        &mut self,
        poly: &Poly,
        monomial: Monomial,
        scale: i128,
        depth: u32,
    ) -> Option<Option<i128>> {
        let atom = *self.atoms_of(monomial).last()?;
        match self.get(atom)?.kind.clone() {
            Kind::Select(condition, a, b) => {
                let (holds, fails) = self.outcomes.get(&condition).cloned().unwrap_or_default();
                let first = self.case(poly, atom, &a, holds, scale, depth);
                let second = |s: &mut Self| s.case(poly, atom, &b, fails, scale, depth);
                Some(first.and_then(|slack| Some(slack.min(second(self)?))))
            }
            Kind::Max(a, b) => {
                let first = self.case(poly, atom, &a, Vec::new(), scale, depth);
                let second = |s: &mut Self| s.case(poly, atom, &b, Vec::new(), scale, depth);
                Some(first.and_then(|slack| Some(slack.min(second(self)?))))
            }
            Kind::Opaque | Kind::Wrap(_) | Kind::Quotient(..) => None,
        }
    }

    fn case(
        &mut self,
        poly: &Poly,
        atom: u32,
        with: &Poly,
        facts: Vec<Poly>,
        scale: i128,
        depth: u32,
    ) -> Option<i128> {
        let mark = self.mark();
        facts.into_iter().for_each(|fact| self.assume(fact));
        // If a fact of the case contradicts what is known, the case cannot occur.
        let impossible = self.facts[mark.facts()..].iter().any(|fact| self.high(fact) < 0);
        let result = match self.substitute(poly, atom, with) {
            _ if impossible => Some(i128::from(i64::MAX)),
            Some(poly) => self.search(&poly, scale, depth - 1),
            None => None,
        };
        self.reset(mark);
        result
    }

    /// Facts that may bound a monomial, the most promising first.
    fn candidates(&mut self, monomial: Monomial) -> Vec<Poly> {
        let atoms = self.atoms_of(monomial).to_vec();
        let mut found: Vec<Poly> = Vec::new();
        for fact in self.facts.iter().rev() {
            let bounds = |(m, c): &(Monomial, i128)| {
                *c < 0 && self.atoms_of(*m).iter().all(|a| atoms.contains(a))
            };
            if fact.terms().iter().any(bounds) {
                found.push(fact.clone());
            }
        }
        for atom in atoms.iter().rev() {
            let Some(known) = self.get(*atom).cloned() else { continue };
            found.extend(known.facts);
            let this = Poly::term(self.monomials.intern(vec![*atom]), 1);
            if let Kind::Quotient(number, divisor) = &known.kind {
                for bound in self.bounds_of(number) {
                    if let Some(most) = self.floor_bound(&bound, divisor) {
                        found.push(most.sub(&this));
                    }
                }
            }
            found.push(Poly::constant(known.high).sub(&this));
        }
        found
    }

    /// Polynomials that a value does not exceed, by the facts stated here.
    fn bounds_of(&mut self, number: &Poly) -> Vec<Poly> {
        let Some(monomial) = number.terms().iter().map(|(m, _)| *m).max_by_key(|m| self.newest(*m))
        else {
            return Vec::new();
        };
        let negative = number.scale(-1);
        let mut bounds = Vec::new();
        for fact in self.candidates_stated(monomial) {
            if let Some((rest, 1)) = self.reduce(&negative, monomial, &fact) {
                // rest = -number - F * q, so number = -rest - q F <= -rest.
                bounds.push(rest.scale(-1));
            }
        }
        if let Some(substituted) = self.eliminated(number) {
            bounds.push(substituted);
        }
        bounds
    }

    fn candidates_stated(&self, monomial: Monomial) -> Vec<Poly> {
        let bounds = |fact: &&Poly| fact.coefficient(monomial) < 0;
        self.facts.iter().rev().filter(bounds).cloned().collect()
    }

    /// An upper bound with loop variables and coordinates replaced by theirs.
    fn eliminated(&mut self, number: &Poly) -> Option<Poly> {
        let mut poly = number.scale(-1);
        for _ in 0..4 {
            let monomial = match self.target(&poly) {
                Some(m) => m,
                None => break,
            };
            let atom = *self.atoms_of(monomial).last()?;
            let facts = self.get(atom).map(|a| a.facts.clone()).unwrap_or_default();
            let reduced = facts.iter().find_map(|fact| match self.reduce(&poly, monomial, fact) {
                Some((rest, 1)) => Some(rest),
                _ => None,
            });
            match reduced {
                Some(rest) => poly = rest,
                None => break,
            }
        }
        Some(poly.scale(-1))
    }

    /// `b P - a q F` without the monomial, and `b`, if that is simpler than `P`.
    fn reduce(&mut self, poly: &Poly, monomial: Monomial, fact: &Poly) -> Option<(Poly, i128)> {
        let have = poly.coefficient(monomial).unsigned_abs();
        for (m, c) in fact.terms().to_vec() {
            if c >= 0 || (m.0 == 0) != (monomial.0 == 0) && !self.cancels(poly, monomial, m, fact) {
                continue;
            }
            let Some(quotient) = self.monomials.divide(monomial, m) else { continue };
            let common = gcd(u64::try_from(have).ok()?, u64::try_from(c.unsigned_abs()).ok()?);
            let (a, b) = ((have / u128::from(common)) as i128, c.abs() / i128::from(common));
            let scaled = self.multiply_term(fact, quotient, a)?;
            if self.is_progress(poly, monomial, &scaled, b) {
                return Some((poly.scale(b).sub(&scaled), b));
            }
        }
        None
    }

    /// Whether a fact's constant may stand for the monomial: only if that takes off what is there.
    fn cancels(
        &mut self,
        poly: &Poly,
        monomial: Monomial,
        constant: Monomial,
        fact: &Poly,
    ) -> bool {
        if constant.0 != 0 {
            return false;
        }
        fact.terms().to_vec().into_iter().filter(|(_, c)| *c > 0).all(|(m, _)| {
            let product = self.monomials.multiply(m, monomial);
            poly.coefficient(product) > 0
        })
    }

    /// What the fact brings in is older than what it takes off, or takes off something that was there.
    fn is_progress(&self, poly: &Poly, monomial: Monomial, scaled: &Poly, factor: i128) -> bool {
        let newest = self.newest(monomial);
        scaled.terms().iter().filter(|(_, c)| *c > 0).all(|(m, c)| {
            self.newest(*m) < newest || poly.coefficient(*m).saturating_mul(factor) >= *c
        })
    }
}
