//! Exact integer arithmetic on symbols: polynomials over non-negative atoms.

mod atom;
mod poly;
mod prove;
mod quotient;
mod symbols;

use atom::Atom;
pub(super) use atom::Kind;
use poly::Monomial;
pub(super) use poly::Poly;
pub(super) use symbols::{Symbols, gcd};
