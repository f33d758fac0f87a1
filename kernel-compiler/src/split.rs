//! `split(x: rows)`: a launch that may run in ranges of rows.

use crate::ast::{Ident, KernelAttribute};
use crate::diag::Diagnostic;
use crate::diag::catalog::attribute::BAD_SPLIT;
use crate::ir::{Module, ParamId, ParamKind, Sym};

/// The scalar parameter that counts the rows, where the attribute names one.
///
/// # Errors
/// Rows that are not the outermost dimension of the buffers that have them: their parts would not be
/// contiguous.
pub(crate) fn rows_of(
    module: &Module,
    attribute: &KernelAttribute,
) -> Result<Option<usize>, Vec<Diagnostic>> {
    let Some((_, rows)) = attribute.split.first() else { return Ok(None) };
    let position = |name: &Ident| module.params.iter().position(|p| p.name == name.name);
    let Some(at) = position(rows) else { return Ok(None) };
    let count = Sym::Param(ParamId(at as u32));
    let mut wrong = Vec::new();
    for (buffer, other) in &attribute.split {
        let shape = position(buffer).map(|at| shape(&module.params[at].kind)).unwrap_or_default();
        if other.name != rows.name {
            let message = format!("rows are `{}` here and `{}` there", rows.name, other.name);
            let help = "a launch is split along one dimension";
            wrong.push(Diagnostic::new(&BAD_SPLIT, other.span, message).help(help));
        } else if shape.first() != Some(&count) {
            let (name, rows) = (&buffer.name, &rows.name);
            let message = format!("`{rows}` is not the outermost dimension of `{name}`");
            let help = format!("write `shapes({name}: [{rows}, ..])`");
            wrong.push(Diagnostic::new(&BAD_SPLIT, buffer.span, message).help(help));
        }
    }
    let told = !wrong.is_empty();
    for param in module.params.iter().filter(|_| !told) {
        let inner = shape(&param.kind);
        let outermost = usize::from(inner.first() == Some(&count));
        if inner[outermost..].iter().any(|dim| mentions(dim, at)) {
            let (name, count) = (&param.name, &rows.name);
            let message = format!("`{count}` is also within the shape of `{name}`");
            let help = "a part of the rows is not contiguous there: leave `split` out";
            wrong.push(Diagnostic::new(&BAD_SPLIT, rows.span, message).help(help));
        }
    }
    if wrong.is_empty() { Ok(Some(at)) } else { Err(wrong) }
}

fn shape(kind: &ParamKind) -> &[Sym] {
    match kind {
        ParamKind::Buffer { shape, .. } => shape,
        ParamKind::Scalar(_) | ParamKind::TensorMap { .. } => &[],
    }
}

fn mentions(sym: &Sym, param: usize) -> bool {
    match sym {
        Sym::Param(id) => id.index() == param,
        _ => sym.operands().is_some_and(|(a, b)| mentions(a, param) || mentions(b, param)),
    }
}
