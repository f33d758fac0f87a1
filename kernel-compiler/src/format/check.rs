//! From a declaration as written to a checked one: its entries, and the types of its value.

use super::declaration::{Entry, Written};
use super::layout::{self, Field};
use super::range;
use super::value::{Entries, Node, Table, Ty, Typed, Value};
use super::{Fast, Format};
use crate::diag::catalog::attribute::DUPLICATE_KEY;
use crate::diag::catalog::format::{DECLARATION, FAST, LAYOUT, VALUE_FORM, VALUE_NAME};
use crate::diag::suggest::did_you_mean;
use crate::ir::Span;
use crate::parse::Parser;
use quote::ToTokens;
use syn::spanned::Spanned;

/// Entries of a table.
const TABLE_LIMIT: usize = 256;

/// One declaration.
pub(super) fn format(written: Written, parser: &mut Parser<'_>) -> Option<Format> {
    let name = parser.ident(&written.name);
    let (mut weights, mut places, mut value, mut fast, mut crate_path) =
        (None, None, None, Fast::No, None);
    let mut right = unique(&written.entries, parser);
    for entry in written.entries {
        match entry {
            Entry::Weights(_, number) => {
                weights = self::weights(&number, parser);
                right &= weights.is_some();
            }
            Entry::Layout(_, fields) => {
                places = layout::place(&fields, parser);
                right &= places.is_some();
            }
            Entry::Value(_, index, body) => value = Some((index, body)),
            Entry::FastName(_, function) => fast = Fast::Library(function.to_string()),
            Entry::FastCode(_, function) => match own(&function, parser) {
                Some(function) => fast = Fast::Own(Box::new(function)),
                None => right = false,
            },
            Entry::Crate(path) => crate_path = Some(path),
            Entry::Unknown(_) => right = false,
        }
    }
    let missing = [
        (right && weights.is_none(), "weights: 32"),
        (right && places.is_none(), "layout: { scale: f16, quants: [i8; 32] }"),
        (right && value.is_none(), "value(i) = scale * quants[i]"),
    ];
    for (_, example) in missing.iter().filter(|(missing, _)| *missing) {
        let key = example.split([':', '(']).next().unwrap_or_default();
        let message = format!("the format does not say `{key}`");
        parser.report(&DECLARATION, name.span, message, format!("write `{example}`"));
    }
    let (weights, (fields, planes), (index, body)) = (weights?, places?, value?);
    if !right {
        return None;
    }
    let value = Checker::new(&fields, &index, parser).value(&body)?;
    range::check(&fields, &value, weights, parser)?;
    let (doc, tokens) = (written.doc, written.tokens);
    let visibility = written.visibility.to_token_stream();
    let name = name.clone();
    Some(Format { doc, name, weights, visibility, fields, planes, value, fast, crate_path, tokens })
}

/// Reports entries that are there twice or that there are not.
fn unique(entries: &[Entry], parser: &mut Parser<'_>) -> bool {
    const KEYS: [&str; 5] = ["weights", "layout", "value", "fast", "crate"];
    let mut seen: Vec<String> = Vec::new();
    let mut right = true;
    for entry in entries {
        let key = match entry {
            Entry::Weights(key, _)
            | Entry::Layout(key, _)
            | Entry::Value(key, ..)
            | Entry::FastName(key, _)
            | Entry::FastCode(key, _)
            | Entry::Unknown(key) => key,
            Entry::Crate(_) => continue,
        };
        let (name, span) = (key.to_string(), parser.span(key.span()));
        if matches!(entry, Entry::Unknown(_)) {
            let message = format!("a format has no `{name}`");
            let all = format!("it has {}", KEYS.join(", "));
            parser.report(&DECLARATION, span, message, did_you_mean(&name, KEYS, &all));
            right = false;
        } else if seen.contains(&name) {
            let message = format!("`{name}` is given twice");
            parser.report(&DUPLICATE_KEY, span, message, "keep one of them");
            right = false;
        }
        seen.push(name);
    }
    right
}

fn weights(number: &syn::Expr, parser: &mut Parser<'_>) -> Option<u32> {
    let weights = layout::number(number, parser)?;
    if weights == 0 || !weights.is_multiple_of(32) || weights > 1024 {
        let span = parser.span(number.span());
        let message = format!("a block cannot have {weights} weights");
        parser.report(&LAYOUT, span, message, "kernels read 32 at once: a multiple of 32 to 1024");
        return None;
    }
    Some(weights)
}

/// `fn unpack(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) { .. }`
fn own(function: &syn::ItemFn, parser: &mut Parser<'_>) -> Option<crate::ast::Function> {
    let span = parser.span(function.sig.ident.span());
    let plain = function.sig.inputs.len() == 3
        && function.sig.generics.params.is_empty()
        && matches!(function.sig.output, syn::ReturnType::Default);
    if !plain {
        let message = "a fast unpacker takes a packed matrix, a group of 32 weights and a visitor";
        let help = "write `fast = fn unpack(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4]))`";
        parser.report(&FAST, span, message, help);
        return None;
    }
    parser.device_function(function)
}

/// From syntax to the tree.
struct Checker<'c, 'p, 'm> {
    fields: &'c [Field],
    /// What the declaration calls the weight's index.
    index: String,
    value: Value,
    parser: &'p mut Parser<'m>,
}

impl<'c, 'p, 'm> Checker<'c, 'p, 'm> {
    fn new(fields: &'c [Field], index: &syn::Ident, parser: &'p mut Parser<'m>) -> Self {
        let names = fields.iter().map(|field| field.name.name.clone()).collect();
        let value = Value { fields: names, ..Value::default() };
        Checker { fields, index: index.to_string(), value, parser }
    }

    fn value(mut self, body: &syn::Expr) -> Option<Value> {
        let result = match body {
            syn::Expr::Block(block) if block.label.is_none() => self.block(&block.block)?,
            other => self.node(other)?,
        };
        self.value.result = Some(self.float(result, body)?);
        Some(self.value)
    }

    /// Tables, named parts, the result.
    fn block(&mut self, block: &syn::Block) -> Option<Typed> {
        let (last, front) = block.stmts.split_last()?;
        for statement in front {
            match statement {
                syn::Stmt::Item(syn::Item::Const(item)) => {
                    let table = self.table(item)?;
                    self.value.tables.push(table);
                }
                syn::Stmt::Local(local) => {
                    let (syn::Pat::Ident(name), Some(init)) = (&local.pat, &local.init) else {
                        return self.form(local, "this is no named part", "write `let name = ..;`");
                    };
                    let part = self.node(&init.expr)?;
                    self.value.parts.push((name.ident.to_string(), part));
                }
                other => {
                    let help = "write `let name = ..;`, `const TABLE: [i8; 16] = [..];` and last the \
                                weight";
                    return self.form(other, "a value has no such statement", help);
                }
            }
        }
        match last {
            syn::Stmt::Expr(result, None) => self.node(result),
            other => self.form(other, "the last line is the weight", "leave its semicolon out"),
        }
    }

    fn table(&mut self, item: &syn::ItemConst) -> Option<Table> {
        let syn::Type::Array(array) = &*item.ty else {
            let help = "write `const NAME: [i8; 16] = [..];`, or `let name = ..;` for one number";
            return self.form(&item.ty, "this is no table", help);
        };
        let element = array.elem.to_token_stream().to_string();
        let syn::Expr::Array(listed) = &*item.expr else {
            return self.form(&item.expr, "a table lists its numbers", "write `[1, 2, 3]`");
        };
        let len = layout::number(&array.len, self.parser)? as usize;
        if len != listed.elems.len() || len > TABLE_LIMIT {
            let found = listed.elems.len();
            let message = format!("the table says {len} numbers and has {found}");
            let help = format!("it has at most {TABLE_LIMIT}");
            return self.form(&item.expr, &message, &help);
        }
        let mut numbers = Vec::with_capacity(len);
        for number in &listed.elems {
            numbers.push(self.literal(number)?);
        }
        let entries = match element.as_str() {
            "f32" => Entries::Float(numbers.iter().map(|n| *n as f32).collect()),
            "i8" | "u8" | "i16" | "u16" | "i32" => {
                let mut all = Vec::with_capacity(len);
                for (number, place) in numbers.iter().zip(&listed.elems) {
                    let (low, high) = integers(&element);
                    if number.fract() != 0.0 || *number < low || *number > high {
                        let message = format!("{number} is no {element}");
                        return self.form(place, &message, "");
                    }
                    all.push(*number as i32);
                }
                Entries::Int(all)
            }
            _ => return self.form(&array.elem, "tables are of i8, u8, i16, u16, i32 or f32", ""),
        };
        Some(Table { name: item.ident.to_string(), entries })
    }

    fn literal(&mut self, number: &syn::Expr) -> Option<f64> {
        match number {
            syn::Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr, .. }) => {
                Some(-self.literal(expr)?)
            }
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(int), .. }) => {
                int.base10_parse::<i64>().ok().map(|value| value as f64)
            }
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Float(float), .. }) => {
                float.base10_parse().ok()
            }
            other => self.form(
                other,
                "a macro cannot know what this stands for",
                "write the number here",
            ),
        }
    }

    fn node(&mut self, expr: &syn::Expr) -> Option<Typed> {
        let span = self.parser.tree(expr);
        match expr {
            syn::Expr::Paren(inner) => self.node(&inner.expr),
            syn::Expr::Group(inner) => self.node(&inner.expr),
            syn::Expr::Lit(literal) => self.number(literal),
            syn::Expr::Path(path) => self.name(path),
            syn::Expr::Index(index) => self.element(index),
            syn::Expr::Unary(unary) => self.unary(unary, span),
            syn::Expr::Binary(binary) => self.binary(binary, span),
            syn::Expr::If(branch) => self.branch(branch),
            syn::Expr::Block(block) => match block.block.stmts.as_slice() {
                [syn::Stmt::Expr(value, None)] => self.node(value),
                _ => self.form(expr, "a branch is one expression", "name its parts before it"),
            },
            syn::Expr::Cast(cast) if cast.ty.to_token_stream().to_string() == "f32" => {
                let inner = self.node(&cast.expr)?;
                let node = self.float(inner, &cast.expr)?;
                Some(Typed { node, ty: Ty::Float })
            }
            syn::Expr::MethodCall(call) => self.method(call),
            other => {
                let help = "there are + - * / % & | ^ << >>, comparisons, `if`, `as f32`, min, max, \
                            abs, fields, tables and named parts";
                self.form(other, "a format's value has no such expression", help)
            }
        }
    }

    fn number(&mut self, literal: &syn::ExprLit) -> Option<Typed> {
        match &literal.lit {
            syn::Lit::Int(int) => match int.base10_parse::<i32>() {
                Ok(value) => Some(Typed { node: Node::Int(i64::from(value)), ty: Ty::Int }),
                Err(_) => self.form(literal, "integers have 32 bits", ""),
            },
            syn::Lit::Float(float) => match float.base10_parse::<f32>() {
                Ok(value) => Some(Typed { node: Node::Float(value), ty: Ty::Float }),
                Err(_) => self.form(literal, "this is no f32", ""),
            },
            _ => self.form(literal, "a format's value is made of numbers", ""),
        }
    }

    fn name(&mut self, path: &syn::ExprPath) -> Option<Typed> {
        let Some(name) = path.path.get_ident().map(ToString::to_string) else {
            let message = "a macro cannot know what this stands for";
            return self.form(path, message, "write the number here");
        };
        if name == self.index {
            return Some(Typed { node: Node::Weight, ty: Ty::Int });
        }
        // The last of a name hides those before it.
        if let Some(at) = self.value.parts.iter().rposition(|(part, _)| *part == name) {
            return Some(Typed { node: Node::Part(at), ty: self.value.parts[at].1.ty });
        }
        let Some(at) = self.value.fields.iter().position(|field| *field == name) else {
            if self.value.tables.iter().any(|table| table.name == name) {
                let help = format!("write `{name}[..]`");
                return self.form(path, "this is a table, not a number", &help);
            }
            return self.unknown(path, &name);
        };
        if self.fields[at].len.is_some() {
            let help = format!("write `{name}[{}]`", self.index);
            return self.form(path, "this field is several numbers", &help);
        }
        let ty = if self.fields[at].kind.is_float() { Ty::Float } else { Ty::Int };
        Some(Typed { node: Node::Number(at), ty })
    }

    fn unknown(&mut self, at: &impl ToTokens, name: &str) -> Option<Typed> {
        let mut known: Vec<&str> = vec![&self.index];
        known.extend(self.value.fields.iter().map(String::as_str));
        known.extend(self.value.tables.iter().map(|table| table.name.as_str()));
        known.extend(self.value.parts.iter().map(|(part, _)| part.as_str()));
        let all = format!("there are {}", known.join(", "));
        let help = did_you_mean(name, known, &all);
        let span = self.parser.tree(at);
        self.parser.report(&VALUE_NAME, span, format!("the format has no `{name}`"), help);
        None
    }

    fn element(&mut self, expr: &syn::ExprIndex) -> Option<Typed> {
        let at = self.node(&expr.index)?;
        if at.ty != Ty::Int {
            return self.form(&expr.index, &format!("{} is no index", at.ty.name()), "");
        }
        let (index, span) = (Box::new(at.node), self.parser.tree(&expr.index));
        let syn::Expr::Path(path) = &*expr.expr else {
            return self.form(&expr.expr, "only fields and tables have elements", "");
        };
        let name = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
        if let Some(table) = self.value.tables.iter().position(|table| table.name == name) {
            let ty = match self.value.tables[table].entries {
                Entries::Int(_) => Ty::Int,
                Entries::Float(_) => Ty::Float,
            };
            return Some(Typed { node: Node::Entry(table, index, span), ty });
        }
        let Some(field) = self.value.fields.iter().position(|field| *field == name) else {
            return self.unknown(&expr.expr, &name);
        };
        if self.fields[field].len.is_none() {
            let help = format!("write `{name}`");
            return self.form(expr, "this field is one number", &help);
        }
        let ty = if self.fields[field].kind.is_float() { Ty::Float } else { Ty::Int };
        Some(Typed { node: Node::Element(field, index, span), ty })
    }

    fn unary(&mut self, unary: &syn::ExprUnary, span: Span) -> Option<Typed> {
        let inner = self.node(&unary.expr)?;
        match (&unary.op, inner.ty) {
            (syn::UnOp::Neg(_), Ty::Int | Ty::Float) => {
                Some(Typed { node: Node::Negate(Box::new(inner.node), span), ty: inner.ty })
            }
            (syn::UnOp::Not(_), Ty::Truth) => {
                Some(Typed { node: Node::Not(Box::new(inner.node)), ty: Ty::Truth })
            }
            _ => self.form(unary, &format!("{} has no such operator", inner.ty.name()), ""),
        }
    }

    fn binary(&mut self, binary: &syn::ExprBinary, span: Span) -> Option<Typed> {
        use syn::BinOp as B;
        let (a, b) = (self.node(&binary.left)?, self.node(&binary.right)?);
        let (op, numbers, result) = match &binary.op {
            B::Add(_) => ("+", true, None),
            B::Sub(_) => ("-", true, None),
            B::Mul(_) => ("*", true, None),
            B::Div(_) => ("/", true, None),
            B::Rem(_) => ("%", false, Some(Ty::Int)),
            B::BitAnd(_) => ("&", false, Some(Ty::Int)),
            B::BitOr(_) => ("|", false, Some(Ty::Int)),
            B::BitXor(_) => ("^", false, Some(Ty::Int)),
            B::Shl(_) => ("<<", false, Some(Ty::Int)),
            B::Shr(_) => (">>", false, Some(Ty::Int)),
            B::Eq(_) => ("==", true, Some(Ty::Truth)),
            B::Ne(_) => ("!=", true, Some(Ty::Truth)),
            B::Lt(_) => ("<", true, Some(Ty::Truth)),
            B::Le(_) => ("<=", true, Some(Ty::Truth)),
            B::Gt(_) => (">", true, Some(Ty::Truth)),
            B::Ge(_) => (">=", true, Some(Ty::Truth)),
            B::And(_) => ("&&", false, Some(Ty::Truth)),
            B::Or(_) => ("||", false, Some(Ty::Truth)),
            _ => return self.form(&binary.op, "a format's value assigns nothing", ""),
        };
        let truths = matches!(op, "&&" | "||");
        let wanted = |ty: Ty| match ty {
            Ty::Truth => truths,
            Ty::Int => !truths,
            Ty::Float => numbers,
        };
        for (side, expr) in [(&a, &binary.left), (&b, &binary.right)] {
            if !wanted(side.ty) {
                let message = format!("`{op}` does not take {}", side.ty.name());
                return self.form(&**expr, &message, "");
            }
        }
        let floats = a.ty == Ty::Float || b.ty == Ty::Float;
        let side = |side: Typed| if floats { to_float(side) } else { side.node };
        let ty = result.unwrap_or(if floats { Ty::Float } else { Ty::Int });
        let node = Node::Binary(op, Box::new(side(a)), Box::new(side(b)), span);
        Some(Typed { node, ty })
    }

    fn branch(&mut self, branch: &syn::ExprIf) -> Option<Typed> {
        let condition = self.node(&branch.cond)?;
        if condition.ty != Ty::Truth {
            return self.form(
                &branch.cond,
                &format!("{} is no condition", condition.ty.name()),
                "",
            );
        }
        let Some((_, otherwise)) = &branch.else_branch else {
            return self.form(branch, "a value needs both branches", "write `else { .. }`");
        };
        let [syn::Stmt::Expr(then, None)] = branch.then_branch.stmts.as_slice() else {
            let message = "a branch is one expression";
            return self.form(&branch.then_branch, message, "name its parts before it");
        };
        let (a, b) = (self.node(then)?, self.node(otherwise)?);
        let floats = a.ty == Ty::Float || b.ty == Ty::Float;
        if a.ty != b.ty && (a.ty == Ty::Truth || b.ty == Ty::Truth) {
            return self.form(branch, "the branches are of different types", "");
        }
        let ty = if floats { Ty::Float } else { a.ty };
        let side = |side: Typed| Box::new(if floats { to_float(side) } else { side.node });
        Some(Typed { node: Node::If(Box::new(condition.node), side(a), side(b)), ty })
    }

    fn method(&mut self, call: &syn::ExprMethodCall) -> Option<Typed> {
        const NAMES: [(&str, usize); 3] = [("min", 1), ("max", 1), ("abs", 0)];
        let found = NAMES.iter().find(|(name, _)| call.method == name);
        let Some((name, _)) = found.filter(|(_, count)| call.args.len() == *count) else {
            let help = "there are a.min(b), a.max(b) and a.abs()";
            return self.form(&call.method, "a format's value has no such function", help);
        };
        let a = self.node(&call.receiver)?;
        let b = match call.args.first() {
            Some(argument) => Some(self.node(argument)?),
            None => None,
        };
        let tys = [Some(a.ty), b.as_ref().map(|b| b.ty)];
        if tys.contains(&Some(Ty::Truth)) {
            return self.form(call, &format!("`{name}` takes numbers"), "");
        }
        let floats = tys.contains(&Some(Ty::Float));
        let side = |side: Typed| Box::new(if floats { to_float(side) } else { side.node });
        let node = Node::Method(name, side(a), b.map(side));
        Some(Typed { node, ty: if floats { Ty::Float } else { Ty::Int } })
    }

    fn float(&mut self, value: Typed, at: &syn::Expr) -> Option<Node> {
        match value.ty {
            Ty::Truth => self.form(at, "a truth value is no weight", ""),
            _ => Some(to_float(value)),
        }
    }

    fn form<T>(&mut self, at: &impl ToTokens, message: &str, help: &str) -> Option<T> {
        let span = self.parser.tree(at);
        self.parser.report(&VALUE_FORM, span, message, help);
        None
    }
}

/// Integers become floats beside floats.
fn to_float(value: Typed) -> Node {
    match (value.ty, value.node) {
        (Ty::Int, Node::Int(number)) => Node::Float(number as f32),
        (Ty::Int, node) => Node::ToFloat(Box::new(node)),
        (_, node) => node,
    }
}

/// Smallest and largest value of a table's type.
fn integers(name: &str) -> (f64, f64) {
    match name {
        "i8" => (-128.0, 127.0),
        "u8" => (0.0, 255.0),
        "i16" => (-32768.0, 32767.0),
        "u16" => (0.0, 65535.0),
        _ => (f64::from(i32::MIN), f64::from(i32::MAX)),
    }
}
