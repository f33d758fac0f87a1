//! Guards of tiles: `if mask == causal && head_dim != 256`, over the keys of the call.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::collections::BTreeMap;

/// The options of one case by key, as they are written: `("kv", "paged(64)")`.
pub(super) type Labels = BTreeMap<&'static str, String>;

/// Whether a guard holds for a case.
///
/// # Errors
/// The part that is no guard, and what to write.
pub(super) fn holds(guard: &syn::Expr, labels: &Labels) -> Result<bool, (TokenStream, String)> {
    match guard {
        syn::Expr::Paren(inner) => holds(&inner.expr, labels),
        syn::Expr::Unary(syn::ExprUnary { op: syn::UnOp::Not(_), expr, .. }) => {
            Ok(!holds(expr, labels)?)
        }
        syn::Expr::Binary(binary) => match binary.op {
            syn::BinOp::And(_) => {
                let (a, b) = (holds(&binary.left, labels)?, holds(&binary.right, labels)?);
                Ok(a && b)
            }
            syn::BinOp::Or(_) => {
                let (a, b) = (holds(&binary.left, labels)?, holds(&binary.right, labels)?);
                Ok(a || b)
            }
            syn::BinOp::Eq(_) => Ok(found(&binary.left, labels)? == written(&binary.right)),
            syn::BinOp::Ne(_) => Ok(found(&binary.left, labels)? != written(&binary.right)),
            _ => Err(no_guard(guard)),
        },
        _ => Err(no_guard(guard)),
    }
}

/// The tokens of an option without white space.
pub(super) fn written(expr: &impl ToTokens) -> String {
    expr.to_token_stream().to_string().replace(char::is_whitespace, "")
}

fn found<'l>(key: &syn::Expr, labels: &'l Labels) -> Result<&'l str, (TokenStream, String)> {
    let name = written(key);
    labels.get(name.as_str()).map(String::as_str).ok_or_else(|| {
        let keys: Vec<&str> = labels.keys().copied().collect();
        (
            key.to_token_stream(),
            format!("`{name}` is not a key: guards compare {}", keys.join(", ")),
        )
    })
}

fn no_guard(guard: &syn::Expr) -> (TokenStream, String) {
    let text = "a guard compares keys with `==` and `!=`, joined by `&&`, `||` and `!`";
    (guard.to_token_stream(), text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(guard: &str) -> Result<bool, String> {
        let labels = Labels::from([("mask", "causal".into()), ("kv", "paged(64)".into())]);
        holds(&syn::parse_str(guard).unwrap(), &labels).map_err(|(_, text)| text)
    }

    #[test]
    fn guards_compare_options() {
        assert_eq!(check("mask == causal && kv == paged( 64 )"), Ok(true));
        assert_eq!(check("mask == full || !(kv != dense)"), Ok(false));
        assert!(check("masc == full").unwrap_err().contains("kv, mask"));
        assert!(check("mask").is_err());
    }
}
