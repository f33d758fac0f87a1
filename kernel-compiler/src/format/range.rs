//! Proves that a value stays within its fields, tables and 32 bits, for every weight of a block: the tree
//! is evaluated over intervals, the weight's index being known.

use super::layout::Field;
use super::value::{Entries, Node, Value};
use crate::diag::catalog::format::{LAYOUT, VALUE_RANGE};
use crate::ir::Span;
use crate::parse::Parser;

/// What is known of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    /// From, to.
    Int(i64, i64),
    Float,
    /// The value, if it is known.
    Truth(Option<bool>),
}

/// A mistake.
struct Leaves {
    span: Span,
    /// Beyond a field, or beyond anything else.
    field: bool,
    message: String,
    help: String,
}

/// Reports the first mistake.
pub(super) fn check(
    fields: &[Field],
    value: &Value,
    weights: u32,
    parser: &mut Parser<'_>,
) -> Option<()> {
    for weight in 0..weights {
        let mut walk = Walk { fields, value, weight: i64::from(weight), parts: Vec::new() };
        if let Err(leaves) = walk.value() {
            let entry = if leaves.field { &LAYOUT } else { &VALUE_RANGE };
            let message = format!("of weight {weight}, {}", leaves.message);
            parser.report(entry, leaves.span, message, leaves.help);
            return None;
        }
    }
    Some(())
}

struct Walk<'w> {
    fields: &'w [Field],
    value: &'w Value,
    weight: i64,
    parts: Vec<Known>,
}

type Found = Result<Known, Leaves>;

impl Walk<'_> {
    fn value(&mut self) -> Result<(), Leaves> {
        for (_, part) in &self.value.parts {
            let known = self.node(&part.node)?;
            self.parts.push(known);
        }
        match &self.value.result {
            Some(result) => self.node(result).map(|_| ()),
            None => Ok(()),
        }
    }

    fn node(&self, node: &Node) -> Found {
        match node {
            Node::Int(value) => Ok(Known::Int(*value, *value)),
            Node::Float(_) => Ok(Known::Float),
            Node::Weight => Ok(Known::Int(self.weight, self.weight)),
            Node::Part(at) => Ok(self.parts.get(*at).copied().unwrap_or(Known::Float)),
            Node::Number(field) => Ok(self.field(*field)),
            Node::Element(field, index, span) => {
                let len = self.fields[*field].len.unwrap_or(1) as usize;
                let name = &self.fields[*field].name.name;
                self.within(index, len, &format!("`{name}`"), true, *span)?;
                Ok(self.field(*field))
            }
            Node::Entry(table, index, span) => {
                let table = &self.value.tables[*table];
                let (from, to) =
                    self.within(index, table.entries.len(), &table.name, false, *span)?;
                Ok(match &table.entries {
                    Entries::Float(_) => Known::Float,
                    Entries::Int(all) => {
                        let some = all.get(from..=to).unwrap_or(all);
                        let low = some.iter().min().copied().unwrap_or(0);
                        let high = some.iter().max().copied().unwrap_or(0);
                        Known::Int(i64::from(low), i64::from(high))
                    }
                })
            }
            Node::Negate(a, span) => match self.node(a)? {
                Known::Int(low, high) => fits(-high, -low, *span),
                other => Ok(other),
            },
            Node::Not(a) => match self.node(a)? {
                Known::Truth(truth) => Ok(Known::Truth(truth.map(|t| !t))),
                other => Ok(other),
            },
            Node::Binary(op, a, b, span) => self.binary(op, a, b, *span),
            Node::If(condition, a, b) => match self.node(condition)? {
                Known::Truth(Some(true)) => self.node(a),
                Known::Truth(Some(false)) => self.node(b),
                _ => Ok(either(self.node(a)?, self.node(b)?)),
            },
            Node::ToFloat(a) => self.node(a).map(|_| Known::Float),
            Node::Method(name, a, b) => {
                let (a, b) = (self.node(a)?, b.as_ref().map(|b| self.node(b)).transpose()?);
                Ok(match (a, b) {
                    (Known::Int(a, b), Some(Known::Int(c, d))) if *name == "min" => {
                        Known::Int(a.min(c), b.min(d))
                    }
                    (Known::Int(a, b), Some(Known::Int(c, d))) => Known::Int(a.max(c), b.max(d)),
                    (Known::Int(a, b), None) => {
                        let low = if a <= 0 && b >= 0 { 0 } else { a.abs().min(b.abs()) };
                        Known::Int(low, a.abs().max(b.abs()).min(i64::from(i32::MAX)))
                    }
                    (other, _) => other,
                })
            }
        }
    }

    fn field(&self, at: usize) -> Known {
        let kind = self.fields[at].kind;
        if kind.is_float() {
            return Known::Float;
        }
        let (low, high) = kind.range();
        Known::Int(low, high)
    }

    /// An index that is within `len`.
    fn within(
        &self,
        index: &Node,
        len: usize,
        name: &str,
        field: bool,
        span: Span,
    ) -> Result<(usize, usize), Leaves> {
        let Known::Int(low, high) = self.node(index)? else { return Ok((0, 0)) };
        if low >= 0 && high < len as i64 {
            return Ok((low as usize, high as usize));
        }
        let which = if low == high { format!("{low}") } else { format!("{low} to {high}") };
        let message = format!("number {which} of {name} is read, and it has {len}");
        let help =
            "its length, `weights` and the index must agree; a mask such as `& 15` bounds one";
        Err(Leaves { span, field, message, help: help.to_owned() })
    }

    fn binary(&self, op: &str, a: &Node, b: &Node, span: Span) -> Found {
        let left = self.node(a)?;
        match (op, left) {
            ("&&", Known::Truth(Some(false))) | ("||", Known::Truth(Some(true))) => {
                return Ok(left);
            }
            _ => {}
        }
        let right = self.node(b)?;
        match (left, right) {
            (Known::Int(a, b), Known::Int(c, d)) => integers(op, (a, b), (c, d), span),
            (Known::Truth(_), Known::Truth(truth)) => match (op, left) {
                (_, Known::Truth(Some(_))) => Ok(Known::Truth(truth)),
                _ => Ok(Known::Truth(None)),
            },
            _ if matches!(op, "==" | "!=" | "<" | "<=" | ">" | ">=") => Ok(Known::Truth(None)),
            _ => Ok(Known::Float),
        }
    }
}

fn either(a: Known, b: Known) -> Known {
    match (a, b) {
        (Known::Int(a, b), Known::Int(c, d)) => Known::Int(a.min(c), b.max(d)),
        (Known::Truth(a), Known::Truth(b)) => Known::Truth(a.filter(|_| a == b)),
        (other, _) => other,
    }
}

/// An interval of 32 bits.
fn fits(low: i64, high: i64, span: Span) -> Found {
    if low >= i64::from(i32::MIN) && high <= i64::from(i32::MAX) {
        return Ok(Known::Int(low, high));
    }
    let message = format!("this is {low} to {high}, more than 32 bits with a sign hold");
    let help = "integers are i32: make a factor a float, or mask";
    Err(Leaves { span, field: false, message, help: help.to_owned() })
}

fn integers(op: &str, (a, b): (i64, i64), (c, d): (i64, i64), span: Span) -> Found {
    let corners = |f: &dyn Fn(i64, i64) -> i64| {
        let all = [f(a, c), f(a, d), f(b, c), f(b, d)];
        (all.into_iter().min().unwrap_or(0), all.into_iter().max().unwrap_or(0))
    };
    let refused = |message: String, help: &str| {
        Err(Leaves { span, field: false, message, help: help.to_owned() })
    };
    let order =
        |low: bool, high: bool| Ok(Known::Truth(if low == high { Some(low) } else { None }));
    let bits = |x: i64| (1i64 << (64 - x.leading_zeros())) - 1;
    match op {
        "+" => fits(a + c, b + d, span),
        "-" => fits(a - d, b - c, span),
        "*" => {
            let (low, high) = corners(&|x, y| x * y);
            fits(low, high, span)
        }
        "/" | "%" if c <= 0 && d >= 0 => {
            refused(format!("the divisor is {c} to {d}"), "a divisor is never 0")
        }
        "/" => {
            let (low, high) = corners(&|x, y| x / y);
            fits(low, high, span)
        }
        "%" if a == b && c == d => Ok(Known::Int(a % c, a % c)),
        "%" => {
            let most = c.abs().max(d.abs()) - 1;
            let low = if a >= 0 { 0 } else { (-most).max(a) };
            Ok(Known::Int(low, if b <= 0 { 0 } else { most.min(b) }))
        }
        "<<" | ">>" if c < 0 || d > 31 => {
            refused(format!("this shifts by {c} to {d}"), "numbers are shifted by 0 to 31")
        }
        "<<" => {
            let (low, high) = corners(&|x, y| x << y);
            fits(low, high, span)
        }
        ">>" => {
            let (low, high) = corners(&|x, y| x >> y);
            Ok(Known::Int(low, high))
        }
        "&" | "|" | "^" if a == b && c == d => {
            let value = match op {
                "&" => a & c,
                "|" => a | c,
                _ => a ^ c,
            };
            Ok(Known::Int(value, value))
        }
        "&" if a >= 0 && c >= 0 => Ok(Known::Int(0, b.min(d))),
        "&" if a >= 0 => Ok(Known::Int(0, b)),
        "&" if c >= 0 => Ok(Known::Int(0, d)),
        "|" if a >= 0 && c >= 0 => Ok(Known::Int(a.max(c), bits(b | d))),
        "^" if a >= 0 && c >= 0 => Ok(Known::Int(0, bits(b | d))),
        "&" | "|" | "^" => Ok(Known::Int(i64::from(i32::MIN), i64::from(i32::MAX))),
        "<" => order(b < c, a < d),
        "<=" => order(b <= c, a <= d),
        ">" => order(a > d, b > c),
        ">=" => order(a >= d, b >= c),
        _ => {
            let same = a == b && c == d;
            let equal = if same { Some(a == c) } else { None };
            let equal = if b < c || d < a { Some(false) } else { equal };
            Ok(Known::Truth(if op == "==" { equal } else { equal.map(|e| !e) }))
        }
    }
}
