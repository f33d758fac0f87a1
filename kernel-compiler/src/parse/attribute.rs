//! `#[kernel(..)]`: reads every key; one that is wrong does not hide the next.

use super::{Parser, key, target};
use crate::ast::{
    BinaryOperator, Expr, ExprKind, Function, Ident, KernelAttribute, TensorMapAttribute, Tiles,
};
use crate::diag::catalog::attribute as catalog;
use crate::diag::suggest::did_you_mean;
use crate::ir::{Span, Swizzle};
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{LitInt, Token};

impl Parser<'_> {
    /// The attribute of `function`, checked against its generics and parameters.
    pub(super) fn kernel_attribute(
        &mut self,
        tokens: TokenStream,
        function: &Function,
    ) -> KernelAttribute {
        let mut out = KernelAttribute::default();
        let mut seen = Vec::new();
        let keys = |input: ParseStream| {
            while !input.is_empty() {
                self.key(input, &mut out, &mut seen);
            }
            Ok(())
        };
        // Every mistake is reported where it is read; what a wrong key left unread says no more.
        let _ = keys.parse2(tokens);
        self.check_attribute(&out, function, &seen);
        out
    }

    fn key(&mut self, input: ParseStream, out: &mut KernelAttribute, seen: &mut Vec<String>) {
        let name = match input.call(syn::Ident::parse_any) {
            Ok(name) => name,
            Err(error) => {
                self.syntax_error(&catalog::BAD_VALUE, &error, "keys are separated by commas");
                return skip(input);
            }
        };
        let text = name.to_string();
        let span = self.span(name.span());
        let Some(form) = key::form(&text) else {
            let names: Vec<&str> = key::KEYS.iter().map(|(name, _)| *name).collect();
            let help = did_you_mean(
                &text,
                names.iter().copied(),
                &format!("keys are {}", names.join(", ")),
            );
            let message = format!("the kernel attribute has no key `{text}`");
            self.report(&catalog::UNKNOWN_KEY, span, message, help);
            return skip(input);
        };
        if seen.contains(&text) && !key::REPEATABLE.contains(&text.as_str()) {
            let message = format!("`{text}` is given twice");
            self.report(&catalog::DUPLICATE_KEY, span, message, "keep one");
            return skip(input);
        }
        let result = self.value(&text, input, out).and_then(|()| {
            if input.is_empty() || input.peek(Token![,]) {
                return Ok(());
            }
            Err(input.error("expected `,`"))
        });
        if let Err(error) = result {
            self.syntax_error(&catalog::BAD_VALUE, &error, &format!("write `{form}`"));
        }
        seen.push(text);
        skip(input);
    }

    fn value(
        &mut self,
        name: &str,
        input: ParseStream,
        out: &mut KernelAttribute,
    ) -> syn::Result<()> {
        match name {
            "shapes" => {
                for (name, sizes) in key::parenthesized_list(input, key::shape)? {
                    out.shapes.push((self.ident(&name), self.all(&sizes)));
                }
            }
            "grid" => out.grid = self.axes(key::assigned(input)?),
            "threads" => out.threads = self.axes(key::assigned(input)?),
            "cluster" => out.cluster = self.axes(key::assigned(input)?),
            "min_blocks" => out.min_blocks = Some(self.expr(&key::assigned(input)?)),
            "element" => {
                for (name, types) in key::parenthesized_list(input, key::choices::<syn::Type>)? {
                    let types = types.iter().map(|ty| self.ty(ty)).collect();
                    out.elements.push((self.ident(&name), types));
                }
            }
            "values" => {
                for (name, values) in key::parenthesized_list(input, key::choices::<syn::Expr>)? {
                    out.values.push((self.ident(&name), self.all(&values)));
                }
            }
            "require" => {
                let (condition, message) = key::require(input)?;
                out.requires.push((self.expr(&condition), message.value()));
            }
            "when" => {
                for condition in key::parenthesized_list(input, syn::Expr::parse)? {
                    let condition = self.expr(&condition);
                    conjuncts(condition, &mut out.when);
                }
            }
            "tiles" => out.tiles = Some(self.tiles(input)?),
            "tensor_map" => {
                let map = key::tensor_map(input)?;
                out.tensor_maps.push(self.tensor_map(&map));
            }
            "cost" => {
                let (bytes, flops) = key::cost(input)?;
                out.cost = Some((self.expr(&bytes), self.expr(&flops)));
            }
            "reference" => out.reference = Some(self.path_text(input)?),
            "crate" => out.crate_path = Some(self.path_text(input)?.0),
            "targets" => self.targets(input, out)?,
            "index" => out.index_bits = Some(self.index_bits(&key::assigned(input)?)),
            _ => {
                for (name, rows) in key::parenthesized_list(input, key::split)? {
                    out.split.push((self.ident(&name), self.ident(&rows)));
                }
            }
        }
        Ok(())
    }

    fn all(&mut self, list: &[syn::Expr]) -> Vec<Expr> {
        list.iter().map(|expr| self.expr(expr)).collect()
    }

    /// `a` or `(a, b, c)`.
    fn axes(&mut self, value: syn::Expr) -> Vec<Expr> {
        let value = self.expr(&value);
        let span = value.span;
        let axes = match value.kind {
            ExprKind::Tuple(axes) => axes,
            kind => vec![Expr { kind, span }],
        };
        if !(1..=3).contains(&axes.len()) {
            let message = format!("a launch has 1 to 3 axes, here are {}", axes.len());
            self.report(&catalog::RANK, span, message, "fold the outer axes into one");
        }
        axes
    }

    fn tiles(&mut self, input: ParseStream) -> syn::Result<Tiles> {
        let (names, list) = key::tiles(input)?;
        let names: Vec<Ident> = names.iter().map(|name| self.ident(name)).collect();
        let mut choices = Vec::new();
        for choice in &list {
            let choice = self.expr(choice);
            let span = choice.span;
            let values = match choice.kind {
                ExprKind::Tuple(values) => values,
                kind => vec![Expr { kind, span }],
            };
            if values.len() != names.len() {
                let (count, wanted) = (values.len(), names.len());
                let message = format!("this choice fixes {count} of {wanted} names");
                let list: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
                let help = format!("give one value for each of {}", list.join(", "));
                self.report(&catalog::TILE_ARITY, span, message, help);
            }
            choices.push((values, span));
        }
        Ok(Tiles { names, choices })
    }

    fn tensor_map(&mut self, map: &key::TensorMap) -> TensorMapAttribute {
        let mut swizzle = Swizzle::None;
        if let Some(written) = &map.swizzle {
            match written.to_string().as_str() {
                "none" => {}
                "b32" => swizzle = Swizzle::B32,
                "b64" => swizzle = Swizzle::B64,
                "b128" => swizzle = Swizzle::B128,
                other => {
                    let span = self.span(written.span());
                    let message = format!("there is no swizzle `{other}`");
                    let help = did_you_mean(
                        other,
                        ["none", "b32", "b64", "b128"],
                        "swizzles are none, b32, b64, b128",
                    );
                    self.report(&catalog::BAD_VALUE, span, message, help);
                }
            }
        }
        let (name, tile) = (self.ident(&map.name), self.all(&map.tile));
        let (dims, strides) = (self.all(&map.dims), self.all(&map.strides));
        TensorMapAttribute { name, tile, swizzle, dims, strides }
    }

    fn path_text(&mut self, input: ParseStream) -> syn::Result<(String, Span)> {
        let (text, [first, last]) = key::path(input)?;
        Ok((text, self.between(first, last)))
    }

    fn targets(&mut self, input: ParseStream, out: &mut KernelAttribute) -> syn::Result<()> {
        input.parse::<Token![=]>()?;
        let content;
        syn::bracketed!(content in input);
        while !content.is_empty() {
            match target::read(&content) {
                Ok((target, [first, last])) => {
                    let span = self.between(first, last);
                    out.targets.push((target, span));
                    if !content.is_empty() && !content.peek(Token![,]) {
                        return Err(content.error("expected `,`"));
                    }
                }
                Err(mistake) => {
                    let span = self.span(mistake.span);
                    self.report(&catalog::BAD_TARGET, span, mistake.message, mistake.help);
                }
            }
            skip(&content);
        }
        Ok(())
    }

    fn index_bits(&mut self, literal: &LitInt) -> (u32, Span) {
        let span = self.span(literal.span());
        match literal.base10_digits() {
            "64" => (64, span),
            "32" => (32, span),
            other => {
                let message = format!("an index cannot have {other} bits");
                self.report(
                    &catalog::BAD_VALUE,
                    span,
                    message,
                    "write `index = 32` or `index = 64`",
                );
                (32, span)
            }
        }
    }
}

/// `a && b && c` is three conditions.
fn conjuncts(condition: Expr, out: &mut Vec<Expr>) {
    match condition.kind {
        ExprKind::Binary(BinaryOperator::And, left, right) => {
            conjuncts(*left, out);
            conjuncts(*right, out);
        }
        kind => out.push(Expr { kind, span: condition.span }),
    }
}

/// Goes on behind the next comma.
fn skip(input: ParseStream) {
    while !input.is_empty() {
        let comma = input.peek(Token![,]);
        if input.parse::<TokenTree>().is_err() || comma {
            return;
        }
    }
}
