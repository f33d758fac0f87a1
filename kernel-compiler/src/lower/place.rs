//! Variables: mutable ones are trees of IR locals.

use super::ty::Ty;
use super::value::{Slot, Val};
use super::{Eval, Lowerer, Stop};
use crate::ast::{Expr, ExprKind};
use crate::diag::catalog::types::{
    DYNAMIC_REGISTER_INDEX, INDEX_OUT_OF_ARRAY, NOT_ASSIGNABLE, UNKNOWN_FIELD, UNTYPED_MUTABLE,
};
use crate::ir::op::Op;
use crate::ir::{Operand, Span, Stmt};
use std::sync::Arc;

impl<'a> Lowerer<'_, 'a> {
    /// The value that a slot holds now.
    pub(super) fn read(&mut self, slot: &Slot<'a>, span: Span) -> Val<'a> {
        match slot {
            Slot::Value(value) => value.clone(),
            Slot::Local(local, ty) => {
                Val::Scalar(self.builder.emit_one(Op::Read(*local), span), *ty)
            }
            Slot::Tuple(items) => Val::Tuple(items.iter().map(|s| self.read(s, span)).collect()),
            Slot::Array(items) => Val::Array(items.iter().map(|s| self.read(s, span)).collect()),
            Slot::Struct(ty, fields) => {
                Val::Struct(Arc::clone(ty), fields.iter().map(|s| self.read(s, span)).collect())
            }
        }
    }

    /// New mutable storage that starts as `value`.
    pub(super) fn mutable(&mut self, name: &str, value: Val<'a>, span: Span) -> Eval<'a, Slot<'a>> {
        Ok(match value {
            Val::Int(v) => {
                return self.error_help(
                    &UNTYPED_MUTABLE,
                    span,
                    format!("the mutable variable `{name}` needs a type"),
                    format!("write {v}u32, {v}i32 or `let mut {name}: T = {v}`"),
                );
            }
            Val::Float(_) => {
                let (operand, ty) = self.any_scalar(value, span)?;
                self.mutable(name, Val::Scalar(operand, ty), span)?
            }
            Val::Scalar(operand, ty) => {
                let local = self.builder.local(ty, name, span);
                self.builder.push(Stmt::Assign { local, value: operand, span });
                Slot::Local(local, ty)
            }
            Val::Tuple(items) => Slot::Tuple(self.mutable_all(name, items, span)?),
            Val::Array(items) => Slot::Array(self.mutable_all(name, items, span)?),
            Val::Struct(ty, fields) => Slot::Struct(ty, self.mutable_all(name, fields, span)?),
            handle => Slot::Value(handle),
        })
    }

    fn mutable_all(
        &mut self,
        name: &str,
        values: Vec<Val<'a>>,
        span: Span,
    ) -> Eval<'a, Vec<Slot<'a>>> {
        let named = |i: usize| format!("{name}_{i}");
        values.into_iter().enumerate().map(|(i, v)| self.mutable(&named(i), v, span)).collect()
    }

    /// Mutable storage of a type, not yet assigned.
    pub(super) fn uninitialised(&mut self, name: &str, ty: &Ty, span: Span) -> Eval<'a, Slot<'a>> {
        Ok(match ty {
            Ty::Scalar(scalar) => Slot::Local(self.builder.local(*scalar, name, span), *scalar),
            Ty::Unit => Slot::Value(Val::Unit),
            Ty::Tuple(items) => {
                let slots: Eval<'a, Vec<_>> =
                    items.iter().map(|t| self.uninitialised(name, t, span)).collect();
                Slot::Tuple(slots?)
            }
            Ty::Array(item, len) => {
                let slots: Eval<'a, Vec<_>> =
                    (0..*len).map(|_| self.uninitialised(name, item, span)).collect();
                Slot::Array(slots?)
            }
            other => {
                return self.error(
                    &NOT_ASSIGNABLE,
                    span,
                    format!("`{name}` is {other}: it must be given its value where it is declared"),
                );
            }
        })
    }

    /// Writes `value` to a slot, leaf by leaf.
    pub(super) fn write(&mut self, slot: &Slot<'a>, value: Val<'a>, span: Span) -> Eval<'a, ()> {
        match (slot, value) {
            (_, Val::Poison) => Err(Stop::Error),
            (_, Val::Never) => Ok(()),
            (Slot::Local(local, ty), value) => {
                let value = self.scalar(value, *ty, span)?;
                self.builder.push(Stmt::Assign { local: *local, value, span });
                Ok(())
            }
            (Slot::Tuple(slots), Val::Tuple(values))
            | (Slot::Array(slots), Val::Array(values))
            | (Slot::Struct(_, slots), Val::Struct(_, values))
                if slots.len() == values.len() =>
            {
                slots.iter().zip(values).try_for_each(|(s, v)| self.write(s, v, span))
            }
            (Slot::Value(Val::Unit), Val::Unit) => Ok(()),
            (Slot::Value(_), _) => self.error_help(
                &NOT_ASSIGNABLE,
                span,
                "this variable cannot be assigned".to_owned(),
                "declare it with `let mut`, or keep it a compile-time value".to_owned(),
            ),
            (_, value) => {
                let ty = value.ty(&self.builder.module);
                self.error(
                    &crate::diag::catalog::types::TYPE_MISMATCH,
                    span,
                    format!("a value of type {ty} does not fit this variable"),
                )
            }
        }
    }

    /// The slot that an expression names, if it names one: `x`, `x.field`, `x[2]`, `*x`, `&mut x`.
    pub(super) fn place(&mut self, expr: &'a Expr) -> Eval<'a, Option<Slot<'a>>> {
        match &expr.kind {
            ExprKind::Path(path) => Ok(match path.segments.as_slice() {
                [(name, arguments)] if arguments.is_empty() => self.frame.find(&name.name).cloned(),
                _ => None,
            }),
            ExprKind::Reference(inner) => self.place(inner),
            ExprKind::Unary(crate::ast::UnaryOperator::Deref, inner) => self.place(inner),
            ExprKind::Field(base, field) => {
                let Some(slot) = self.place(base)? else { return Ok(None) };
                match slot {
                    Slot::Struct(ty, slots) => {
                        let at = self.field_position(&ty, field)?;
                        Ok(slots.get(at).cloned())
                    }
                    Slot::Tuple(slots) => Ok(self.tuple_field(&slots, field)?.cloned()),
                    Slot::Value(value) => self.field(value, field).map(|v| Some(Slot::Value(v))),
                    Slot::Local(..) | Slot::Array(_) => Ok(None),
                }
            }
            ExprKind::Index(base, index) => {
                let Some(slot) = self.place(base)? else { return Ok(None) };
                let Slot::Array(slots) = slot else { return Ok(None) };
                let at = self.eval(index, None)?;
                let at = self.register_index(&at, slots.len(), index.span)?;
                Ok(slots.get(at).cloned())
            }
            _ => Ok(None),
        }
    }

    /// A constant index into `len` registers.
    pub(super) fn register_index(
        &mut self,
        index: &Val<'a>,
        len: usize,
        span: Span,
    ) -> Eval<'a, usize> {
        let Some(at) = index.as_int() else {
            if matches!(index, Val::Poison) {
                return Err(Stop::Error);
            }
            return self.error_help(
                &DYNAMIC_REGISTER_INDEX,
                span,
                "an array in registers needs an index known at compile time".to_owned(),
                "unroll the loop with `for i in unroll(0..N)`, or keep the array in `shared`"
                    .to_owned(),
            );
        };
        match usize::try_from(at) {
            Ok(at) if at < len => Ok(at),
            _ => self.error(
                &INDEX_OUT_OF_ARRAY,
                span,
                format!("index {at} is beyond the end of an array of {len}"),
            ),
        }
    }

    /// `value.field`.
    pub(super) fn field(&mut self, value: Val<'a>, field: &crate::ast::Ident) -> Eval<'a> {
        match value {
            Val::Poison => Err(Stop::Error),
            Val::Struct(ty, fields) => {
                let at = self.field_position(&ty, field)?;
                Ok(fields.into_iter().nth(at).unwrap_or(Val::Poison))
            }
            Val::Tuple(items) => {
                Ok(self.tuple_field(&items, field)?.cloned().unwrap_or(Val::Poison))
            }
            other => {
                let ty = other.ty(&self.builder.module);
                self.error(
                    &UNKNOWN_FIELD,
                    field.span,
                    format!("{ty} has no field `{}`", field.name),
                )
            }
        }
    }

    fn tuple_field<'s, T>(
        &mut self,
        items: &'s [T],
        field: &crate::ast::Ident,
    ) -> Eval<'a, Option<&'s T>> {
        match field.name.parse::<usize>().ok().and_then(|at| items.get(at)) {
            Some(item) => Ok(Some(item)),
            None => self.error(
                &UNKNOWN_FIELD,
                field.span,
                format!("a tuple of {} has no field `{}`", items.len(), field.name),
            ),
        }
    }

    fn field_position(
        &mut self,
        ty: &super::ty::StructTy,
        field: &crate::ast::Ident,
    ) -> Eval<'a, usize> {
        let fields = self.program.structure(&ty.name).map(|s| s.fields.as_slice()).unwrap_or(&[]);
        if let Some(at) = fields.iter().position(|(name, _)| name.name == field.name) {
            return Ok(at);
        }
        let known: Vec<&str> = fields.iter().map(|(name, _)| name.name.as_str()).collect();
        self.error_help(
            &UNKNOWN_FIELD,
            field.span,
            format!("`{}` has no field `{}`", ty.name, field.name),
            format!("it has: {}", known.join(", ")),
        )
    }

    /// The locals of a mutable array, for instructions that work on registers in place.
    pub(super) fn locals_of(
        &mut self,
        slot: &Slot<'a>,
        span: Span,
    ) -> Eval<'a, Vec<crate::ir::LocalId>> {
        match slot {
            Slot::Local(local, _) => Ok(vec![*local]),
            Slot::Tuple(slots) | Slot::Array(slots) | Slot::Struct(_, slots) => {
                let mut all = Vec::new();
                for slot in slots {
                    all.extend(self.locals_of(slot, span)?);
                }
                Ok(all)
            }
            Slot::Value(_) => self.error(
                &NOT_ASSIGNABLE,
                span,
                "this operation works in place: it needs a variable declared with `let mut`"
                    .to_owned(),
            ),
        }
    }

    /// All scalars of a value, in order.
    pub(super) fn leaves(&mut self, value: Val<'a>, span: Span) -> Eval<'a, Vec<Operand>> {
        match value {
            Val::Tuple(items) | Val::Array(items) | Val::Struct(_, items) => {
                let mut all = Vec::new();
                for item in items {
                    all.extend(self.leaves(item, span)?);
                }
                Ok(all)
            }
            Val::Unit => Ok(Vec::new()),
            other => Ok(vec![self.any_scalar(other, span)?.0]),
        }
    }
}
