//! The grammar of targets: `sm_80`, `sm_80(shared >= 163K)`, `sm_90a`, `wgsl`,
//! `wgsl(native, f16, subgroup = 32, shared >= 32K, threads >= 1024, cooperative_matrix = 16)`.
//! [`Target`]'s `Display` prints the same.

use super::Fallback;
use super::parser::reason;
use crate::diag::Diagnostic;
use crate::diag::catalog::attribute::BAD_TARGET;
use crate::diag::suggest::did_you_mean;
use crate::ir::Span;
use crate::target::{Dialect, PTX_SHARED, Ptx, Target, Wgsl};
use std::ops::RangeInclusive;
use syn::ext::IdentExt;
use syn::parse::{ParseBuffer, ParseStream, Parser};
use syn::{Ident, LitInt, Token};

/// The most shared memory that any chip gives one block, in bytes.
const MOST_SHARED: u32 = 227 * 1024;

/// What is wrong with a target, and where.
pub(super) struct Mistake {
    pub(super) span: proc_macro2::Span,
    pub(super) message: String,
    pub(super) help: String,
}

impl Mistake {
    fn new(
        span: proc_macro2::Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Mistake {
        Mistake { span, message: message.into(), help: help.into() }
    }
}

impl From<syn::Error> for Mistake {
    fn from(error: syn::Error) -> Mistake {
        let help = "targets are written like `sm_80(shared >= 163K)` or `wgsl(native, f16)`";
        Mistake::new(error.span(), reason(&error), help)
    }
}

/// A target from text, as `--target` takes it.
///
/// # Errors
/// What is wrong with it; the diagnostic has no place.
pub fn target(text: &str) -> Result<Target, Diagnostic> {
    let _fallback = Fallback::enter();
    let mut mistake = None;
    let whole = |input: ParseStream| match read(input) {
        Ok((target, _)) => Ok(Some(target)),
        Err(found) => {
            mistake = Some(found);
            input.parse::<proc_macro2::TokenStream>().map(|_| None)
        }
    };
    let result = whole.parse_str(text);
    let found = match (mistake, result) {
        (Some(mistake), _) => mistake,
        (None, Ok(Some(target))) => return Ok(target),
        (None, Ok(None)) => Mistake::new(proc_macro2::Span::call_site(), "no target", ""),
        (None, Err(error)) => error.into(),
    };
    let message = format!("target `{text}`: {}", found.message);
    Err(Diagnostic::new(&BAD_TARGET, Span::default(), message).help(found.help))
}

/// A target within a family macro's call, and its first and last token.
pub(crate) fn target_of_call(input: ParseStream) -> syn::Result<(Target, [proc_macro2::Span; 2])> {
    read(input).map_err(|mistake| {
        let Mistake { span, message, help } = mistake;
        let text = if help.is_empty() { message } else { format!("{message}; {help}") };
        syn::Error::new(span, text)
    })
}

/// One target, and its first and last token.
pub(super) fn read(input: ParseStream) -> Result<(Target, [proc_macro2::Span; 2]), Mistake> {
    let name: Ident = input.parse()?;
    let text = name.to_string();
    let mut target = base(&text).ok_or_else(|| unknown(&name, &text))?;
    let mut last = name.span();
    if input.peek(syn::token::Paren) {
        let (content, span) = group(input)?;
        last = span;
        let mut seen = Vec::new();
        let result = requirements(&content, &mut target, &mut seen);
        if result.is_err() {
            // What is left of the group would be reported a second time.
            content.parse::<proc_macro2::TokenStream>()?;
        }
        result?;
    }
    Ok((target, [name.span(), last]))
}

fn group<'a>(input: ParseStream<'a>) -> syn::Result<(ParseBuffer<'a>, proc_macro2::Span)> {
    let content;
    let parens = syn::parenthesized!(content in input);
    Ok((content, parens.span.join()))
}

fn base(name: &str) -> Option<Target> {
    if name == "wgsl" {
        return Some(Target::WGSL);
    }
    PTX_SHARED
        .iter()
        .find(|row| ptx_name(row) == name)
        .map(|&(sm, exact, shared)| Target::Ptx(Ptx { sm, exact, shared }))
}

fn ptx_name((sm, exact, _): &(u32, bool, u32)) -> String {
    format!("sm_{sm}{}", if *exact { "a" } else { "" })
}

fn unknown(name: &Ident, text: &str) -> Mistake {
    let mut names: Vec<String> = PTX_SHARED.iter().map(ptx_name).collect();
    names.push("wgsl".to_owned());
    let all = format!("targets are {}", names.join(", "));
    let exact = format!("{text}a");
    let help = if names.contains(&exact) {
        format!("did you mean `{exact}`?")
    } else {
        did_you_mean(text, names.iter().map(String::as_str), &all)
    };
    Mistake::new(name.span(), format!("there is no target `{text}`"), help)
}

fn requirements(
    input: ParseStream,
    target: &mut Target,
    seen: &mut Vec<String>,
) -> Result<(), Mistake> {
    while !input.is_empty() {
        let key = input.call(Ident::parse_any)?;
        let name = key.to_string();
        if seen.contains(&name) {
            return Err(Mistake::new(key.span(), format!("`{name}` is given twice"), "keep one"));
        }
        match target {
            Target::Ptx(ptx) => ptx_requirement(input, &key, &name, ptx)?,
            Target::Wgsl(wgsl) => wgsl_requirement(input, &key, &name, wgsl)?,
        }
        seen.push(name);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

fn ptx_requirement(
    input: ParseStream,
    key: &Ident,
    name: &str,
    ptx: &mut Ptx,
) -> Result<(), Mistake> {
    if name != "shared" {
        let help = did_you_mean(name, ["shared"], "write `shared >= 163K`");
        return Err(Mistake::new(key.span(), format!("PTX targets have no `{name}`"), help));
    }
    let (bytes, span) = at_least_bytes(input)?;
    if bytes > MOST_SHARED {
        let help = format!("no chip has more than {}K", MOST_SHARED / 1024);
        return Err(Mistake::new(span, "more shared memory than any chip has", help));
    }
    ptx.shared = bytes;
    Ok(())
}

fn wgsl_requirement(
    input: ParseStream,
    key: &Ident,
    name: &str,
    wgsl: &mut Wgsl,
) -> Result<(), Mistake> {
    match name {
        "native" => wgsl.dialect = Dialect::Native,
        "f16" => wgsl.f16 = true,
        "subgroup" => {
            wgsl.subgroup = Some(one_of(input, &[4, 8, 16, 32, 64, 128])?);
            wgsl.dialect = Dialect::Native;
        }
        "cooperative_matrix" => {
            let stated = input.peek(Token![=]);
            wgsl.cooperative_matrix = Some(if stated { one_of(input, &[8, 16])? } else { 16 });
            wgsl.dialect = Dialect::Native;
        }
        "shared" => wgsl.shared = at_least_bytes(input)?.0,
        "threads" => wgsl.invocations = at_least(input, 1..=1024)?,
        "storage_buffers" => wgsl.storage_buffers = at_least(input, 1..=64)?,
        _ => {
            let known = [
                "native",
                "f16",
                "subgroup",
                "cooperative_matrix",
                "shared",
                "threads",
                "storage_buffers",
            ];
            let help = did_you_mean(name, known, &format!("requirements are {}", known.join(", ")));
            return Err(Mistake::new(key.span(), format!("WGSL targets have no `{name}`"), help));
        }
    }
    Ok(())
}

/// `= value`, one of the values that exist.
fn one_of(input: ParseStream, allowed: &[u32]) -> Result<u32, Mistake> {
    input.parse::<Token![=]>()?;
    let literal: LitInt = input.parse()?;
    let value: u32 = literal.base10_parse()?;
    if allowed.contains(&value) && literal.suffix().is_empty() {
        return Ok(value);
    }
    let list: Vec<String> = allowed.iter().map(u32::to_string).collect();
    let help = format!("it is one of {}", list.join(", "));
    Err(Mistake::new(literal.span(), format!("no adapter has size {value} here"), help))
}

/// `>= count`, within what adapters have.
fn at_least(input: ParseStream, range: RangeInclusive<u32>) -> Result<u32, Mistake> {
    input.parse::<Token![>=]>()?;
    let literal: LitInt = input.parse()?;
    let count: u32 = literal.base10_parse()?;
    if range.contains(&count) && literal.suffix().is_empty() {
        return Ok(count);
    }
    let help = format!("adapters have {} to {}", range.start(), range.end());
    Err(Mistake::new(literal.span(), format!("no adapter has {literal} here"), help))
}

/// `>= 163K` or `>= 166912`: a multiple of 1024 bytes.
fn at_least_bytes(input: ParseStream) -> Result<(u32, proc_macro2::Span), Mistake> {
    input.parse::<Token![>=]>()?;
    let literal: LitInt = input.parse()?;
    let value: u32 = literal.base10_parse()?;
    let bytes = match literal.suffix() {
        "K" => value.checked_mul(1024),
        "" => Some(value),
        _ => None,
    };
    match bytes {
        Some(bytes) if bytes > 0 && bytes.is_multiple_of(1024) => Ok((bytes, literal.span())),
        _ => {
            let help = "write whole kibibytes: `shared >= 48K`";
            Err(Mistake::new(literal.span(), "not a size of shared memory", help))
        }
    }
}
