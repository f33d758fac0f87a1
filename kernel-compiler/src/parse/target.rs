//! Targets: `sm_80`, `sm_80(shared >= 163K)`, `sm_90a`, `wgsl`, `wgsl(f16, subgroup = 32)`.

use crate::target::{Dialect, PTX_SHARED, Ptx, Target, Wgsl};
use syn::parse::{Parse, ParseStream};
use syn::{LitInt, Token, parenthesized};

/// Reads one target.
///
/// # Errors
/// At the token that is wrong, with what there is.
pub fn target(input: ParseStream<'_>) -> syn::Result<Target> {
    let name: syn::Ident = input.parse()?;
    let text = name.to_string();
    let options = if input.peek(syn::token::Paren) {
        let inner;
        parenthesized!(inner in input);
        inner.parse_terminated(TargetOption::parse, Token![,])?.into_iter().collect()
    } else {
        Vec::new()
    };
    if text == "wgsl" {
        return wgsl(options);
    }
    let Some(chip) = text.strip_prefix("sm_") else {
        return Err(syn::Error::new(name.span(), "targets are sm_NN, sm_NNa and wgsl"));
    };
    let (digits, exact) = match chip.strip_suffix('a') {
        Some(digits) => (digits, true),
        None => (chip, false),
    };
    let known = digits.parse::<u32>().ok();
    let row = known.and_then(|sm| PTX_SHARED.iter().find(|row| row.0 == sm));
    let Some((sm, _, shared)) = row else {
        let chips: Vec<String> = PTX_SHARED.iter().map(|row| format!("sm_{}", row.0)).collect();
        let message = format!("`{text}` is not a known chip: there are {}", chips.join(", "));
        return Err(syn::Error::new(name.span(), message));
    };
    let mut ptx = Ptx { sm: *sm, exact, shared: *shared };
    for option in options {
        match option.name.to_string().as_str() {
            "shared" => ptx.shared = option.bytes()?,
            _ => return Err(option.unknown("shared >= 163K")),
        }
    }
    Ok(Target::Ptx(ptx))
}

fn wgsl(options: Vec<TargetOption>) -> syn::Result<Target> {
    let Target::Wgsl(mut wgsl) = Target::WGSL else {
        return Err(syn::Error::new(proc_macro2::Span::call_site(), "wgsl has no default"));
    };
    let native = |wgsl: &mut Wgsl| wgsl.dialect = Dialect::Native;
    for option in options {
        match option.name.to_string().as_str() {
            "native" => native(&mut wgsl),
            "f16" => wgsl.f16 = true,
            "subgroup" => {
                wgsl.subgroup = Some(option.number()?);
                native(&mut wgsl);
            }
            "cooperative_matrix" => {
                wgsl.cooperative_matrix = Some(option.number().unwrap_or(16));
                native(&mut wgsl);
            }
            "shared" => wgsl.shared = option.bytes()?,
            "threads" => wgsl.invocations = option.number()?,
            "storage_buffers" => wgsl.storage_buffers = option.number()?,
            _ => {
                return Err(option.unknown(
                    "native, f16, subgroup = 32, cooperative_matrix = 16, shared >= 32K, \
                     threads >= 1024, storage_buffers >= 16",
                ));
            }
        }
    }
    Ok(Target::Wgsl(wgsl))
}

/// `name`, `name = 32`, `name >= 48K`
struct TargetOption {
    name: syn::Ident,
    value: Option<LitInt>,
}

impl Parse for TargetOption {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: syn::Ident = input.parse()?;
        let value = if input.peek(Token![>=]) {
            input.parse::<Token![>=]>()?;
            Some(input.parse()?)
        } else if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(TargetOption { name, value })
    }
}

impl TargetOption {
    fn number(&self) -> syn::Result<u32> {
        match &self.value {
            Some(value) => value.base10_parse(),
            None => Err(syn::Error::new(self.name.span(), "this needs a number")),
        }
    }

    /// Bytes; `48K` is 48 * 1024.
    fn bytes(&self) -> syn::Result<u32> {
        let Some(value) = &self.value else {
            return Err(syn::Error::new(self.name.span(), "this needs a size such as `>= 48K`"));
        };
        let digits: u32 = value
            .base10_digits()
            .parse()
            .map_err(|_| syn::Error::new(value.span(), "this size does not fit 32 bits"))?;
        match value.suffix() {
            "" => Ok(digits),
            "K" => Ok(digits.saturating_mul(1024)),
            _ => Err(syn::Error::new(value.span(), "sizes are in bytes, or in KiB with `K`")),
        }
    }

    fn unknown(&self, known: &str) -> syn::Error {
        let message = format!("`{}` is not an option of this target: there are {known}", self.name);
        syn::Error::new(self.name.span(), message)
    }
}
