//! Reads a module's statements.

use super::constant;
use super::header::Header;
use super::op;
use super::read::{Cursor, Line, ReadError};
use super::record::{Arg, Parts, Record};
use super::token::Token;
use crate::ir::op::{Base, Place};
use crate::ir::{
    Block, Const, FragmentId, Module, Operand, Role, Scalar, Span, Stmt, Value, ValueId,
};

/// Reads the body and closes the module.
pub(super) struct Body {
    header: Header,
    values: Vec<Option<Value>>,
}

type Failed = ReadError;

fn at(span: Span) -> impl Fn(String) -> Failed {
    move |message| ReadError { line: span.0, message }
}

impl Body {
    /// Over what was declared.
    pub fn new(header: Header) -> Body {
        let mut body = Body { header, values: Vec::new() };
        for (id, ty) in std::mem::take(&mut body.header.undefined) {
            body.define(ValueId(id), ty, Span(0));
        }
        body
    }

    /// Reads the lines from the opening brace on.
    pub fn read(mut self, lines: &[Line]) -> Result<Module, Failed> {
        let mut lines = lines.iter();
        let first = lines.next().map_or(0, |line| line.number);
        let (block, last) = self.block(first, &mut lines)?;
        if let Some(extra) = lines.next() {
            let message = "nothing may follow the body".to_owned();
            return Err(ReadError { line: extra.number, message });
        }
        if last.len() != 1 {
            let message = "the body's closing brace stands alone".to_owned();
            return Err(ReadError { line: first, message });
        }
        let mut module = self.header.module;
        module.body = block;
        for (id, value) in self.values.into_iter().enumerate() {
            let message = format!("%{id} is neither defined nor declared with `value`");
            module.values.push(value.ok_or(ReadError { line: first, message })?);
        }
        Ok(module)
    }

    fn define(&mut self, id: ValueId, ty: Scalar, span: Span) {
        if self.values.len() <= id.index() {
            self.values.resize(id.index() + 1, None);
        }
        self.values[id.index()] = Some(Value { ty, span });
    }

    /// Statements up to the line that starts with `}`, and that line's tokens.
    fn block<'l>(
        &mut self,
        from: u32,
        lines: &mut Lines<'l>,
    ) -> Result<(Block, &'l [Token]), Failed> {
        let mut block = Vec::new();
        while let Some(line) = lines.next() {
            if line.tokens.first() == Some(&Token::Sign("}")) {
                return Ok((Block(block), &line.tokens));
            }
            block.push(self.statement(line, lines)?);
        }
        Err(ReadError { line: from, message: "this block is not closed".to_owned() })
    }

    fn statement(&mut self, line: &Line, lines: &mut Lines<'_>) -> Result<Stmt, Failed> {
        let names = std::mem::take(&mut self.header.names);
        let mut cursor = Cursor::new(line, &names);
        let head = self.head(&mut cursor);
        self.header.names = names;
        let span = Span(line.number);
        let (mut stmt, opens) = head.map_err(at(span))?;
        if !opens {
            return Ok(stmt);
        }
        match &mut stmt {
            Stmt::Roles { roles, .. } => self.roles(span.0, roles, lines)?,
            Stmt::If { then, otherwise, .. } => {
                let (block, last) = self.block(span.0, lines)?;
                *then = block;
                match last {
                    [_] => {}
                    [_, Token::Word(word), Token::Sign("{")] if word == "else" => {
                        *otherwise = self.block(span.0, lines)?.0;
                    }
                    _ => return Err(at(span)("`}` or `} else {` closes an `if`".to_owned())),
                }
            }
            Stmt::For { body, .. } | Stmt::Loop { body, .. } | Stmt::ElectOne { body, .. } => {
                *body = self.block(span.0, lines)?.0;
            }
            _ => {}
        }
        Ok(stmt)
    }

    fn roles(
        &mut self,
        from: u32,
        roles: &mut Vec<Role>,
        lines: &mut Lines<'_>,
    ) -> Result<(), Failed> {
        while let Some(line) = lines.next() {
            if line.tokens == [Token::Sign("}")] {
                return Ok(());
            }
            let mut cursor = Cursor::new(line, &self.header.names);
            let mut role = role(&mut cursor).map_err(at(Span(line.number)))?;
            role.body = self.block(line.number, lines)?.0;
            roles.push(role);
        }
        Err(ReadError { line: from, message: "`roles` is not closed".to_owned() })
    }

    /// A statement with empty blocks, and whether a block follows.
    fn head(&mut self, cursor: &mut Cursor<'_>) -> Result<(Stmt, bool), String> {
        let span = cursor.span;
        let stmt = match (cursor.peek(), cursor.peek_second()) {
            (Some(Token::Value(_)), _) => self.binding(cursor)?,
            (Some(Token::Local(_)), Some(Token::Sign("="))) => {
                let Arg::Local(local) = argument(cursor)? else {
                    return Err("a local is expected here".to_owned());
                };
                cursor.sign("=")?;
                Stmt::Assign { local, value: operand(cursor)?, span }
            }
            (Some(Token::Word(word)), _) => match word.as_str() {
                "if" | "for" | "loop" | "roles" | "elect_one" => {
                    let stmt = self.opening(cursor)?;
                    cursor.sign("{")?;
                    cursor.end()?;
                    return Ok((stmt, true));
                }
                "break" | "continue" | "return" => match cursor.word()?.as_str() {
                    "break" => Stmt::Break(span),
                    "continue" => Stmt::Continue(span),
                    _ => Stmt::Return(span),
                },
                "assume" => {
                    cursor.next();
                    Stmt::Assume { condition: operand(cursor)?, span }
                }
                _ => Stmt::Let { results: Vec::new(), op: operation(cursor)?, span },
            },
            _ => return Err("a statement is expected here".to_owned()),
        };
        cursor.end()?;
        Ok((stmt, false))
    }

    fn binding(&mut self, cursor: &mut Cursor<'_>) -> Result<Stmt, String> {
        let span = cursor.span;
        let mut results = Vec::new();
        loop {
            results.push(self.typed_value(cursor)?);
            if !cursor.maybe(",") {
                break;
            }
        }
        cursor.sign("=")?;
        Ok(Stmt::Let { results, op: operation(cursor)?, span })
    }

    fn typed_value(&mut self, cursor: &mut Cursor<'_>) -> Result<ValueId, String> {
        let Some(Token::Value(id)) = cursor.next() else {
            return Err("a value such as `%3` is expected here".to_owned());
        };
        cursor.sign(":")?;
        let ty = cursor.scalar()?;
        self.define(ValueId(id), ty, cursor.span);
        Ok(ValueId(id))
    }

    fn opening(&mut self, cursor: &mut Cursor<'_>) -> Result<Stmt, String> {
        let span = cursor.span;
        Ok(match cursor.word()?.as_str() {
            "if" => {
                let (then, otherwise) = (Block::default(), Block::default());
                Stmt::If { condition: operand(cursor)?, then, otherwise, span }
            }
            "for" => {
                let variable = self.typed_value(cursor)?;
                if !cursor.maybe_word("in") {
                    return Err("`in` is expected here".to_owned());
                }
                let reverse = cursor.maybe_word("reverse");
                let start = operand(cursor)?;
                if !cursor.maybe_word("..") {
                    return Err("`..` is expected here".to_owned());
                }
                let end = operand(cursor)?;
                if !cursor.maybe_word("step") {
                    return Err("`step` is expected here".to_owned());
                }
                let step = operand(cursor)?;
                Stmt::For { variable, start, end, step, reverse, body: Block::default(), span }
            }
            "loop" => Stmt::Loop { body: Block::default(), span },
            "roles" => Stmt::Roles { roles: Vec::new(), span },
            _ => Stmt::ElectOne { body: Block::default(), span },
        })
    }
}

type Lines<'l> = std::slice::Iter<'l, Line>;

fn role(cursor: &mut Cursor<'_>) -> Result<Role, String> {
    if !cursor.maybe_word("role") {
        return Err("a role is expected here".to_owned());
    }
    let name = cursor.word()?;
    if !cursor.maybe_word("warps") {
        return Err("`warps` is expected here".to_owned());
    }
    let warps = cursor.number()?;
    let registers = if cursor.maybe_word("registers") { Some(cursor.number()?) } else { None };
    cursor.sign("{")?;
    cursor.end()?;
    Ok(Role { name, warps, registers, body: Block::default(), span: cursor.span })
}

fn operation(cursor: &mut Cursor<'_>) -> Result<crate::ir::Op, String> {
    let head = cursor.word()?;
    let mut words = head.split('.').map(str::to_owned);
    let mut record = Record::new(&words.next().unwrap_or_default());
    record.modifiers = words.collect();
    while cursor.peek().is_some() {
        if !(record.arguments.is_empty() && record.keys.is_empty()) {
            cursor.sign(",")?;
        }
        match (cursor.peek(), cursor.peek_second()) {
            (Some(Token::Word(_)), Some(Token::Sign("="))) => {
                let key = cursor.word()?;
                cursor.sign("=")?;
                record.keys.push((key, argument(cursor)?));
            }
            _ => record.arguments.push(argument(cursor)?),
        }
    }
    let name = record.name.clone();
    let mut parts = Parts::new(record);
    let op = op::decode(&name, &mut parts)?;
    parts.end()?;
    Ok(op)
}

fn operand(cursor: &mut Cursor<'_>) -> Result<Operand, String> {
    match argument(cursor)? {
        Arg::Operand(operand) => Ok(operand),
        _ => Err("a value or a constant is expected here".to_owned()),
    }
}

fn argument(cursor: &mut Cursor<'_>) -> Result<Arg, String> {
    if matches!(cursor.peek(), Some(Token::Sign("["))) {
        return cursor.list(argument).map(Arg::List);
    }
    match cursor.next() {
        Some(Token::Value(id)) => Ok(Arg::Operand(ValueId(id).into())),
        Some(Token::Fragment(id)) => Ok(Arg::Fragment(FragmentId(id))),
        Some(Token::Local(label)) => {
            let found = cursor.names().locals.get(&label).copied();
            found.map(Arg::Local).ok_or_else(|| format!("there is no local `${label}`"))
        }
        Some(Token::Number(text)) => match text.parse() {
            Ok(number) => Ok(Arg::Number(number)),
            Err(_) => match constant::read(&text) {
                Some(constant) => Ok(Arg::Operand(constant.into())),
                None => Err(format!("`{text}` is no constant")),
            },
        },
        Some(Token::Word(word)) if word == "true" || word == "false" => {
            Ok(Arg::Operand(Const::bool(word == "true").into()))
        }
        Some(Token::Word(word)) => named(word, cursor),
        _ => Err("an argument is expected here".to_owned()),
    }
}

/// `x[%1]`, `tile@%0[%1]`, `map`, `f16x2(0x0)`.
fn named(word: String, cursor: &mut Cursor<'_>) -> Result<Arg, String> {
    if cursor.maybe("(") {
        let Some(Token::Number(digits)) = cursor.next() else {
            return Err("bits such as `0x3c00` are expected here".to_owned());
        };
        cursor.sign(")")?;
        let ty = Scalar::from_name(&word).ok_or_else(|| format!("there is no type `{word}`"))?;
        let constant = constant::from_bits(ty, &digits);
        let constant = constant.ok_or_else(|| format!("`{digits}` are no bits"))?;
        return Ok(Arg::Operand(constant.into()));
    }
    let shared = cursor.names().shared.get(&word).copied();
    let base = match shared {
        Some(array) if cursor.maybe("@") => Base::Cluster { array, rank: operand(cursor)? },
        Some(array) => Base::Shared(array),
        None => match cursor.param(&word) {
            Ok(id) if cursor.peek() == Some(&Token::Sign("[")) => Base::Buffer(id),
            Ok(id) => return Ok(Arg::Param(id)),
            Err(_) => return Err(format!("`{word}` is neither a parameter nor `shared`")),
        },
    };
    cursor.sign("[")?;
    let index = operand(cursor)?;
    cursor.sign("]")?;
    Ok(Arg::Place(Place { base, index }))
}
