//! Blocks and `let`.

use super::ty::Ty;
use super::value::{Slot, Val};
use super::{Eval, Lowerer, Stop};
use crate::ast::{Block, Pattern, Statement};

impl<'a> Lowerer<'_, 'a> {
    /// `{ statements; value }` in a scope of its own. After a mistake the next statement is still
    /// looked at, so that one pass finds several.
    pub(super) fn block(&mut self, block: &'a Block, expected: Option<&Ty>) -> Eval<'a> {
        self.in_scope(|this| {
            let mut failed = false;
            for statement in &block.statements {
                match this.statement(statement) {
                    Ok(Val::Never) => return Ok(Val::Never),
                    Ok(_) => {}
                    Err(Stop::Error) => {
                        failed = true;
                        this.poison(statement);
                    }
                    Err(stop) => return Err(stop),
                }
            }
            let value = match &block.value {
                Some(value) => this.eval(value, expected),
                None => Ok(Val::Unit),
            };
            if failed { Err(Stop::Error) } else { value }
        })
    }

    fn statement(&mut self, statement: &'a Statement) -> Eval<'a> {
        match statement {
            Statement::Expression(expr) => self.eval(expr, None),
            Statement::Const(item) => {
                let ty = self.resolve(&item.ty)?;
                let value = self.eval_as(&item.value, Some(&ty))?;
                self.frame.bind(&item.name.name, Slot::Value(value));
                Ok(Val::Unit)
            }
            Statement::Let { pattern, ty, value, span } => {
                let ty = match ty {
                    Some(ty) => self.resolve_hint(ty)?,
                    None => None,
                };
                match (value, &ty) {
                    (Some(value), ty) => {
                        let value = self.eval_as(value, ty.as_ref())?;
                        if matches!(value, Val::Never) {
                            return Ok(Val::Never);
                        }
                        if let (Val::Shared(id), Pattern::Name(name, _)) = (&value, pattern) {
                            self.name_shared(*id, &name.name);
                        }
                        self.bind_pattern(pattern, value, *span)?;
                    }
                    (None, Some(ty)) => {
                        if let Pattern::Name(name, _) = pattern {
                            let slot = self.uninitialised(&name.name, ty, *span)?;
                            self.frame.bind(&name.name, slot);
                        }
                    }
                    (None, None) => {
                        return self.error_help(
                            &crate::diag::catalog::types::UNTYPED_MUTABLE,
                            *span,
                            "a variable without a value needs a type".to_owned(),
                            "write `let x: f32;` or give it a value".to_owned(),
                        );
                    }
                }
                Ok(Val::Unit)
            }
        }
    }

    /// Binds what a failed `let` would have bound, so that its uses are not reported as well.
    fn poison(&mut self, statement: &'a Statement) {
        if let Statement::Let { pattern, .. } = statement {
            self.poison_pattern(pattern);
        }
    }

    fn poison_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::Name(name, _) => self.frame.bind(&name.name, Slot::Value(Val::Poison)),
            Pattern::Tuple(items, _) => items.iter().for_each(|p| self.poison_pattern(p)),
            _ => {}
        }
    }
}
