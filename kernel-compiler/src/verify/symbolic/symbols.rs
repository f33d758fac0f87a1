//! The table of atoms, and what polynomials over them are worth.

use super::poly::Monomials;
use super::{Atom, Kind, Monomial, Poly};
use crate::ir::Operand;
use std::collections::HashMap;

/// Beyond this a numeric bound says nothing.
const UNBOUNDED: i128 = 1 << 100;

/// Facts that a condition gives where it does or does not hold.
pub(in crate::verify) type Outcome = (Vec<Poly>, Vec<Poly>);

/// Atoms, monomials, and the facts that hold at the point of the program being looked at.
#[derive(Debug, Default)]
pub(in crate::verify) struct Symbols {
    pub(super) atoms: Vec<Atom>,
    pub(super) monomials: Monomials,
    /// Polynomials that are not negative here.
    pub(super) facts: Vec<Poly>,
    /// Polynomials that are multiples of a number here.
    pub(super) divisible: Vec<(Poly, u64)>,
    /// What conditions of select atoms say.
    pub(super) outcomes: HashMap<Operand, Outcome>,
    /// Quotient and remainder of what was divided before; whether the divisor was known not to be 0.
    pub(super) quotients: HashMap<(Poly, Poly, bool), (Poly, Poly)>,
    /// Proved: the polynomial without its constant is at least minus this number.
    pub(super) proved: HashMap<Poly, i128>,
    pub(super) proved_log: Vec<(Poly, Option<i128>)>,
    pub(super) budget: u32,
}

/// A point to return to: facts and proofs after it are forgotten.
#[derive(Debug, Clone, Copy)]
pub(in crate::verify) struct Mark(usize, usize, usize);

impl Mark {
    /// How many facts were known.
    pub(super) fn facts(self) -> usize {
        self.0
    }
}

/// The greatest common divisor; that of 0 and `n` is `n`.
pub(in crate::verify) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Symbols {
    /// A new atom as a polynomial.
    pub fn atom(&mut self, kind: Kind, high: i128, multiple: u64) -> Poly {
        let id = self.atoms.len() as u32;
        let high = high.min(UNBOUNDED);
        self.atoms.push(Atom { kind, high, multiple: multiple.max(1), facts: Vec::new() });
        let monomial = self.monomials.intern(vec![id]);
        Poly::term(monomial, 1)
    }

    /// A new atom of which only a bound is known.
    pub fn opaque(&mut self, high: i128) -> Poly {
        self.atom(Kind::Opaque, high, 1)
    }

    /// Gives the newest atom a fact: a polynomial that is never negative.
    pub fn fact_of_newest(&mut self, fact: Poly) {
        if let Some(atom) = self.atoms.last_mut() {
            atom.facts.push(fact);
        }
    }

    /// States that a polynomial is not negative from here on. If all but its constant is a multiple of
    /// something, so is what it is at least: `8 a - 1 >= 0` says `8 a - 8 >= 0`.
    pub fn assume(&mut self, fact: Poly) {
        let constant = fact.constant_term();
        let step = i128::from(self.multiple(&fact.add_constant(-constant)));
        let fact = match step > 1 {
            true => fact.add_constant(-constant.rem_euclid(step)),
            false => fact,
        };
        if !fact.is_plainly_positive() {
            self.facts.push(fact);
        }
    }

    /// States that a polynomial is a multiple of `number` from here on.
    pub fn assume_divisible(&mut self, poly: Poly, number: u64) {
        self.divisible.push((poly, number));
    }

    /// Remembers what the condition of a select says.
    pub fn outcome(&mut self, condition: Operand, outcome: Outcome) {
        self.outcomes.insert(condition, outcome);
    }

    /// The point reached.
    pub fn mark(&self) -> Mark {
        Mark(self.facts.len(), self.divisible.len(), self.proved_log.len())
    }

    /// Forgets facts and proofs since `mark`.
    pub fn reset(&mut self, mark: Mark) {
        self.facts.truncate(mark.0);
        self.divisible.truncate(mark.1);
        while self.proved_log.len() > mark.2 {
            match self.proved_log.pop() {
                Some((poly, Some(old))) => self.proved.insert(poly, old),
                Some((poly, None)) => self.proved.remove(&poly),
                None => None,
            };
        }
    }

    /// The product, if it is not too large to go on with.
    pub fn multiply(&mut self, a: &Poly, b: &Poly) -> Option<Poly> {
        let mut product = Poly::default();
        for (monomial, coefficient) in b.terms() {
            product = product.add(&self.multiply_term(a, *monomial, *coefficient)?);
        }
        product.is_moderate().then_some(product)
    }

    /// `poly * coefficient * monomial`
    pub fn multiply_term(
        &mut self,
        poly: &Poly,
        monomial: Monomial,
        coefficient: i128,
    ) -> Option<Poly> {
        let mut terms = Vec::with_capacity(poly.terms().len());
        for (m, c) in poly.terms() {
            terms.push((self.monomials.multiply(*m, monomial), c.checked_mul(coefficient)?));
        }
        terms.sort_unstable_by_key(|(m, _)| *m);
        Some(Poly::from_terms(terms))
    }

    /// The atoms of a monomial.
    pub fn atoms_of(&self, monomial: Monomial) -> &[u32] {
        self.monomials.atoms(monomial)
    }

    /// An atom.
    pub fn get(&self, atom: u32) -> Option<&Atom> {
        self.atoms.get(atom as usize)
    }

    /// The newest atom of a monomial, counted from 1; 0 for a constant.
    pub fn newest(&self, monomial: Monomial) -> u32 {
        self.atoms_of(monomial).last().map_or(0, |atom| atom + 1)
    }

    /// A number that the value does not exceed.
    pub fn high(&self, poly: &Poly) -> i128 {
        let mut sum = 0i128;
        for (monomial, coefficient) in poly.terms() {
            if *coefficient > 0 || monomial.0 == 0 {
                sum = sum.saturating_add(coefficient.saturating_mul(self.product(*monomial)));
            }
        }
        sum.min(UNBOUNDED)
    }

    /// A number that the value is not below.
    pub fn low(&self, poly: &Poly) -> i128 {
        let mut sum = 0i128;
        for (monomial, coefficient) in poly.terms() {
            if *coefficient < 0 || monomial.0 == 0 {
                sum = sum.saturating_add(coefficient.saturating_mul(self.product(*monomial)));
            }
        }
        sum.max(-UNBOUNDED)
    }

    fn product(&self, monomial: Monomial) -> i128 {
        let highs =
            self.atoms_of(monomial).iter().map(|a| self.get(*a).map_or(UNBOUNDED, |a| a.high));
        highs.fold(1i128, |product, high| product.saturating_mul(high).min(UNBOUNDED))
    }

    /// A number that divides the value, whatever the atoms are; 0 for zero.
    pub fn multiple(&self, poly: &Poly) -> u64 {
        poly.terms().iter().fold(0, |all, (monomial, coefficient)| {
            let mut multiple = u64::try_from(coefficient.unsigned_abs()).unwrap_or(1);
            for atom in self.atoms_of(*monomial) {
                let factor = self.get(*atom).map_or(1, |a| a.multiple);
                multiple = multiple.checked_mul(factor).unwrap_or(1 << 32);
            }
            gcd(all, multiple)
        })
    }

    /// A number that divides the value here; 0 for zero.
    pub fn multiple_here(&self, poly: &Poly) -> u64 {
        let plain = self.multiple(poly);
        let stated = self
            .divisible
            .iter()
            .map(|(known, number)| gcd(self.multiple(&poly.sub(known)), *number));
        stated.fold(plain, |best, other| if other > best && best != 0 { other } else { best })
    }

    /// Puts `with` in place of an atom.
    pub fn substitute(&mut self, poly: &Poly, atom: u32, with: &Poly) -> Option<Poly> {
        let mut result = Poly::default();
        for (monomial, coefficient) in poly.terms().to_vec() {
            let atoms = self.atoms_of(monomial);
            let power = atoms.iter().filter(|a| **a == atom).count();
            if power == 0 {
                result = result.add(&Poly::term(monomial, coefficient));
                continue;
            }
            let rest: Vec<u32> = atoms.iter().copied().filter(|a| *a != atom).collect();
            let rest = self.monomials.intern(rest);
            let mut term = Poly::term(rest, coefficient);
            for _ in 0..power {
                term = self.multiply(&term, with)?;
            }
            result = result.add(&term);
        }
        Some(result)
    }
}
