//! Arithmetic in text.

use super::super::names::Named;
use super::super::record::{Part, Parts, Record};
use crate::ir::op::ArithOp;

/// An operation as a record.
pub(super) fn encode(op: &ArithOp) -> Record {
    match *op {
        ArithOp::Unary(op, a) => Record::new(op.word()).arg(a),
        ArithOp::Binary { op, a, b, ftz } => {
            Record::new(op.word()).with_if(ftz, "ftz").arg(a).arg(b)
        }
        ArithOp::Fma { a, b, c, ftz } => {
            Record::new("fma").with_if(ftz, "ftz").arg(a).arg(b).arg(c)
        }
        ArithOp::Compare(comparison, a, b) => Record::new(comparison.word()).arg(a).arg(b),
        ArithOp::Select { condition, a, b } => Record::new("select").arg(condition).arg(a).arg(b),
        ArithOp::Convert(ty, a) => Record::new("convert").with(ty.name()).arg(a),
        ArithOp::Bitcast(ty, a) => Record::new("bitcast").with(ty.name()).arg(a),
        ArithOp::Pack(ty, a, b) => Record::new("pack").with(ty.name()).arg(a).arg(b),
        ArithOp::Unpack(a) => Record::new("unpack").arg(a),
        ArithOp::Lop3 { operands, table } => {
            Record::new("lop3").args(operands).number("table", u32::from(table))
        }
        ArithOp::Prmt { a, b, selector } => Record::new("prmt").arg(a).arg(b).arg(selector),
        ArithOp::BitfieldExtract { value, offset, width } => {
            Record::new("bitfield_extract").arg(value).arg(offset).arg(width)
        }
        ArithOp::Dot4 { a, b, c } => Record::new("dot4").arg(a).arg(b).arg(c),
    }
}

/// The operation called `name`, if it is arithmetic.
pub(super) fn decode(name: &str, p: &mut Parts) -> Part<Option<ArithOp>> {
    match super::arithmetic(name) {
        (Some(op), ..) => return Ok(Some(ArithOp::Unary(op, p.operand()?))),
        (_, Some(op), _) => {
            let ftz = p.flag("ftz");
            let (a, b) = (p.operand()?, p.operand()?);
            return Ok(Some(ArithOp::Binary { op, a, b, ftz }));
        }
        (_, _, Some(comparison)) => {
            return Ok(Some(ArithOp::Compare(comparison, p.operand()?, p.operand()?)));
        }
        _ => {}
    }
    Ok(Some(match name {
        "fma" => {
            let ftz = p.flag("ftz");
            ArithOp::Fma { a: p.operand()?, b: p.operand()?, c: p.operand()?, ftz }
        }
        "select" => ArithOp::Select { condition: p.operand()?, a: p.operand()?, b: p.operand()? },
        "convert" => ArithOp::Convert(p.scalar()?, p.operand()?),
        "bitcast" => ArithOp::Bitcast(p.scalar()?, p.operand()?),
        "pack" => ArithOp::Pack(p.scalar()?, p.operand()?, p.operand()?),
        "unpack" => ArithOp::Unpack(p.operand()?),
        "lop3" => {
            let operands = [p.operand()?, p.operand()?, p.operand()?];
            let table = p.number("table")?;
            let table = u8::try_from(table).map_err(|_| "`table` has 8 bits".to_owned())?;
            ArithOp::Lop3 { operands, table }
        }
        "prmt" => ArithOp::Prmt { a: p.operand()?, b: p.operand()?, selector: p.operand()? },
        "bitfield_extract" => ArithOp::BitfieldExtract {
            value: p.operand()?,
            offset: p.operand()?,
            width: p.operand()?,
        },
        "dot4" => ArithOp::Dot4 { a: p.operand()?, b: p.operand()?, c: p.operand()? },
        _ => return Ok(None),
    }))
}
