//! Atoms: quantities that are not sums or products of others.

use super::Poly;
use crate::ir::Operand;

/// A non-negative integer.
#[derive(Debug, Clone)]
pub(in crate::verify) struct Atom {
    /// What it is made from.
    pub kind: Kind,
    /// It is at most this.
    pub high: i128,
    /// It is a multiple of this.
    pub multiple: u64,
    /// Polynomials in it and older atoms that are not negative.
    pub facts: Vec<Poly>,
}

/// What an atom is made from.
#[derive(Debug, Clone)]
pub(in crate::verify) enum Kind {
    /// Nothing that is known.
    Opaque,
    /// The polynomial, if that is not negative; anything otherwise.
    Wrap(Poly),
    /// `condition ? a : b`
    Select(Operand, Poly, Poly),
    /// The larger one.
    Max(Poly, Poly),
    /// `a / b`, rounded down.
    Quotient(Poly, Poly),
}
