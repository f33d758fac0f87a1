//! Patterns of `let`, closures, `for` and `match`.

use super::value::{Slot, Val};
use super::{Eval, Lowerer};
use crate::ast::{Literal, Pattern};
use crate::diag::catalog::types::TYPE_MISMATCH;
use crate::ir::Span;

impl<'a> Lowerer<'_, 'a> {
    /// Binds the names of a pattern to the parts of a value.
    pub(super) fn bind_pattern(
        &mut self,
        pattern: &'a Pattern,
        value: Val<'a>,
        span: Span,
    ) -> Eval<'a, ()> {
        match (pattern, value) {
            (Pattern::Name(name, false), value) => {
                self.frame.bind(&name.name, Slot::Value(value));
                Ok(())
            }
            (Pattern::Name(name, true), value) => {
                let slot = self.mutable(&name.name, value, name.span)?;
                self.frame.bind(&name.name, slot);
                Ok(())
            }
            (Pattern::Wildcard(_), _) => Ok(()),
            (Pattern::Tuple(patterns, _), Val::Tuple(values) | Val::Array(values))
                if patterns.len() == values.len() =>
            {
                for (pattern, value) in patterns.iter().zip(values) {
                    self.bind_pattern(pattern, value, span)?;
                }
                Ok(())
            }
            (_, value) => {
                let ty = value.ty(&self.builder.module);
                self.error(&TYPE_MISMATCH, span, format!("this pattern does not fit {ty}"))
            }
        }
    }

    /// Whether a compile-time value matches; binds names if it does. `None`: not known now.
    pub(super) fn matches(
        &mut self,
        pattern: &'a Pattern,
        value: &Val<'a>,
    ) -> Eval<'a, Option<bool>> {
        Ok(match pattern {
            Pattern::Wildcard(_) => Some(true),
            Pattern::Name(name, _) => {
                if let Val::Variant(ty, variant) = value
                    && self
                        .program
                        .enumeration(ty)
                        .is_some_and(|e| e.variants.iter().any(|v| v.name == name.name))
                {
                    return Ok(Some(*variant == name.name));
                }
                self.frame.bind(&name.name, Slot::Value(value.clone()));
                Some(true)
            }
            Pattern::Path(path) => match (value, path.last()) {
                (Val::Variant(_, variant), Some(last)) => Some(*variant == last.name),
                _ => None,
            },
            Pattern::Literal(Literal::Int(wanted, _), _) => value.as_int().map(|v| v == *wanted),
            Pattern::Literal(Literal::Bool(wanted), _) => {
                value.as_int().map(|v| (v != 0) == *wanted)
            }
            Pattern::Literal(..) => None,
            Pattern::Or(patterns, _) => {
                let mut unknown = false;
                for pattern in patterns {
                    match self.matches(pattern, value)? {
                        Some(true) => return Ok(Some(true)),
                        Some(false) => {}
                        None => unknown = true,
                    }
                }
                if unknown { None } else { Some(false) }
            }
            Pattern::Tuple(patterns, _) => match value {
                Val::Tuple(values) if values.len() == patterns.len() => {
                    let mut all = Some(true);
                    for (pattern, value) in patterns.iter().zip(values) {
                        match self.matches(pattern, value)? {
                            Some(false) => return Ok(Some(false)),
                            Some(true) => {}
                            None => all = None,
                        }
                    }
                    all
                }
                _ => None,
            },
        })
    }
}
