//! Quantisation formats: `quant_format!` declarations and what follows from them.
//!
//! ```text
//! quant_format! {
//!     /// 32 weights in 20 bytes.
//!     pub Q4_1 {
//!         weights: 32,
//!         layout: { scale: f16, min: f16, low: [u4; 32] split halves },
//!         value(i) = scale * low[i] + min,
//!     }
//! }
//! ```
//!
//! A declaration is parsed (`declaration`), its fields get their places (`layout`), and `value` becomes a
//! typed tree (`check`) over 32-bit integers and f32 (`value`) that is proved to stay within its fields,
//! tables and 32 bits for every weight of a block (`range`). From it come kernel code that reads a packed
//! matrix where there is no `fast` unpacker (`device`), and the host's decoder, constants and the macro
//! that forwards the declaration (`host`). `value` is the definition; the shipped formats are declared
//! in `formats/gguf.rs`.

mod check;
mod declaration;
mod device;
mod host;
mod layout;
mod range;
mod value;

pub use host::expand;

use crate::ast::{Function, Ident, Items};
use crate::diag::catalog::format::DECLARATION;
use crate::diag::{CallSpans, Diagnostic, SourceMap};
use crate::parse::{self, Fallback, Parser};
use layout::{Field, Plane};
use proc_macro2::TokenStream;
use value::Value;

/// The shipped formats, in the order of the device library's `Format`.
pub const SHIPPED: [&str; 11] =
    ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"];

const GGUF: &str = include_str!("../../formats/gguf.rs");

/// A checked declaration.
#[derive(Debug)]
pub struct Format {
    /// Documentation lines.
    pub doc: Vec<String>,
    /// Its name.
    pub name: Ident,
    /// Weights of a block, a multiple of 32.
    pub weights: u32,
    visibility: TokenStream,
    fields: Vec<Field>,
    planes: Vec<Plane>,
    value: Value,
    fast: Fast,
    crate_path: Option<String>,
    /// The whole declaration, as it is written.
    tokens: TokenStream,
}

/// How kernels read a format.
#[derive(Debug)]
enum Fast {
    /// From `value`.
    No,
    /// By a function of the device library.
    Library(String),
    /// By device code of the declaration.
    Own(Box<Function>),
}

impl Format {
    /// Bytes of a block.
    pub fn block_bytes(&self) -> u32 {
        self.planes.iter().map(|plane| plane.bytes).sum()
    }

    /// The same format, read by what follows from `value`.
    #[must_use]
    pub fn without_fast(mut self) -> Format {
        self.fast = Fast::No;
        self
    }

    /// The device code of the declaration, under the name by which it is called.
    fn own_unpacker(&self) -> Option<Function> {
        let Fast::Own(function) = &self.fast else { return None };
        let mut function = (**function).clone();
        function.name.name = device::visitor(self);
        Some(function)
    }
}

/// One declaration; what is wrong with it is in the parser's report.
pub(crate) fn parse(tokens: TokenStream, parser: &mut Parser<'_>) -> Option<Format> {
    let mut all = parse_all(tokens, parser)?;
    if all.len() == 1 { all.pop() } else { None }
}

/// All declarations of a macro's input; `None` where one is wrong.
fn parse_all(tokens: TokenStream, parser: &mut Parser<'_>) -> Option<Vec<Format>> {
    let written = declaration::parse(tokens, parser)?;
    let formats: Vec<Option<Format>> =
        written.into_iter().map(|written| check::format(written, parser)).collect();
    formats.into_iter().collect()
}

/// The names and tokens of a macro's declarations; what is wrong with their form is in the report.
pub(crate) fn written(tokens: TokenStream, parser: &mut Parser<'_>) -> Vec<(String, TokenStream)> {
    let written = declaration::parse(tokens, parser).unwrap_or_default();
    written.into_iter().map(|written| (written.name.to_string(), written.tokens)).collect()
}

/// Whether a macro's path ends in `quant_format`.
pub(crate) fn is_declared_by(call: &syn::Macro) -> bool {
    call.path.segments.last().is_some_and(|last| last.ident == "quant_format")
}

/// The declarations in a file's text, of every `quant_format!` in it.
///
/// # Errors
/// Every mistake found.
pub fn of_file(text: &str, map: &mut SourceMap) -> Result<Vec<Format>, Vec<Diagnostic>> {
    let _fallback = Fallback::enter();
    let mut calls = CallSpans::default();
    let mut parser = Parser::call(map, &mut calls);
    let mut all = Vec::new();
    match syn::parse_file(text) {
        Ok(file) => {
            for item in file.items {
                if let syn::Item::Macro(item) = item
                    && is_declared_by(&item.mac)
                {
                    all.extend(parse_all(item.mac.tokens, &mut parser).unwrap_or_default());
                }
            }
        }
        Err(error) => parser.syntax_error(&DECLARATION, &error, ""),
    }
    parser.finish(all)
}

/// The declarations of the shipped formats that have blocks.
///
/// # Errors
/// A mistake in them.
pub fn shipped(map: &mut SourceMap) -> Result<Vec<Format>, Vec<Diagnostic>> {
    of_file(GGUF, map)
}

/// What templates see of a call's formats: what `device` writes, parsed, and the unpackers of their own.
///
/// # Errors
/// A mistake in the text that is made of a declaration.
pub fn items(formats: &[&Format], map: &mut SourceMap) -> Result<Items, Vec<Diagnostic>> {
    if formats.is_empty() {
        return Ok(Items::default());
    }
    let mut items = parse::text("quant_format!", &device::text(formats), map)?;
    items.functions.extend(formats.iter().filter_map(|format| format.own_unpacker()));
    Ok(items)
}
