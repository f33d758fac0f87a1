//! Loads, stores and atomics in text.

use super::super::names::Named;
use super::super::record::{Part, Parts, Record};
use crate::ir::op::{Cache, L1Hint, L2Hint, MemoryOp};

fn cached(mut record: Record, cache: &Cache) -> Record {
    record = record.with_if(cache.non_coherent, "non_coherent");
    record = record.with_if(cache.l1 != L1Hint::Default, cache.l1.word());
    record.with_if(cache.l2 != L2Hint::Default, cache.l2.word())
}

fn prefetched(record: Record, cache: &Cache) -> Record {
    if cache.prefetch == 0 { record } else { record.number("prefetch", cache.prefetch) }
}

fn cache(p: &mut Parts) -> Part<Cache> {
    let non_coherent = p.flag("non_coherent");
    let (l1, l2) = (p.optional(), p.optional());
    Ok(Cache { non_coherent, l1, l2, prefetch: p.number_or("prefetch", 0)? })
}

/// An operation as a record.
pub(super) fn encode(op: &MemoryOp) -> Record {
    match op {
        MemoryOp::Load { place, ty, count, cache } => {
            let mut record = cached(Record::new("load").with(ty.name()), cache).arg(*place);
            if *count != 1 {
                record = record.number("count", *count);
            }
            prefetched(record, cache)
        }
        MemoryOp::Store { place, values, cache } => {
            let record = cached(Record::new("store"), cache).arg(*place);
            prefetched(record.args(values.iter().copied()), cache)
        }
        MemoryOp::LoadOrdered { place, ty, scope, order } => Record::new("load_ordered")
            .with(ty.name())
            .with(scope.word())
            .with(order.word())
            .arg(*place),
        MemoryOp::StoreOrdered { place, value, scope, order } => Record::new("store_ordered")
            .with(scope.word())
            .with(order.word())
            .arg(*place)
            .arg(*value),
        MemoryOp::Atomic { op, place, value, returns, scope, order } => Record::new("atomic")
            .with(op.word())
            .with(scope.word())
            .with(order.word())
            .with_if(*returns, "returns")
            .arg(*place)
            .arg(*value),
        MemoryOp::CompareExchange { place, expected, value, scope, order } => {
            Record::new("compare_exchange")
                .with(scope.word())
                .with(order.word())
                .arg(*place)
                .arg(*expected)
                .arg(*value)
        }
        MemoryOp::SharedAddress(place) => Record::new("shared_address").arg(*place),
        MemoryOp::Prefetch(place) => Record::new("prefetch").arg(*place),
    }
}

/// The operation called `name`, if it is a memory access.
pub(super) fn decode(name: &str, p: &mut Parts) -> Part<Option<MemoryOp>> {
    Ok(Some(match name {
        "load" => {
            let (ty, cache) = (p.scalar()?, cache(p)?);
            MemoryOp::Load { place: p.place()?, ty, count: p.number_or("count", 1)?, cache }
        }
        "store" => {
            let cache = cache(p)?;
            MemoryOp::Store { place: p.place()?, values: p.operands()?, cache }
        }
        "load_ordered" => {
            let (ty, scope, order) = (p.scalar()?, p.word()?, p.word()?);
            MemoryOp::LoadOrdered { place: p.place()?, ty, scope, order }
        }
        "store_ordered" => {
            let (scope, order) = (p.word()?, p.word()?);
            MemoryOp::StoreOrdered { place: p.place()?, value: p.operand()?, scope, order }
        }
        "atomic" => {
            let (op, scope, order) = (p.word()?, p.word()?, p.word()?);
            let returns = p.flag("returns");
            let (place, value) = (p.place()?, p.operand()?);
            MemoryOp::Atomic { op, place, value, returns, scope, order }
        }
        "compare_exchange" => {
            let (scope, order) = (p.word()?, p.word()?);
            let (place, expected, value) = (p.place()?, p.operand()?, p.operand()?);
            MemoryOp::CompareExchange { place, expected, value, scope, order }
        }
        "shared_address" => MemoryOp::SharedAddress(p.place()?),
        "prefetch" => MemoryOp::Prefetch(p.place()?),
        _ => return Ok(None),
    }))
}
