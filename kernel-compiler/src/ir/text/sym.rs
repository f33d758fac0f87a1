//! Symbolic sizes and conditions in text: `ceil_div(rows, 8) * cols`, `cols % 8 == 0`, `aligned(x, 16)`.

use super::names::SIGNS;
use super::read::Cursor;
use super::token::Token;
use crate::ir::{Condition, Module, ParamId, Sym};

type Pair = (Box<Sym>, Box<Sym>);

/// The text of a size.
pub(super) fn write(sym: &Sym, module: &Module) -> String {
    let call = |name: &str, a: &Sym, b: &Sym| {
        format!("{name}({}, {})", write(a, module), write(b, module))
    };
    let infix =
        |sign: &str, a: &Sym, b: &Sym| format!("{} {sign} {}", inner(a, module), inner(b, module));
    match sym {
        Sym::Const(n) => n.to_string(),
        Sym::Param(id) => super::write::param(module, *id),
        Sym::Add(a, b) => infix("+", a, b),
        Sym::Sub(a, b) => infix("-", a, b),
        Sym::Mul(a, b) => infix("*", a, b),
        Sym::Div(a, b) => infix("/", a, b),
        Sym::Rem(a, b) => infix("%", a, b),
        Sym::CeilDiv(a, b) => call("ceil_div", a, b),
        Sym::Min(a, b) => call("min", a, b),
        Sym::Max(a, b) => call("max", a, b),
    }
}

fn inner(sym: &Sym, module: &Module) -> String {
    let text = write(sym, module);
    match sym {
        Sym::Add(..) | Sym::Sub(..) | Sym::Mul(..) | Sym::Div(..) | Sym::Rem(..) => {
            format!("({text})")
        }
        _ => text,
    }
}

/// The text of a condition.
pub(super) fn write_condition(condition: &Condition, module: &Module) -> String {
    match condition {
        Condition::Compare(a, comparison, b) => {
            let sign = SIGNS.iter().find(|(c, _)| c == comparison).map_or("?", |(_, s)| s);
            format!("{} {sign} {}", write(a, module), write(b, module))
        }
        Condition::Aligned { param, bytes } => {
            format!("aligned({}, {bytes})", super::write::param(module, *param))
        }
    }
}

/// Reads a size.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Sym, String> {
    let mut left = product(cursor)?;
    loop {
        let make: fn(Pair) -> Sym = match cursor.peek() {
            Some(Token::Sign("+")) => |(a, b)| Sym::Add(a, b),
            Some(Token::Sign("-")) => |(a, b)| Sym::Sub(a, b),
            _ => return Ok(left),
        };
        cursor.next();
        left = make((Box::new(left), Box::new(product(cursor)?)));
    }
}

fn product(cursor: &mut Cursor<'_>) -> Result<Sym, String> {
    let mut left = atom(cursor)?;
    loop {
        let make: fn(Pair) -> Sym = match cursor.peek() {
            Some(Token::Sign("*")) => |(a, b)| Sym::Mul(a, b),
            Some(Token::Sign("/")) => |(a, b)| Sym::Div(a, b),
            Some(Token::Sign("%")) => |(a, b)| Sym::Rem(a, b),
            _ => return Ok(left),
        };
        cursor.next();
        left = make((Box::new(left), Box::new(atom(cursor)?)));
    }
}

fn atom(cursor: &mut Cursor<'_>) -> Result<Sym, String> {
    match cursor.next() {
        Some(Token::Number(digits)) => {
            digits.parse().map(Sym::Const).map_err(|_| format!("`{digits}` is no size"))
        }
        Some(Token::Sign("(")) => {
            let sym = read(cursor)?;
            cursor.sign(")")?;
            Ok(sym)
        }
        Some(Token::Word(name)) if matches!(cursor.peek(), Some(Token::Sign("("))) => {
            let make: fn(Pair) -> Sym = match name.as_str() {
                "ceil_div" => |(a, b)| Sym::CeilDiv(a, b),
                "min" => |(a, b)| Sym::Min(a, b),
                "max" => |(a, b)| Sym::Max(a, b),
                _ => return Err(format!("there is no function `{name}`")),
            };
            cursor.sign("(")?;
            let a = read(cursor)?;
            cursor.sign(",")?;
            let b = read(cursor)?;
            cursor.sign(")")?;
            Ok(make((Box::new(a), Box::new(b))))
        }
        Some(Token::Word(name)) => cursor.param(&name).map(Sym::Param),
        _ => Err("a size is expected here".to_owned()),
    }
}

/// Reads a condition.
pub(super) fn read_condition(cursor: &mut Cursor<'_>) -> Result<Condition, String> {
    if matches!(cursor.peek(), Some(Token::Word(w)) if w == "aligned") {
        cursor.next();
        cursor.sign("(")?;
        let name = cursor.word()?;
        let param: ParamId = cursor.param(&name)?;
        cursor.sign(",")?;
        let bytes = cursor.number()?;
        cursor.sign(")")?;
        return Ok(Condition::Aligned { param, bytes });
    }
    let left = read(cursor)?;
    let sign = match cursor.next() {
        Some(Token::Sign(sign)) => sign,
        _ => return Err("a comparison is expected here".to_owned()),
    };
    let Some((comparison, _)) = SIGNS.iter().find(|(_, s)| *s == sign) else {
        return Err(format!("`{sign}` is no comparison"));
    };
    Ok(Condition::Compare(left, *comparison, read(cursor)?))
}
