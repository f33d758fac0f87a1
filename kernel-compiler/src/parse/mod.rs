//! The front end: Rust syntax, read by `syn`, into the [AST](crate::ast). Nothing is resolved.
//!
//! What the language does not have is reported here, all of it at once, at the token that says it.
//! Lifetimes, `use` items and lint attributes are read and left out.

mod attribute;
mod control;
mod expression;
mod fallback;
mod function;
mod item;
mod key;
mod parser;
mod pattern;
mod refusal;
mod signature;
mod statement;
mod target;
mod ty;

pub use fallback::Fallback;
pub(crate) use item::documentation;
pub use parser::Parser;
pub use target::target;
pub(crate) use target::target_of_call;

use crate::ast::{Expr, Items, Type};
use crate::diag::catalog::parse::SYNTAX;
use crate::diag::{CallSpans, Diagnostic, FileId, SourceMap};
use proc_macro2::TokenStream;
use syn::parse::Parse;

/// The items of a macro's input: those of a kernel module (`mod m { .. }` or what is in it), or
/// one function.
///
/// # Errors
/// Every mistake found.
pub fn tokens(
    tokens: TokenStream,
    map: &mut SourceMap,
    calls: &mut CallSpans,
) -> Result<Items, Vec<Diagnostic>> {
    let mut parser = Parser::call(map, calls);
    let items = match syn::parse2::<syn::File>(tokens) {
        Ok(file) => parser.module(&file.items),
        Err(error) => {
            parser.syntax_error(&SYNTAX, &error, "");
            Items::default()
        }
    };
    parser.finish(items)
}

/// `#[kernel(attribute)] fn ..`: the items of the one function, which has the attribute.
///
/// # Errors
/// Every mistake found.
pub fn kernel(
    attribute: TokenStream,
    item: TokenStream,
    map: &mut SourceMap,
    calls: &mut CallSpans,
) -> Result<Items, Vec<Diagnostic>> {
    let mut parser = Parser::call(map, calls);
    let mut items = Items::default();
    match syn::parse2::<syn::ItemFn>(item) {
        Ok(item) => {
            let function = parser.kernel(attribute, &item);
            items.functions.push(function);
        }
        Err(error) => {
            parser.syntax_error(&SYNTAX, &error, "put #[kernel(..)] on a function");
        }
    }
    parser.finish(items)
}

/// The items of a file's text; `name` is what errors call it.
///
/// # Errors
/// Every mistake found.
pub fn text(name: &str, text: &str, map: &mut SourceMap) -> Result<Items, Vec<Diagnostic>> {
    items(name, text, map, false)
}

/// A parser for items of a file that is in the map already.
pub(crate) fn file_parser(map: &mut SourceMap, file: FileId) -> Parser<'_> {
    Parser::file(map, file)
}

/// The items of a template file: its kernels leave their instances to a family macro's call.
///
/// # Errors
/// Every mistake found.
pub fn template(name: &str, text: &str, map: &mut SourceMap) -> Result<Items, Vec<Diagnostic>> {
    items(name, text, map, true)
}

fn items(
    name: &str,
    text: &str,
    map: &mut SourceMap,
    template: bool,
) -> Result<Items, Vec<Diagnostic>> {
    let _fallback = Fallback::enter();
    let file = map.add_file(name, text);
    let mut parser = Parser::file(map, file);
    parser.template = template;
    let items = match syn::parse_str::<syn::File>(text) {
        Ok(file) => parser.items(&file.items),
        Err(error) => {
            parser.syntax_error(&SYNTAX, &error, "");
            Items::default()
        }
    };
    parser.finish(items)
}

/// An expression of a family macro's input.
///
/// # Errors
/// Every mistake found.
pub fn expr(
    tokens: TokenStream,
    map: &mut SourceMap,
    calls: &mut CallSpans,
) -> Result<Expr, Vec<Diagnostic>> {
    one(tokens, Parser::call(map, calls), Parser::expr)
}

/// A type of a family macro's input.
///
/// # Errors
/// Every mistake found.
pub fn ty(
    tokens: TokenStream,
    map: &mut SourceMap,
    calls: &mut CallSpans,
) -> Result<Type, Vec<Diagnostic>> {
    one(tokens, Parser::call(map, calls), Parser::ty)
}

fn one<'m, S: Parse, T>(
    tokens: TokenStream,
    mut parser: Parser<'m>,
    convert: impl FnOnce(&mut Parser<'m>, &S) -> T,
) -> Result<T, Vec<Diagnostic>> {
    let syntax = match syn::parse2::<S>(tokens) {
        Ok(syntax) => syntax,
        Err(error) => {
            parser.syntax_error(&SYNTAX, &error, "");
            return parser.failed();
        }
    };
    let value = convert(&mut parser, &syntax);
    parser.finish(value)
}
