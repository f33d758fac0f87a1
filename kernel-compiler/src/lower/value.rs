//! What expressions evaluate to while a kernel is lowered: compile-time structure over run-time scalars.

use super::program::Layer;
use super::ty::{Argument, StructTy, Ty};
use crate::ast;
use crate::ir::{FragmentId, LocalId, Module, Operand, ParamId, ParamKind, Scalar, SharedId};
use std::collections::HashMap;
use std::sync::Arc;

/// A value. Aggregates exist only here; the IR sees their scalars.
#[derive(Debug, Clone)]
pub enum Val<'a> {
    /// `()`
    Unit,
    /// Control does not come here (after `break`, `continue`, `return`).
    Never,
    /// Something that was already reported as wrong.
    Poison,
    /// An integer literal without a type: takes the type of its place.
    Int(i128),
    /// A float literal without a type.
    Float(f64),
    /// A compile-time string.
    Str(&'a str),
    /// A typed scalar.
    Scalar(Operand, Scalar),
    /// What two branches left in a local: read once, right after the branch.
    Joined(LocalId, Scalar),
    /// A tuple.
    Tuple(Vec<Val<'a>>),
    /// An array in registers.
    Array(Vec<Val<'a>>),
    /// A struct in registers.
    Struct(Arc<StructTy>, Vec<Val<'a>>),
    /// A variant of a compile-time enum.
    Variant(String, String),
    /// A buffer parameter.
    Buffer(ParamId),
    /// A tensor-map parameter.
    TensorMap(ParamId),
    /// A workgroup array.
    Shared(SharedId),
    /// A portable matrix fragment.
    Fragment(FragmentId),
    /// A closure.
    Closure(Arc<Closure<'a>>),
    /// A range, for `for`.
    Range(Box<RangeVal<'a>>),
}

/// A range and how it is walked.
#[derive(Debug, Clone)]
pub struct RangeVal<'a> {
    /// First value.
    pub start: Val<'a>,
    /// Exclusive end.
    pub end: Val<'a>,
    /// Distance, `None` for 1.
    pub step: Option<Val<'a>>,
    /// Largest first.
    pub reverse: bool,
    /// Unrolled at compile time.
    pub unrolled: bool,
}

/// A closure with the variables it saw.
#[derive(Debug, Clone)]
pub struct Closure<'a> {
    /// Its parameters.
    pub params: &'a [ast::Pattern],
    /// Its body.
    pub body: &'a ast::Expr,
    /// Where it was written.
    pub frame: Frame<'a>,
}

/// What a function body sees: variables by scope, and its generics.
#[derive(Debug, Clone, Default)]
pub struct Frame<'a> {
    /// Innermost scope last.
    pub scopes: Vec<HashMap<&'a str, Slot<'a>>>,
    /// Generic parameters by name.
    pub generics: HashMap<&'a str, Argument>,
    /// `Self`.
    pub self_ty: Option<Arc<StructTy>>,
    /// Where names are looked for first.
    pub layer: Layer,
}

/// Where a variable lives.
#[derive(Debug, Clone)]
pub enum Slot<'a> {
    /// Immutable.
    Value(Val<'a>),
    /// A mutable scalar.
    Local(LocalId, Scalar),
    /// A mutable tuple.
    Tuple(Vec<Slot<'a>>),
    /// A mutable array.
    Array(Vec<Slot<'a>>),
    /// A mutable struct.
    Struct(Arc<StructTy>, Vec<Slot<'a>>),
}

impl<'a> Val<'a> {
    /// A constant scalar.
    pub fn constant(c: crate::ir::Const) -> Val<'a> {
        Val::Scalar(Operand::Const(c), c.ty)
    }

    /// A truth value known at compile time.
    pub fn bool(value: bool) -> Val<'a> {
        Val::constant(crate::ir::Const::bool(value))
    }

    /// The integer (or truth value), if it is known at compile time.
    pub fn as_int(&self) -> Option<i128> {
        match self {
            Val::Int(value) => Some(*value),
            Val::Scalar(operand, _) => operand.as_int(),
            _ => None,
        }
    }

    /// The type.
    pub fn ty(&self, module: &Module) -> Ty {
        match self {
            Val::Unit | Val::Never | Val::Poison => Ty::Unit,
            Val::Int(_) => Ty::Scalar(Scalar::I32),
            Val::Float(_) => Ty::Scalar(Scalar::F32),
            Val::Str(_) => Ty::Str,
            Val::Scalar(_, scalar) | Val::Joined(_, scalar) => Ty::Scalar(*scalar),
            Val::Tuple(items) => Ty::Tuple(items.iter().map(|v| v.ty(module)).collect()),
            Val::Array(items) => {
                let item = items.first().map_or(Ty::Unit, |v| v.ty(module));
                Ty::Array(Box::new(item), items.len() as u64)
            }
            Val::Struct(ty, _) => Ty::Struct(Arc::clone(ty)),
            Val::Variant(name, _) => Ty::Enum(name.clone()),
            Val::Buffer(param) => match &module.params[param.index()].kind {
                ParamKind::Buffer { element, .. } => Ty::Slice(Box::new(Ty::Scalar(*element))),
                ParamKind::Scalar(_) | ParamKind::TensorMap { .. } => Ty::Opaque,
            },
            Val::Shared(id) => Ty::Slice(Box::new(Ty::Scalar(module.shared[id.index()].element))),
            Val::TensorMap(_) | Val::Fragment(_) | Val::Closure(_) | Val::Range(_) => Ty::Opaque,
        }
    }
}

impl<'a> Frame<'a> {
    /// Binds a name in the innermost scope.
    pub fn bind(&mut self, name: &'a str, slot: Slot<'a>) {
        if self.scopes.is_empty() {
            self.scopes.push(HashMap::new());
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, slot);
        }
    }

    /// Finds a variable.
    pub fn find(&self, name: &str) -> Option<&Slot<'a>> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }
}
