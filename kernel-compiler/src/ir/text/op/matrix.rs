//! Matrix operations in text.

use super::super::names::Named;
use super::super::record::{Arg, Part, Parts, Record};
use crate::ir::Operand;
use crate::ir::op::{DescriptorLayout, MatrixOp, MmaShape, WgmmaA};

fn sparse(record: Record, sparse: &Option<(Operand, u8)>) -> Record {
    match sparse {
        Some((metadata, selector)) => {
            record.key("metadata", *metadata).number("selector", u32::from(*selector))
        }
        None => record,
    }
}

/// An operation as a record.
pub(super) fn encode(op: &MatrixOp) -> Record {
    match op {
        MatrixOp::FragmentFill(fragment, value) => {
            Record::new("fragment_fill").arg(Arg::Fragment(*fragment)).arg(*value)
        }
        MatrixOp::FragmentLoad { fragment, place, stride, column_major }
        | MatrixOp::FragmentStore { fragment, place, stride, column_major } => {
            let load = matches!(op, MatrixOp::FragmentLoad { .. });
            Record::new(if load { "fragment_load" } else { "fragment_store" })
                .with_if(*column_major, "column_major")
                .arg(Arg::Fragment(*fragment))
                .arg(*place)
                .arg(*stride)
        }
        MatrixOp::FragmentMultiplyAdd { a, b, c } => Record::new("fragment_multiply_add")
            .arg(Arg::Fragment(*a))
            .arg(Arg::Fragment(*b))
            .arg(Arg::Fragment(*c)),
        MatrixOp::FragmentScale(fragment, value) => {
            Record::new("fragment_scale").arg(Arg::Fragment(*fragment)).arg(*value)
        }
        MatrixOp::Mma { shape, a_type, b_type, c_type, a, b, c, sparse: s } => {
            let MmaShape { m, n, k } = shape;
            let record = Record::new("mma").with(format!("m{m}n{n}k{k}"));
            let record = record.with(a_type.name()).with(b_type.name()).with(c_type.name());
            sparse(record.list(a).list(b).list(c), s)
        }
        MatrixOp::LoadMatrix { place, count, transposed } => Record::new("load_matrix")
            .with_if(*transposed, "transposed")
            .arg(*place)
            .number("count", *count),
        MatrixOp::StoreMatrix { place, values, transposed } => Record::new("store_matrix")
            .with_if(*transposed, "transposed")
            .arg(*place)
            .args(values.iter().copied()),
        MatrixOp::Descriptor { place, layout } => Record::new("descriptor")
            .with(layout.swizzle.word())
            .arg(*place)
            .number("leading", layout.leading)
            .number("stride", layout.stride),
        MatrixOp::WgmmaFence => Record::new("wgmma_fence"),
        MatrixOp::Wgmma { .. } => encode_wgmma(op),
        MatrixOp::WgmmaCommit => Record::new("wgmma_commit"),
        MatrixOp::WgmmaWait(pending) => Record::new("wgmma_wait").number("pending", *pending),
    }
}

fn encode_wgmma(op: &MatrixOp) -> Record {
    let MatrixOp::Wgmma {
        n,
        a_type,
        b_type,
        accumulator,
        a,
        b,
        accumulate,
        transpose_a,
        transpose_b,
        sparse: s,
    } = op
    else {
        return Record::default();
    };
    let record = Record::new("wgmma")
        .with(a_type.name())
        .with(b_type.name())
        .with_if(*transpose_a, "transpose_a")
        .with_if(*transpose_b, "transpose_b")
        .arg(Arg::List(accumulator.iter().map(|l| Arg::Local(*l)).collect()));
    let record = match a {
        WgmmaA::Descriptor(descriptor) => record.arg(*descriptor),
        WgmmaA::Registers(registers) => record.list(registers),
    };
    sparse(record.arg(*b).arg(*accumulate).number("n", *n), s)
}

/// The operation called `name`, if it is of this family.
pub(super) fn decode(name: &str, p: &mut Parts) -> Part<Option<MatrixOp>> {
    Ok(Some(match name {
        "fragment_fill" => MatrixOp::FragmentFill(p.fragment()?, p.operand()?),
        "fragment_load" => {
            let column_major = p.flag("column_major");
            let (fragment, place, stride) = (p.fragment()?, p.place()?, p.operand()?);
            MatrixOp::FragmentLoad { fragment, place, stride, column_major }
        }
        "fragment_store" => {
            let column_major = p.flag("column_major");
            let (fragment, place, stride) = (p.fragment()?, p.place()?, p.operand()?);
            MatrixOp::FragmentStore { fragment, place, stride, column_major }
        }
        "fragment_multiply_add" => {
            MatrixOp::FragmentMultiplyAdd { a: p.fragment()?, b: p.fragment()?, c: p.fragment()? }
        }
        "fragment_scale" => MatrixOp::FragmentScale(p.fragment()?, p.operand()?),
        "mma" => {
            let shape = shape(&p.modifier()?)?;
            let (a_type, b_type, c_type) = (p.scalar()?, p.scalar()?, p.scalar()?);
            let (a, b, c) = (p.list()?, p.list()?, p.list()?);
            MatrixOp::Mma { shape, a_type, b_type, c_type, a, b, c, sparse: metadata(p)? }
        }
        "load_matrix" => {
            let transposed = p.flag("transposed");
            MatrixOp::LoadMatrix { place: p.place()?, count: p.number("count")?, transposed }
        }
        "store_matrix" => {
            let transposed = p.flag("transposed");
            MatrixOp::StoreMatrix { place: p.place()?, values: p.operands()?, transposed }
        }
        "descriptor" => {
            let swizzle = p.word()?;
            let (leading, stride) = (p.number("leading")?, p.number("stride")?);
            let layout = DescriptorLayout { leading, stride, swizzle };
            MatrixOp::Descriptor { place: p.place()?, layout }
        }
        "wgmma_fence" => MatrixOp::WgmmaFence,
        "wgmma" => decode_wgmma(p)?,
        "wgmma_commit" => MatrixOp::WgmmaCommit,
        "wgmma_wait" => MatrixOp::WgmmaWait(p.number("pending")?),
        _ => return Ok(None),
    }))
}

fn decode_wgmma(p: &mut Parts) -> Part<MatrixOp> {
    let (a_type, b_type) = (p.scalar()?, p.scalar()?);
    let (transpose_a, transpose_b) = (p.flag("transpose_a"), p.flag("transpose_b"));
    let accumulator = p.locals()?;
    let a = match p.argument()? {
        Arg::Operand(descriptor) => WgmmaA::Descriptor(descriptor),
        Arg::List(registers) => match registers.as_slice() {
            [Arg::Operand(a), Arg::Operand(b), Arg::Operand(c), Arg::Operand(d)] => {
                WgmmaA::Registers([*a, *b, *c, *d])
            }
            _ => return Err("`wgmma` takes A from four registers".to_owned()),
        },
        _ => return Err("`wgmma` takes A from a descriptor or four registers".to_owned()),
    };
    let (b, accumulate) = (p.operand()?, p.operand()?);
    let (n, sparse) = (p.number("n")?, metadata(p)?);
    Ok(MatrixOp::Wgmma {
        n,
        a_type,
        b_type,
        accumulator,
        a,
        b,
        accumulate,
        transpose_a,
        transpose_b,
        sparse,
    })
}

fn metadata(p: &mut Parts) -> Part<Option<(Operand, u8)>> {
    let Some(metadata) = p.optional_operand("metadata")? else { return Ok(None) };
    let selector = u8::try_from(p.number("selector")?);
    Ok(Some((metadata, selector.map_err(|_| "`selector` has 8 bits".to_owned())?)))
}

fn shape(word: &str) -> Part<MmaShape> {
    let numbers = || {
        let (m, rest) = word.strip_prefix('m')?.split_once('n')?;
        let (n, k) = rest.split_once('k')?;
        Some(MmaShape { m: m.parse().ok()?, n: n.parse().ok()?, k: k.parse().ok()? })
    };
    numbers().ok_or_else(|| format!("`{word}` is no shape such as `m16n8k16`"))
}
