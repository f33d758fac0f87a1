//! What describes a family: keys, templates, fields of tiles.

use crate::target::Target;

/// A family: what its macro's calls look like, and what they instantiate.
#[derive(Debug)]
pub struct Family {
    /// The macro's name.
    pub name: &'static str,
    /// Keys beside `tiles` and `crate`, in the order in which cases are made of them.
    pub keys: &'static [Key],
    /// Of those whose options hold, the first that serves an arm's target is taken. Templates that one
    /// call may mix have the same parameters.
    pub templates: &'static [Template],
}

/// A key of a call.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub role: Role,
    /// The value of a call without this key; `None` where it must be given.
    pub default: Option<&'static str>,
}

/// What the values of a key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Element types of the template's type parameter of this name.
    Element(&'static str),
    /// Values of the template's const parameter of this name.
    Value(&'static str),
    /// One of these words: it chooses the template, and guards see it.
    Option(&'static [&'static str]),
    /// Quantisation formats: values of the template's const parameter of this name, a `Format`.
    Format(&'static str),
    /// One of two words, "no" and "yes" of the template's const parameter of this name, where it has one; or
    /// one of the others, which only choose the template.
    Flag(&'static str, [&'static str; 2], &'static [&'static str]),
}

/// A file of templates: its name, for messages, and its text.
pub type File = (&'static str, &'static str);

/// A kernel of a template file.
#[derive(Debug)]
pub struct Template {
    /// Its files, the kernel's own first.
    pub files: &'static [File],
    /// The kernel in it.
    pub kernel: &'static str,
    /// Options of the call for which it is there: key and value.
    pub options: &'static [(&'static str, &'static str)],
    /// The targets whose arms it takes.
    pub serves: fn(Target) -> bool,
    /// The fields of a tile.
    pub fields: &'static [Field],
}

/// A field of a tile: a const parameter of the template.
#[derive(Debug)]
pub struct Field {
    /// Its name in a tile.
    pub name: &'static str,
    /// The template's const parameter.
    pub generic: &'static str,
    /// Smallest and largest value.
    pub range: (u32, u32),
    /// Values are multiples of this.
    pub step: u32,
    /// The value of a tile without this field; `None` where it must be given.
    pub default: Option<u32>,
    /// The field to shrink where a tile needs more memory than there is.
    pub shrinks: bool,
}

impl Field {
    pub(super) const fn new(
        name: &'static str,
        generic: &'static str,
        range: (u32, u32),
        step: u32,
        default: Option<u32>,
    ) -> Field {
        Field { name, generic, range, step, default, shrinks: false }
    }

    pub(super) const fn shrinks(self) -> Field {
        Field { shrinks: true, ..self }
    }
}

/// Serves every target.
pub(super) fn every(_target: Target) -> bool {
    true
}

/// Serves Hopper with its own instructions (`sm_90a`).
pub(super) fn hopper(target: Target) -> bool {
    matches!(target, Target::Ptx(ptx) if ptx.exact && ptx.sm == 90)
}
