//! Division of polynomials, rounded down.

use super::symbols::gcd;
use super::{Kind, Poly, Symbols};

impl Symbols {
    /// Quotient and remainder of two values that are not negative. By 0 both are 0: where the divisor is
    /// not known to be at least 1, nothing is said that does not hold then, too.
    pub fn divide(&mut self, number: &Poly, divisor: &Poly) -> Option<(Poly, Poly)> {
        if divisor.as_constant() == Some(1) {
            return Some((number.clone(), Poly::default()));
        }
        if divisor.as_constant().is_some_and(|d| d <= 0) {
            return None;
        }
        let positive = divisor.as_constant().is_some() || self.is_positive(divisor);
        if !positive {
            return self.atoms_of_division(number, divisor, false);
        }
        let (whole, rest) = self.split(number, divisor);
        if rest.terms().is_empty() {
            return Some((whole, rest));
        }
        let below = divisor.sub(&rest).add_constant(-1);
        if self.proves_quickly(&rest) && self.proves_quickly(&below) {
            return Some((whole, rest));
        }
        let (whole, rest) = match self.proves_quickly(&rest) {
            true => (whole, rest),
            false => (Poly::default(), number.clone()),
        };
        let (quotient, remainder) = self.atoms_of_division(&rest, divisor, true)?;
        Some((whole.add(&quotient), remainder))
    }

    /// The part that the divisor divides term by term, divided, and what is left.
    fn split(&mut self, number: &Poly, divisor: &Poly) -> (Poly, Poly) {
        let (mut whole, mut rest) = (Poly::default(), Poly::default());
        let [(by, unit)] = divisor.terms() else { return (whole, number.clone()) };
        for (monomial, coefficient) in number.terms() {
            let quotient = self.monomials.divide(*monomial, *by);
            match quotient {
                Some(m) if m.0 == 0 => {
                    whole = whole.add_constant(coefficient.div_euclid(*unit));
                    let left = coefficient.rem_euclid(*unit);
                    rest = rest.add(&Poly::term(*monomial, left));
                }
                Some(m) if coefficient % unit == 0 => {
                    whole = whole.add(&Poly::term(m, coefficient / unit));
                }
                _ => rest = rest.add(&Poly::term(*monomial, *coefficient)),
            }
        }
        (whole, rest)
    }

    fn atoms_of_division(
        &mut self,
        number: &Poly,
        divisor: &Poly,
        positive: bool,
    ) -> Option<(Poly, Poly)> {
        let key = (number.clone(), divisor.clone(), positive);
        if let Some(known) = self.quotients.get(&key) {
            return Some(known.clone());
        }
        let constant = divisor.as_constant();
        let most = self.high(number);
        let kind = Kind::Quotient(number.clone(), divisor.clone());
        let quotient = self.atom(kind, most / constant.unwrap_or(1), 1);
        let covered = self.multiply(&quotient, divisor)?;
        let left = number.sub(&covered);
        self.fact_of_newest(left.clone());
        if positive {
            self.fact_of_newest(divisor.add_constant(-1).sub(&left));
        }
        let multiple = match constant {
            Some(d) => gcd(self.multiple(number), u64::try_from(d).unwrap_or(1)),
            None => gcd(self.multiple(number), self.multiple(divisor)),
        };
        let high = most.min(self.high(divisor) - 1).max(0);
        let remainder = self.atom(Kind::Opaque, high, multiple);
        if positive {
            self.fact_of_newest(divisor.add_constant(-1).sub(&remainder));
        }
        self.fact_of_newest(left.sub(&remainder));
        if positive {
            self.fact_of_newest(remainder.sub(&left));
        }
        let result = (quotient, remainder);
        self.quotients.insert(key, result.clone());
        Some(result)
    }

    /// Whether a divisor is at least 1: if one of its factors were 0, some fact would be violated.
    fn is_positive(&mut self, divisor: &Poly) -> bool {
        if self.proves_quickly(&divisor.add_constant(-1)) {
            return true;
        }
        let [(monomial, coefficient)] = divisor.terms() else { return false };
        if *coefficient <= 0 {
            return false;
        }
        let factors = self.atoms_of(*monomial).to_vec();
        factors.into_iter().all(|factor| self.is_never_zero(factor))
    }

    fn is_never_zero(&mut self, atom: u32) -> bool {
        let facts = self.facts.clone();
        facts.into_iter().any(|fact| match self.substitute(&fact, atom, &Poly::default()) {
            Some(fact) => self.high(&fact) < 0,
            None => false,
        })
    }

    /// The largest value that `number / divisor` may have if `number` is at most `bound`.
    pub(super) fn floor_bound(&mut self, bound: &Poly, divisor: &Poly) -> Option<Poly> {
        let [(by, unit)] = divisor.terms() else { return None };
        let (by, unit) = (*by, *unit);
        let mut whole = Poly::default();
        for (monomial, coefficient) in bound.terms().to_vec() {
            match self.monomials.divide(monomial, by) {
                Some(m) if m.0 == 0 || coefficient % unit == 0 => {
                    whole = whole.add(&Poly::term(m, coefficient.div_euclid(unit)));
                }
                // A negative rest takes one off, as the divisor is at least 1.
                _ if monomial.0 == 0 && coefficient < 0 => whole = whole.add_constant(-1),
                _ if coefficient < 0 => {}
                _ => return None,
            }
        }
        Some(whole)
    }
}
