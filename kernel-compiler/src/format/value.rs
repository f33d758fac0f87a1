//! What a weight is: a typed tree over 32-bit integers, f32 and truth values, and its text.
//!
//! The text is the same in kernel code and in Rust: where it stands, `weight` is the index, `field_name` a
//! number or a closure that takes an index, `table_name` a closure, `value_name` a named part.

use crate::ir::Span;
use std::fmt::Write;

/// `value(i) = { const T: [..] = [..]; let part = ..; result }`
#[derive(Debug, Default)]
pub(super) struct Value {
    /// Names of the fields, by index.
    pub fields: Vec<String>,
    pub tables: Vec<Table>,
    /// Named parts, in order.
    pub parts: Vec<(String, Typed)>,
    pub result: Option<Node>,
}

/// A constant table.
#[derive(Debug)]
pub(super) struct Table {
    pub name: String,
    pub entries: Entries,
}

/// The numbers of a table.
#[derive(Debug)]
pub(super) enum Entries {
    Int(Vec<i32>),
    Float(Vec<f32>),
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        match self {
            Entries::Int(all) => all.len(),
            Entries::Float(all) => all.len(),
        }
    }

    /// The entries as literals.
    pub(super) fn literals(&self) -> Vec<String> {
        match self {
            Entries::Int(all) => all.iter().map(|v| int(i64::from(*v))).collect(),
            Entries::Float(all) => all.iter().map(|v| float(*v)).collect(),
        }
    }
}

/// A type of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ty {
    Int,
    Float,
    Truth,
}

impl Ty {
    pub(super) fn name(self) -> &'static str {
        match self {
            Ty::Int => "an integer",
            Ty::Float => "a float",
            Ty::Truth => "a truth value",
        }
    }
}

/// A node with its type.
#[derive(Debug)]
pub(super) struct Typed {
    pub node: Node,
    pub ty: Ty,
}

/// A node.
#[derive(Debug)]
pub(super) enum Node {
    Int(i64),
    Float(f32),
    /// The index of the weight within its block.
    Weight,
    /// A named part.
    Part(usize),
    /// A field of one number.
    Number(usize),
    /// A number of an array field.
    Element(usize, Box<Node>, Span),
    /// A number of a table.
    Entry(usize, Box<Node>, Span),
    Negate(Box<Node>, Span),
    Not(Box<Node>),
    Binary(&'static str, Box<Node>, Box<Node>, Span),
    If(Box<Node>, Box<Node>, Box<Node>),
    /// An integer as a float.
    ToFloat(Box<Node>),
    /// `a.min(b)`, `a.max(b)`, `a.abs()`
    Method(&'static str, Box<Node>, Option<Box<Node>>),
}

impl Value {
    /// Whether a node is the same for all weights of a group of 32.
    pub(super) fn per_group(&self, node: &Node) -> bool {
        let all = |nodes: &[&Node]| nodes.iter().all(|node| self.per_group(node));
        match node {
            Node::Int(_) | Node::Float(_) | Node::Number(_) => true,
            Node::Weight => false,
            Node::Binary("/", a, b, _) if matches!(**a, Node::Weight) => {
                matches!(**b, Node::Int(by) if by > 0 && by % 32 == 0)
            }
            Node::Part(at) => {
                self.parts.get(*at).is_some_and(|(_, part)| self.per_group(&part.node))
            }
            Node::Element(_, a, _)
            | Node::Entry(_, a, _)
            | Node::Negate(a, _)
            | Node::Not(a)
            | Node::ToFloat(a)
            | Node::Method(_, a, None) => all(&[a]),
            Node::Binary(_, a, b, _) | Node::Method(_, a, Some(b)) => all(&[a, b]),
            Node::If(a, b, c) => all(&[a, b, c]),
        }
    }

    /// `let` lines of the parts for which `wanted` holds.
    pub(super) fn let_lines(&self, indent: &str, wanted: impl Fn(&Node) -> bool) -> String {
        let mut out = String::new();
        for (name, part) in self.parts.iter().filter(|(_, part)| wanted(&part.node)) {
            let _ = writeln!(out, "{indent}let value_{name} = {};", part.node.text(self));
        }
        out
    }
}

impl Node {
    /// As text.
    pub(super) fn text(&self, value: &Value) -> String {
        let field = |at: &usize| value.fields.get(*at).map_or("", String::as_str);
        match self {
            Node::Int(number) => int(*number),
            Node::Float(number) => float(*number),
            Node::Weight => "weight".to_owned(),
            Node::Part(at) => {
                format!("value_{}", value.parts.get(*at).map_or("", |(name, _)| name.as_str()))
            }
            Node::Number(at) => format!("field_{}", field(at)),
            Node::Element(at, index, _) => format!("field_{}({})", field(at), index.text(value)),
            Node::Entry(at, index, _) => {
                let name = value.tables.get(*at).map_or("", |table| table.name.as_str());
                format!("table_{name}({})", index.text(value))
            }
            Node::Negate(a, _) => format!("(-{})", a.text(value)),
            Node::Not(a) => format!("(!{})", a.text(value)),
            Node::Binary(op, a, b, _) => format!("({} {op} {})", a.text(value), b.text(value)),
            Node::If(condition, a, b) => {
                let (a, b) = (a.text(value), b.text(value));
                format!("(if {} {{ {a} }} else {{ {b} }})", condition.text(value))
            }
            Node::ToFloat(a) => format!("({} as f32)", a.text(value)),
            Node::Method(name, a, None) => format!("({}).{name}()", a.text(value)),
            Node::Method(name, a, Some(b)) => {
                format!("({}).{name}({})", a.text(value), b.text(value))
            }
        }
    }
}

fn int(value: i64) -> String {
    if value < 0 { format!("({value}i32)") } else { format!("{value}i32") }
}

fn float(value: f32) -> String {
    if value.is_sign_negative() { format!("({value:?}f32)") } else { format!("{value:?}f32") }
}
