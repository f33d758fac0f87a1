//! Resolved types, and what generic parameters stand for.

use crate::ir::Scalar;
use std::fmt;
use std::sync::Arc;

/// A type with every generic parameter replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    /// A scalar.
    Scalar(Scalar),
    /// `()`
    Unit,
    /// `(A, B)`
    Tuple(Vec<Ty>),
    /// `[T; N]`
    Array(Box<Ty>, u64),
    /// `[T]`: a buffer or workgroup array.
    Slice(Box<Ty>),
    /// A struct of the program.
    Struct(Arc<StructTy>),
    /// A compile-time enum.
    Enum(String),
    /// A compile-time string.
    Str,
    /// A handle or closure: fixed at compile time, of no type that can be written.
    Opaque,
}

/// A struct and its generic arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructTy {
    /// The struct's name.
    pub name: String,
    /// In order of its generic parameters.
    pub arguments: Vec<Argument>,
}

/// What a generic parameter stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A type.
    Type(Ty),
    /// An integer.
    Const(i128),
    /// A truth value; printed as 1 or 0, as launchers select it.
    Truth(bool),
    /// A variant of a compile-time enum.
    Variant(String, String),
}

impl Argument {
    /// As the runtime's labels have it: a variant without its enum. Truth values are compile-time
    /// integers there, so that `CAUSAL = [true, false]` reads `1` and `0`.
    pub fn label(&self) -> String {
        match self {
            Argument::Variant(_, variant) => variant.clone(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Scalar(scalar) => f.write_str(scalar.name()),
            Ty::Unit => f.write_str("()"),
            Ty::Tuple(items) => {
                let items: Vec<String> = items.iter().map(Ty::to_string).collect();
                write!(f, "({})", items.join(", "))
            }
            Ty::Array(item, len) => write!(f, "[{item}; {len}]"),
            Ty::Slice(item) => write!(f, "[{item}]"),
            Ty::Struct(ty) => {
                f.write_str(&ty.name)?;
                if ty.arguments.is_empty() {
                    return Ok(());
                }
                let arguments: Vec<String> = ty.arguments.iter().map(Argument::to_string).collect();
                write!(f, "<{}>", arguments.join(", "))
            }
            Ty::Enum(name) => f.write_str(name),
            Ty::Str => f.write_str("str"),
            Ty::Opaque => f.write_str("a compile-time handle"),
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Argument::Type(ty) => ty.fmt(f),
            Argument::Const(value) => value.fmt(f),
            Argument::Truth(value) => u8::from(*value).fmt(f),
            Argument::Variant(name, variant) => write!(f, "{name}::{variant}"),
        }
    }
}
