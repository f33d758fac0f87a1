//! Expressions.

use super::Parser;
use crate::ast::{BinaryOperator, Expr, ExprKind, Ident, Literal, Path, UnaryOperator};
use crate::diag::catalog::parse as catalog;
use crate::ir::Span;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::token::Comma;

impl Parser<'_> {
    /// An expression.
    pub fn expr(&mut self, expr: &syn::Expr) -> Expr {
        use syn::Expr as E;
        match expr {
            E::Array(array) => {
                let elements = self.exprs(&array.elems);
                self.delimited(ExprKind::Array(elements), &array.bracket_token.span)
            }
            E::Repeat(repeat) => {
                let kind = ExprKind::Repeat(self.boxed(&repeat.expr), self.boxed(&repeat.len));
                self.delimited(kind, &repeat.bracket_token.span)
            }
            E::Tuple(tuple) => {
                let elements = self.exprs(&tuple.elems);
                self.delimited(ExprKind::Tuple(elements), &tuple.paren_token.span)
            }
            E::Paren(paren) => {
                let kind = self.expr(&paren.expr).kind;
                self.delimited(kind, &paren.paren_token.span)
            }
            E::Group(group) => self.expr(&group.expr),
            E::Lit(literal) => {
                let span = self.span(literal.lit.span());
                Expr { kind: ExprKind::Literal(self.number(&literal.lit, span)), span }
            }
            E::Path(path) => self.path_expr(path),
            E::Unary(unary) => self.unary(unary),
            E::Binary(binary) => self.binary(binary),
            E::Assign(assign) => {
                let (place, value) = (self.place(&assign.left), self.expr(&assign.right));
                let span = self.join(place.span, value.span);
                Expr { kind: ExprKind::Assign(Box::new(place), Box::new(value)), span }
            }
            E::Call(call) => self.call_expr(call),
            E::MethodCall(call) => self.method_call(call),
            E::Field(field) => self.field(field),
            E::Index(index) => {
                let base = self.expr(&index.expr);
                let subscript = self.boxed(&index.index);
                let end = self.group(&index.bracket_token.span);
                let span = self.join(base.span, end);
                Expr { kind: ExprKind::Index(Box::new(base), subscript), span }
            }
            E::Range(range) => self.range(range),
            E::Struct(literal) => self.struct_literal(literal),
            E::Cast(cast) => {
                let (value, ty) = (self.expr(&cast.expr), self.ty(&cast.ty));
                let span = self.join(value.span, ty.span);
                Expr { kind: ExprKind::Cast(Box::new(value), ty), span }
            }
            E::Reference(reference) => {
                let value = self.expr(&reference.expr);
                let start = self.span(reference.and_token.spans[0]);
                let span = self.join(start, value.span);
                Expr { kind: ExprKind::Reference(Box::new(value)), span }
            }
            E::Closure(closure) => self.closure(closure),
            other => self.control(other),
        }
    }

    fn path_expr(&mut self, path: &syn::ExprPath) -> Expr {
        let span = self.path_span(&path.path);
        if path.qself.is_some() {
            let span = self.tree(path);
            self.qualified_path(span);
        }
        Expr { kind: ExprKind::Path(self.path(&path.path)), span }
    }

    fn path_span(&mut self, path: &syn::Path) -> Span {
        match (path.segments.first(), path.segments.last()) {
            (Some(first), Some(last)) => {
                let end = match &last.arguments {
                    syn::PathArguments::AngleBracketed(list) => list.gt_token.spans[0],
                    _ => last.ident.span(),
                };
                self.between(first.ident.span(), end)
            }
            _ => self.span(path.span()),
        }
    }

    fn unary(&mut self, unary: &syn::ExprUnary) -> Expr {
        let operator = match unary.op {
            syn::UnOp::Neg(_) => UnaryOperator::Neg,
            syn::UnOp::Not(_) => UnaryOperator::Not,
            _ => UnaryOperator::Deref,
        };
        let operand = self.expr(&unary.expr);
        let start = self.span(unary.op.span());
        let span = self.join(start, operand.span);
        Expr { kind: ExprKind::Unary(operator, Box::new(operand)), span }
    }

    fn binary(&mut self, binary: &syn::ExprBinary) -> Expr {
        let (left, right) = (self.expr(&binary.left), self.expr(&binary.right));
        let span = self.join(left.span, right.span);
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = match operator(&binary.op) {
            Some((operator, false)) => ExprKind::Binary(operator, left, right),
            Some((operator, true)) => ExprKind::AssignOp(operator, left, right),
            None => {
                let help = "use the operators of Rust's integers and floats";
                self.report(&catalog::EXPRESSION, span, "this operator is not known", help);
                ExprKind::Tuple(Vec::new())
            }
        };
        Expr { kind, span }
    }

    fn call_expr(&mut self, call: &syn::ExprCall) -> Expr {
        let callee = self.expr(&call.func);
        let arguments = call.args.iter().map(|argument| self.argument(argument)).collect();
        let end = self.group(&call.paren_token.span);
        let span = self.join(callee.span, end);
        Expr { kind: ExprKind::Call(Box::new(callee), arguments), span }
    }

    /// An argument of a call: here text may stand, as a name or a message.
    fn argument(&mut self, argument: &syn::Expr) -> Expr {
        match argument {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
                let span = self.span(text.span());
                Expr { kind: ExprKind::Literal(Literal::Str(text.value())), span }
            }
            other => self.expr(other),
        }
    }

    fn method_call(&mut self, call: &syn::ExprMethodCall) -> Expr {
        let receiver = Box::new(self.expr(&call.receiver));
        let method = self.ident(&call.method);
        let generics =
            call.turbofish.as_ref().map(|list| self.generic_arguments(list)).unwrap_or_default();
        let arguments = call.args.iter().map(|argument| self.argument(argument)).collect();
        let end = self.group(&call.paren_token.span);
        let span = self.join(receiver.span, end);
        Expr { kind: ExprKind::MethodCall { receiver, method, generics, arguments }, span }
    }

    fn field(&mut self, field: &syn::ExprField) -> Expr {
        let base = self.expr(&field.base);
        let member = self.member(&field.member);
        let span = self.join(base.span, member.span);
        Expr { kind: ExprKind::Field(Box::new(base), member), span }
    }

    fn member(&mut self, member: &syn::Member) -> Ident {
        match member {
            syn::Member::Named(name) => self.ident(name),
            syn::Member::Unnamed(index) => {
                Ident { name: index.index.to_string(), span: self.span(index.span) }
            }
        }
    }

    fn range(&mut self, range: &syn::ExprRange) -> Expr {
        let start = range.start.as_ref().map(|start| self.boxed(start));
        let end = range.end.as_ref().map(|end| self.boxed(end));
        let inclusive = matches!(range.limits, syn::RangeLimits::Closed(_));
        let dots = self.span(range.limits.span());
        let first = start.as_ref().map_or(dots, |start| start.span);
        let span = self.join(first, end.as_ref().map_or(dots, |end| end.span));
        Expr { kind: ExprKind::Range { start, end, inclusive }, span }
    }

    fn struct_literal(&mut self, literal: &syn::ExprStruct) -> Expr {
        let path = syn::TypePath {
            attrs: Vec::new(),
            qself: literal.qself.clone(),
            path: literal.path.clone(),
        };
        let ty = self.ty(&syn::Type::Path(path));
        let mut fields = Vec::new();
        for field in &literal.fields {
            let name = self.member(&field.member);
            fields.push((name, self.expr(&field.expr)));
        }
        if let Some(dots) = &literal.dot2_token {
            let span = self.between(dots.spans[0], dots.spans[1]);
            let help = "name every field";
            self.report(&catalog::STRUCT_REST, span, "device code does not have `..rest`", help);
        }
        let end = self.group(&literal.brace_token.span);
        let span = self.join(ty.span, end);
        Expr { kind: ExprKind::Struct { ty, fields }, span }
    }

    fn closure(&mut self, closure: &syn::ExprClosure) -> Expr {
        let start = self.span(closure.inputs_begin.spans[0]);
        if let Some(token) = &closure.asyncness {
            let span = self.span(token.span);
            let help = "leave `async` out";
            self.report(&catalog::CLOSURE, span, "device code has no async closures", help);
        }
        let mut params = Vec::new();
        for input in &closure.inputs {
            let (pattern, ty) = self.typed_pattern(input);
            if let Some(ty) = ty {
                let message = "a closure's parameters have the types of its call";
                self.report(&catalog::CLOSURE, ty.span, message, "leave the type out");
            }
            params.push(pattern);
        }
        if let syn::ReturnType::Type(_, ty) = &closure.output {
            let span = self.span(ty.span());
            let message = "a closure's result has the type of its body";
            self.report(&catalog::CLOSURE, span, message, "leave the type out");
        }
        let body = Box::new(self.expr(&closure.body));
        let span = self.join(start, body.span);
        Expr { kind: ExprKind::Closure { params, body }, span }
    }

    /// The left side of `=`: `_` is a name there.
    fn place(&mut self, expr: &syn::Expr) -> Expr {
        let syn::Expr::Infer(infer) = expr else { return self.expr(expr) };
        let span = self.span(infer.underscore_token.spans[0]);
        let segments = vec![(Ident { name: "_".to_owned(), span }, Vec::new())];
        Expr { kind: ExprKind::Path(Path { segments }), span }
    }

    pub(super) fn boxed(&mut self, expr: &syn::Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn exprs(&mut self, list: &Punctuated<syn::Expr, Comma>) -> Vec<Expr> {
        list.iter().map(|expr| self.expr(expr)).collect()
    }

    fn delimited(&mut self, kind: ExprKind, span: &proc_macro2::extra::DelimSpan) -> Expr {
        Expr { kind, span: self.group(span) }
    }
}

/// The operator, and whether it assigns.
fn operator(operator: &syn::BinOp) -> Option<(BinaryOperator, bool)> {
    use BinaryOperator as B;
    use syn::BinOp as S;
    Some(match operator {
        S::Add(_) => (B::Add, false),
        S::Sub(_) => (B::Sub, false),
        S::Mul(_) => (B::Mul, false),
        S::Div(_) => (B::Div, false),
        S::Rem(_) => (B::Rem, false),
        S::And(_) => (B::And, false),
        S::Or(_) => (B::Or, false),
        S::BitXor(_) => (B::BitXor, false),
        S::BitAnd(_) => (B::BitAnd, false),
        S::BitOr(_) => (B::BitOr, false),
        S::Shl(_) => (B::Shl, false),
        S::Shr(_) => (B::Shr, false),
        S::Eq(_) => (B::Eq, false),
        S::Lt(_) => (B::Lt, false),
        S::Le(_) => (B::Le, false),
        S::Ne(_) => (B::Ne, false),
        S::Ge(_) => (B::Ge, false),
        S::Gt(_) => (B::Gt, false),
        S::AddAssign(_) => (B::Add, true),
        S::SubAssign(_) => (B::Sub, true),
        S::MulAssign(_) => (B::Mul, true),
        S::DivAssign(_) => (B::Div, true),
        S::RemAssign(_) => (B::Rem, true),
        S::BitXorAssign(_) => (B::BitXor, true),
        S::BitAndAssign(_) => (B::BitAnd, true),
        S::BitOrAssign(_) => (B::BitOr, true),
        S::ShlAssign(_) => (B::Shl, true),
        S::ShrAssign(_) => (B::Shr, true),
        _ => return None,
    })
}
