//! Where the fields of a block lie.
//!
//! Fields follow each other without gaps. A packed matrix has them in planes: consecutive fields of one
//! number each share a plane, an array has one of its own.

use super::declaration::{Split, WrittenField};
use crate::ast::Ident;
use crate::diag::catalog::attribute::DUPLICATE_KEY;
use crate::diag::catalog::format::{DECLARATION, FIELD_TYPE, LAYOUT};
use crate::diag::suggest::did_you_mean;
use crate::parse::Parser;
use syn::spanned::Spanned;

/// What a field's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    F16,
    Bf16,
    F32,
    /// A power of two: `2^(x - 127)`.
    E8M0,
    Unsigned(u32),
    Signed(u32),
}

/// The names of the types.
const NAMES: [&str; 21] = [
    "f16", "bf16", "f32", "e8m0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u16", "i2",
    "i3", "i4", "i5", "i6", "i7", "i8", "i16",
];

impl Kind {
    fn from_name(name: &str) -> Option<Kind> {
        match name {
            "f16" => return Some(Kind::F16),
            "bf16" => return Some(Kind::Bf16),
            "f32" => return Some(Kind::F32),
            "e8m0" => return Some(Kind::E8M0),
            _ => {}
        }
        if !NAMES.contains(&name) {
            return None;
        }
        let (sign, bits) = name.split_at_checked(1)?;
        let bits = bits.parse().ok()?;
        Some(if sign == "u" { Kind::Unsigned(bits) } else { Kind::Signed(bits) })
    }

    /// Bits of one number.
    pub(super) fn bits(self) -> u32 {
        match self {
            Kind::F32 => 32,
            Kind::F16 | Kind::Bf16 => 16,
            Kind::E8M0 => 8,
            Kind::Unsigned(bits) | Kind::Signed(bits) => bits,
        }
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Kind::F16 | Kind::Bf16 | Kind::F32 | Kind::E8M0)
    }

    /// Smallest and largest value of an integer.
    pub(super) fn range(self) -> (i64, i64) {
        match self {
            Kind::Unsigned(bits) => (0, (1 << bits) - 1),
            Kind::Signed(bits) => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
            _ => (0, 0),
        }
    }
}

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    pub name: Ident,
    pub kind: Kind,
    /// Numbers of an array.
    pub len: Option<u32>,
    /// Numbers that share a run of bytes: the first byte has the first number in its lowest bits, and in
    /// the bits above a number of the run's next part. `None`: numbers follow each other bit by bit.
    pub split: Option<u32>,
    pub plane: usize,
    /// First byte within its plane's part of a block.
    pub offset: u32,
}

impl Field {
    /// Bytes of the field in one block.
    pub(super) fn bytes(&self) -> u32 {
        self.kind.bits() * self.len.unwrap_or(1) / 8
    }
}

/// One field, or several of one number, of all blocks together.
#[derive(Debug)]
pub(super) struct Plane {
    pub name: String,
    /// Bytes of one block.
    pub bytes: u32,
}

/// The places of the fields; what is wrong with them is in the parser's report.
pub(super) fn place(
    written: &[WrittenField],
    parser: &mut Parser<'_>,
) -> Option<(Vec<Field>, Vec<Plane>)> {
    let (mut fields, mut planes): (Vec<Field>, Vec<Plane>) = (Vec::new(), Vec::new());
    let mut right = true;
    for (at, one) in written.iter().enumerate() {
        let name = parser.ident(&one.name);
        if written[..at].iter().any(|other| other.name == one.name) {
            let message = format!("`{}` is given twice", name.name);
            parser.report(&DUPLICATE_KEY, name.span, message, "keep one of them");
            right = false;
        }
        let Some(mut field) = field(one, name, parser) else {
            right = false;
            continue;
        };
        let bytes = field.bytes();
        let joins = field.len.is_none() && fields.last().is_some_and(|last| last.len.is_none());
        match planes.last_mut() {
            Some(plane) if joins => {
                field.offset = plane.bytes;
                plane.bytes += bytes;
            }
            _ => planes.push(Plane { name: field.name.name.clone(), bytes }),
        }
        field.plane = planes.len() - 1;
        fields.push(field);
    }
    (right && !fields.is_empty()).then_some((fields, planes))
}

fn field(written: &WrittenField, name: Ident, parser: &mut Parser<'_>) -> Option<Field> {
    let element = written.element.to_string();
    let span = parser.span(written.element.span());
    let Some(kind) = Kind::from_name(&element) else {
        let message = format!("a layout has no `{element}`");
        let all = "there are f16, bf16, f32, e8m0, u1 to u8, u16, i2 to i8, i16 and arrays of them";
        parser.report(&FIELD_TYPE, span, message, did_you_mean(&element, NAMES, all));
        return None;
    };
    let bits = kind.bits();
    let Some(len) = &written.len else {
        if !bits.is_multiple_of(8) {
            let message = format!("`{}` is {bits} bits, and a field begins at a byte", name.name);
            let help = format!("make it an array of whole bytes: [{element}; {}]", 8 / gcd(bits));
            parser.report(&LAYOUT, span, message, help);
            return None;
        }
        if let Some(split) = &written.split {
            let span = parser.span(split.word.span());
            let message = format!("`{}` is one number: nothing is split", name.name);
            parser.report(&LAYOUT, span, message, "leave `split` out");
        }
        return Some(Field { name, kind, len: None, split: None, plane: 0, offset: 0 });
    };
    let place = parser.span(len.span());
    let len = number(len, parser)?;
    if len == 0 || len > 4096 || !(bits * len).is_multiple_of(8) {
        let name = &name.name;
        let message = match len {
            0 => format!("`{name}` has no numbers"),
            1..=4096 => format!("`{name}` is {} bits, no whole number of bytes", bits * len),
            _ => format!("`{name}` has {len} numbers, and a field has at most 4096"),
        };
        let help = format!("its length is a multiple of {}, at most 4096", 8 / gcd(bits));
        parser.report(&LAYOUT, place, message, help);
        return None;
    }
    let split = match &written.split {
        Some(split) => Some(group(split, &name.name, bits, len, parser)?),
        None => None,
    };
    Some(Field { name, kind, len: Some(len), split, plane: 0, offset: 0 })
}

/// The greatest common divisor with 8.
fn gcd(bits: u32) -> u32 {
    1 << bits.trailing_zeros().min(3)
}

/// The numbers of a run.
fn group(split: &Split, name: &str, bits: u32, len: u32, parser: &mut Parser<'_>) -> Option<u32> {
    let span = parser.span(split.word.span());
    let right = match bits {
        4 => "halves",
        2 => "quarters",
        1 => "eighths",
        _ => {
            let message = format!("bytes are not split into numbers of {bits} bits");
            parser.report(&LAYOUT, span, message, "numbers of 1, 2 or 4 bits are split");
            return None;
        }
    };
    if split.word != right {
        let message = format!("a byte of `{name}` has {} numbers of {bits} bits", 8 / bits);
        parser.report(&LAYOUT, span, message, format!("write `split {right}`"));
        return None;
    }
    let Some(group) = &split.group else { return Some(len) };
    let span = parser.span(group.span());
    let group = number(group, parser)?;
    if group == 0 || !len.is_multiple_of(group) || !group.is_multiple_of(8 / bits) {
        let message = format!("`{name}` has {len} numbers, no whole runs of {group}");
        let help = format!("a run divides {len} and is a multiple of {}", 8 / bits);
        parser.report(&LAYOUT, span, message, help);
        return None;
    }
    Some(group)
}

/// A literal; a name that only rustc can resolve is not one.
pub(super) fn number(value: &syn::Expr, parser: &mut Parser<'_>) -> Option<u32> {
    if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) = value
        && let Ok(number) = number.base10_parse()
    {
        return Some(number);
    }
    let span = parser.span(value.span());
    let message = "a macro cannot know what this stands for";
    parser.report(&DECLARATION, span, message, "write the number here");
    None
}
