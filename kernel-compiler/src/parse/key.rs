//! The keys of `#[kernel(..)]`: how each is written.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Result, Token, bracketed, parenthesized};

/// Each key and its form.
pub(super) const KEYS: [(&str, &str); 16] = [
    ("shapes", "shapes(x: [rows, cols], y: [rows])"),
    ("grid", "grid = blocks` or `grid = (x, y, z)"),
    ("threads", "threads = THREADS` or `threads = (x, y, z)"),
    ("cluster", "cluster = 2` or `cluster = (x, y, z)"),
    ("min_blocks", "min_blocks = 1"),
    ("element", "element(T = [f32, f16])"),
    ("values", "values(N = [64, 128])"),
    ("require", "require(condition, \"what must hold\")"),
    ("when", "when(cols % VEC == 0 && aligned(x, VEC))"),
    ("tiles", "tiles(THREADS, VEC) = first_of[(256, 8), (128, 4)]"),
    ("tensor_map", "tensor_map(x, tile = [64, 128], swizzle = b128)"),
    ("cost", "cost(bytes = .., flops = ..)"),
    ("reference", "reference = path::to::function"),
    ("targets", "targets = [sm_80, wgsl]"),
    ("index", "index = 64"),
    ("split", "split(x: rows)"),
];

/// What the launcher's paths begin with; not suggested to anyone.
pub(super) const CRATE: (&str, &str) = ("crate", "crate = path::to::tilewright");

/// Keys that may be given more than once.
pub(super) const REPEATABLE: [&str; 3] = ["require", "tensor_map", "when"];

/// How a key is written.
pub(super) fn form(key: &str) -> Option<&'static str> {
    KEYS.iter().chain([&CRATE]).find(|(name, _)| *name == key).map(|(_, form)| *form)
}

/// `(a, b, c)`, each read by `each`.
pub(super) fn parenthesized_list<T>(
    input: ParseStream,
    each: fn(ParseStream) -> Result<T>,
) -> Result<Vec<T>> {
    let content;
    parenthesized!(content in input);
    list(&content, each)
}

/// `[a, b, c]`, each read by `each`.
pub(super) fn bracketed_list<T>(
    input: ParseStream,
    each: fn(ParseStream) -> Result<T>,
) -> Result<Vec<T>> {
    let content;
    bracketed!(content in input);
    list(&content, each)
}

fn list<T>(content: ParseStream, each: fn(ParseStream) -> Result<T>) -> Result<Vec<T>> {
    Ok(Punctuated::<T, Token![,]>::parse_terminated_with(content, each)?.into_iter().collect())
}

/// `x: [rows, cols]`
pub(super) fn shape(input: ParseStream) -> Result<(Ident, Vec<Expr>)> {
    let name = input.parse()?;
    input.parse::<Token![:]>()?;
    Ok((name, bracketed_list(input, Expr::parse)?))
}

/// `T = [f32, f16]` or `N = [64, 128]`
pub(super) fn choices<T: Parse>(input: ParseStream) -> Result<(Ident, Vec<T>)> {
    let name = input.parse()?;
    input.parse::<Token![=]>()?;
    Ok((name, bracketed_list(input, T::parse)?))
}

/// `x: rows`
pub(super) fn split(input: ParseStream) -> Result<(Ident, Ident)> {
    let name = input.parse()?;
    input.parse::<Token![:]>()?;
    Ok((name, input.parse()?))
}

/// `= value`
pub(super) fn assigned<T: Parse>(input: ParseStream) -> Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// `(condition, "message")`
pub(super) fn require(input: ParseStream) -> Result<(Expr, LitStr)> {
    let content;
    parenthesized!(content in input);
    let condition = content.parse()?;
    content.parse::<Token![,]>()?;
    let message = content.parse()?;
    content.parse::<Option<Token![,]>>()?;
    end(&content)?;
    Ok((condition, message))
}

/// `(A, B) = first_of[(256, 8), (128, 4)]`
pub(super) fn tiles(input: ParseStream) -> Result<(Vec<Ident>, Vec<Expr>)> {
    let names = parenthesized_list(input, Ident::parse)?;
    input.parse::<Token![=]>()?;
    let order: Ident = input.parse()?;
    if order != "first_of" {
        return Err(syn::Error::new(order.span(), "expected `first_of[..]`"));
    }
    Ok((names, bracketed_list(input, Expr::parse)?))
}

/// `(bytes = .., flops = ..)`, in any order.
pub(super) fn cost(input: ParseStream) -> Result<(Expr, Expr)> {
    let (mut bytes, mut flops) = (None, None);
    let content;
    let parens = parenthesized!(content in input);
    for (name, value) in list(&content, |input| Ok((input.parse::<Ident>()?, assigned(input)?)))? {
        let place = match name.to_string().as_str() {
            "bytes" => &mut bytes,
            "flops" => &mut flops,
            _ => return Err(syn::Error::new(name.span(), "expected `bytes` or `flops`")),
        };
        if place.replace(value).is_some() {
            return Err(syn::Error::new(name.span(), format!("`{name}` is given twice")));
        }
    }
    match (bytes, flops) {
        (Some(bytes), Some(flops)) => Ok((bytes, flops)),
        _ => Err(syn::Error::new(parens.span.join(), "a cost has `bytes` and `flops`")),
    }
}

/// What `tensor_map(..)` says: the parameter, the box, and the swizzle's name.
pub(super) struct TensorMap {
    pub(super) name: Ident,
    pub(super) tile: Vec<Expr>,
    pub(super) swizzle: Option<Ident>,
    pub(super) dims: Vec<Expr>,
    pub(super) strides: Vec<Expr>,
}

/// `(x, tile = [64, 128], swizzle = b128, dims = [cols, rows], strides = [cols])`
pub(super) fn tensor_map(input: ParseStream) -> Result<TensorMap> {
    let content;
    let parens = parenthesized!(content in input);
    let name = content.parse()?;
    let (mut tile, mut swizzle) = (None, None);
    let (mut dims, mut strides) = (Vec::new(), Vec::new());
    while !content.is_empty() {
        content.parse::<Token![,]>()?;
        if content.is_empty() {
            break;
        }
        let key: Ident = content.parse()?;
        content.parse::<Token![=]>()?;
        if key == "tile" && tile.is_none() {
            tile = Some(bracketed_list(&content, Expr::parse)?);
        } else if key == "swizzle" && swizzle.is_none() {
            swizzle = Some(content.parse()?);
        } else if key == "dims" && dims.is_empty() {
            dims = bracketed_list(&content, Expr::parse)?;
        } else if key == "strides" && strides.is_empty() {
            strides = bracketed_list(&content, Expr::parse)?;
        } else {
            let keys = "expected `tile = [..]`, `swizzle = ..`, `dims = [..]`, `strides = [..]`";
            return Err(syn::Error::new(key.span(), keys));
        }
    }
    let tile = tile.ok_or_else(|| syn::Error::new(parens.span.join(), "no `tile = [..]`"))?;
    Ok(TensorMap { name, tile, swizzle, dims, strides })
}

/// `= a::b::c`: the path's text and its first and last name.
pub(super) fn path(input: ParseStream) -> Result<(String, [proc_macro2::Span; 2])> {
    input.parse::<Token![=]>()?;
    let leading = input.parse::<Option<Token![::]>>()?;
    let mut text = if leading.is_some() { "::".to_owned() } else { String::new() };
    let first = input.call(Ident::parse_any)?;
    let mut last = first.span();
    text.push_str(&first.to_string());
    while input.parse::<Option<Token![::]>>()?.is_some() {
        let next = input.call(Ident::parse_any)?;
        last = next.span();
        text.push_str("::");
        text.push_str(&next.to_string());
    }
    Ok((text, [first.span(), last]))
}

fn end(content: ParseStream) -> Result<()> {
    if content.is_empty() { Ok(()) } else { Err(content.error("unexpected token")) }
}
