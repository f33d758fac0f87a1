//! Operations as records, a file per family.

mod arith;
mod asynchronous;
mod matrix;
mod memory;
mod sync;

use super::names::Named;
use super::record::{Part, Parts, Record};
use crate::ir::Comparison;
use crate::ir::Op;
use crate::ir::op::{BinaryOp, UnaryOp};

/// An operation as a record.
pub(super) fn encode(op: &Op) -> Record {
    match op {
        Op::Read(local) => Record::new("read").arg(super::record::Arg::Local(*local)),
        Op::Param(param) => Record::new("param").arg(super::record::Arg::Param(*param)),
        Op::Builtin(builtin) => sync::encode_builtin(*builtin),
        Op::Arith(op) => arith::encode(op),
        Op::Memory(op) => memory::encode(op),
        Op::Sync(op) => sync::encode(op),
        Op::Subgroup(op) => sync::encode_subgroup(op),
        Op::Matrix(op) => matrix::encode(op),
        Op::Async(op) => asynchronous::encode(op),
    }
}

/// The operation that a record stands for.
pub(super) fn decode(name: &str, parts: &mut Parts) -> Part<Op> {
    match name {
        "read" => return parts.local().map(Op::Read),
        "param" => return parts.param().map(Op::Param),
        _ => {}
    }
    if let Some(op) = sync::decode(name, parts)? {
        return Ok(op);
    }
    if let Some(op) = arith::decode(name, parts)? {
        return Ok(Op::Arith(op));
    }
    if let Some(op) = memory::decode(name, parts)? {
        return Ok(Op::Memory(op));
    }
    if let Some(op) = matrix::decode(name, parts)? {
        return Ok(Op::Matrix(op));
    }
    if let Some(op) = asynchronous::decode(name, parts)? {
        return Ok(Op::Async(op));
    }
    Err(format!("there is no operation `{name}`"))
}

/// The words that are arithmetic by themselves.
fn arithmetic(name: &str) -> (Option<UnaryOp>, Option<BinaryOp>, Option<Comparison>) {
    (UnaryOp::from_word(name), BinaryOp::from_word(name), Comparison::from_word(name))
}
