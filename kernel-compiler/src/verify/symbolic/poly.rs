//! Polynomials with integer coefficients over interned monomials.

use std::collections::HashMap;

/// A product of atoms, by its number in [`Monomials`]; the first is the empty product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::verify) struct Monomial(pub u32);

/// A sum of monomials with coefficients: sorted, without zeros.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::verify) struct Poly {
    terms: Vec<(Monomial, i128)>,
}

/// Coefficients beyond this are given up.
const LIMIT: i128 = 1 << 80;

impl Poly {
    /// A number.
    pub fn constant(value: i128) -> Poly {
        Poly::term(Monomial(0), value)
    }

    /// One monomial with a coefficient.
    pub fn term(monomial: Monomial, coefficient: i128) -> Poly {
        match coefficient {
            0 => Poly::default(),
            _ => Poly { terms: vec![(monomial, coefficient)] },
        }
    }

    /// From sorted terms without zeros.
    pub fn from_terms(terms: Vec<(Monomial, i128)>) -> Poly {
        Poly { terms }
    }

    /// The terms, sorted by monomial.
    pub fn terms(&self) -> &[(Monomial, i128)] {
        &self.terms
    }

    /// The number, if it is one.
    pub fn as_constant(&self) -> Option<i128> {
        match self.terms.as_slice() {
            [] => Some(0),
            [(Monomial(0), value)] => Some(*value),
            _ => None,
        }
    }

    /// The term without atoms.
    pub fn constant_term(&self) -> i128 {
        match self.terms.first() {
            Some((Monomial(0), value)) => *value,
            _ => 0,
        }
    }

    /// The coefficient of a monomial.
    pub fn coefficient(&self, monomial: Monomial) -> i128 {
        let at = self.terms.binary_search_by_key(&monomial, |(m, _)| *m);
        at.ok().and_then(|at| self.terms.get(at)).map_or(0, |(_, c)| *c)
    }

    /// Whether no coefficient is negative: then the value is not, for atoms are not.
    pub fn is_plainly_positive(&self) -> bool {
        self.terms.iter().all(|(_, c)| *c >= 0)
    }

    /// `self + factor * other`.
    pub fn plus(&self, factor: i128, other: &Poly) -> Poly {
        let mut terms = Vec::with_capacity(self.terms.len() + other.terms.len());
        let (mut a, mut b) = (self.terms.iter().peekable(), other.terms.iter().peekable());
        loop {
            let order = match (a.peek(), b.peek()) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((x, _)), Some((y, _))) => x.cmp(y),
            };
            let mut take = (Monomial(0), 0i128);
            if order.is_le()
                && let Some((m, c)) = a.next()
            {
                take = (*m, *c);
            }
            if order.is_ge()
                && let Some((m, c)) = b.next()
            {
                take = (*m, take.1.saturating_add(factor.saturating_mul(*c)));
            }
            if take.1 != 0 {
                terms.push(take);
            }
        }
        Poly { terms }
    }

    /// The sum.
    pub fn add(&self, other: &Poly) -> Poly {
        self.plus(1, other)
    }

    /// The difference.
    pub fn sub(&self, other: &Poly) -> Poly {
        self.plus(-1, other)
    }

    /// Plus a number.
    pub fn add_constant(&self, value: i128) -> Poly {
        self.add(&Poly::constant(value))
    }

    /// Times a number.
    pub fn scale(&self, factor: i128) -> Poly {
        Poly::default().plus(factor, self)
    }

    /// Whether all coefficients are small enough to go on with.
    pub fn is_moderate(&self) -> bool {
        self.terms.len() <= 24 && self.terms.iter().all(|(_, c)| c.abs() < LIMIT)
    }
}

/// All products of atoms seen so far.
#[derive(Debug)]
pub(super) struct Monomials {
    atoms: Vec<Box<[u32]>>,
    known: HashMap<Box<[u32]>, Monomial>,
    products: HashMap<(Monomial, Monomial), Monomial>,
}

impl Default for Monomials {
    fn default() -> Monomials {
        let empty: Box<[u32]> = Box::default();
        Monomials {
            atoms: vec![empty.clone()],
            known: HashMap::from([(empty, Monomial(0))]),
            products: HashMap::new(),
        }
    }
}

impl Monomials {
    /// The atoms of a monomial, sorted, repeated for powers.
    pub fn atoms(&self, monomial: Monomial) -> &[u32] {
        self.atoms.get(monomial.0 as usize).map_or(&[], |atoms| atoms)
    }

    /// The monomial of sorted atoms.
    pub fn intern(&mut self, atoms: Vec<u32>) -> Monomial {
        let atoms = atoms.into_boxed_slice();
        if let Some(known) = self.known.get(&atoms) {
            return *known;
        }
        let monomial = Monomial(self.atoms.len() as u32);
        self.atoms.push(atoms.clone());
        self.known.insert(atoms, monomial);
        monomial
    }

    /// The product of two monomials.
    pub fn multiply(&mut self, a: Monomial, b: Monomial) -> Monomial {
        match (a.0, b.0) {
            (0, _) => return b,
            (_, 0) => return a,
            _ => {}
        }
        let key = (a.min(b), a.max(b));
        if let Some(known) = self.products.get(&key) {
            return *known;
        }
        let mut atoms = self.atoms(a).to_vec();
        atoms.extend_from_slice(self.atoms(b));
        atoms.sort_unstable();
        let product = self.intern(atoms);
        self.products.insert(key, product);
        product
    }

    /// `a / b`, if `b` divides `a`.
    pub fn divide(&mut self, a: Monomial, b: Monomial) -> Option<Monomial> {
        if b.0 == 0 {
            return Some(a);
        }
        let mut left = Vec::new();
        let mut divisor = self.atoms(b).iter().peekable();
        for atom in self.atoms(a) {
            if divisor.peek() == Some(&atom) {
                divisor.next();
            } else {
                left.push(*atom);
            }
        }
        match divisor.peek() {
            None => Some(self.intern(left)),
            Some(_) => None,
        }
    }
}
