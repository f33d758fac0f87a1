//! Asynchronous operations in text.

use super::super::names::Named;
use super::super::record::{Arg, Part, Parts, Record};
use crate::ir::op::{AsyncOp, BulkReduce, L2Hint, Scope};

fn hint(record: Record, l2: L2Hint) -> Record {
    record.with_if(l2 != L2Hint::Default, l2.word())
}

fn reduced(record: Record, reduce: BulkReduce) -> Record {
    match reduce {
        BulkReduce::None => record,
        BulkReduce::With(op) => record.with("reduce").with(op.word()),
    }
}

fn reduction(p: &mut Parts) -> Part<BulkReduce> {
    if p.flag("reduce") { p.word().map(BulkReduce::With) } else { Ok(BulkReduce::None) }
}

/// An operation as a record.
pub(super) fn encode(op: &AsyncOp) -> Record {
    match op {
        AsyncOp::CopyAsync { to, from, bytes, valid } => {
            let record = Record::new("copy_async").arg(*to).arg(*from).number("bytes", *bytes);
            valid.iter().fold(record, |r, valid| r.key("valid", *valid))
        }
        AsyncOp::CopyAsyncCommit => Record::new("copy_async_commit"),
        AsyncOp::CopyAsyncWait(pending) => {
            Record::new("copy_async_wait").number("pending", *pending)
        }
        AsyncOp::CopyAsyncArrive(barrier) => Record::new("copy_async_arrive").arg(*barrier),
        AsyncOp::MbarrierInit { barrier, count } => {
            Record::new("mbarrier_init").arg(*barrier).arg(*count)
        }
        AsyncOp::MbarrierArrive { barrier, count, scope } => {
            let record = Record::new("mbarrier_arrive");
            record.with_if(*scope != Scope::Cluster, scope.word()).arg(*barrier).arg(*count)
        }
        AsyncOp::MbarrierExpect { barrier, bytes } => {
            Record::new("mbarrier_expect").arg(*barrier).arg(*bytes)
        }
        AsyncOp::MbarrierTryWait { barrier, parity } => {
            Record::new("mbarrier_try_wait").arg(*barrier).arg(*parity)
        }
        AsyncOp::MbarrierWait { barrier, parity } => {
            Record::new("mbarrier_wait").arg(*barrier).arg(*parity)
        }
        AsyncOp::TensorLoad { map, coordinates, to, barrier, multicast, l2 } => {
            let record = hint(Record::new("tensor_load"), *l2).arg(Arg::Param(*map));
            let record = record.list(coordinates).arg(*to).arg(*barrier);
            multicast.iter().fold(record, |r, mask| r.key("multicast", *mask))
        }
        AsyncOp::TensorStore { map, coordinates, from, reduce } => {
            let record = reduced(Record::new("tensor_store"), *reduce);
            record.arg(Arg::Param(*map)).list(coordinates).arg(*from)
        }
        AsyncOp::TensorMapPrefetch(map) => Record::new("tensor_map_prefetch").arg(Arg::Param(*map)),
        AsyncOp::BulkLoad { to, from, bytes, barrier, l2 } => {
            hint(Record::new("bulk_load"), *l2).arg(*to).arg(*from).arg(*bytes).arg(*barrier)
        }
        AsyncOp::BulkStore { to, from, bytes, reduce } => {
            reduced(Record::new("bulk_store"), *reduce).arg(*to).arg(*from).arg(*bytes)
        }
        AsyncOp::BulkPrefetch { from, bytes } => {
            Record::new("bulk_prefetch").arg(*from).arg(*bytes)
        }
        AsyncOp::BulkCommit => Record::new("bulk_commit"),
        AsyncOp::BulkWait { pending, read } => {
            Record::new("bulk_wait").with_if(*read, "read").number("pending", *pending)
        }
        AsyncOp::GridDependencyWait => Record::new("grid_dependency_wait"),
        AsyncOp::GridDependencyLaunch => Record::new("grid_dependency_launch"),
    }
}

/// The operation called `name`, if it is of this family.
pub(super) fn decode(name: &str, p: &mut Parts) -> Part<Option<AsyncOp>> {
    Ok(Some(match name {
        "copy_async" => AsyncOp::CopyAsync {
            to: p.place()?,
            from: p.place()?,
            bytes: p.number("bytes")?,
            valid: p.optional_operand("valid")?,
        },
        "copy_async_commit" => AsyncOp::CopyAsyncCommit,
        "copy_async_wait" => AsyncOp::CopyAsyncWait(p.number("pending")?),
        "copy_async_arrive" => AsyncOp::CopyAsyncArrive(p.place()?),
        "mbarrier_init" => AsyncOp::MbarrierInit { barrier: p.place()?, count: p.operand()? },
        "mbarrier_arrive" => {
            let scope = if p.flag("workgroup") { Scope::Workgroup } else { Scope::Cluster };
            AsyncOp::MbarrierArrive { barrier: p.place()?, count: p.operand()?, scope }
        }
        "mbarrier_expect" => AsyncOp::MbarrierExpect { barrier: p.place()?, bytes: p.operand()? },
        "mbarrier_try_wait" => {
            AsyncOp::MbarrierTryWait { barrier: p.place()?, parity: p.operand()? }
        }
        "mbarrier_wait" => AsyncOp::MbarrierWait { barrier: p.place()?, parity: p.operand()? },
        "tensor_load" => AsyncOp::TensorLoad {
            l2: p.optional(),
            map: p.param()?,
            coordinates: p.list()?,
            to: p.place()?,
            barrier: p.place()?,
            multicast: p.optional_operand("multicast")?,
        },
        "tensor_store" => AsyncOp::TensorStore {
            reduce: reduction(p)?,
            map: p.param()?,
            coordinates: p.list()?,
            from: p.place()?,
        },
        "tensor_map_prefetch" => AsyncOp::TensorMapPrefetch(p.param()?),
        "bulk_load" => AsyncOp::BulkLoad {
            l2: p.optional(),
            to: p.place()?,
            from: p.place()?,
            bytes: p.operand()?,
            barrier: p.place()?,
        },
        "bulk_store" => AsyncOp::BulkStore {
            reduce: reduction(p)?,
            to: p.place()?,
            from: p.place()?,
            bytes: p.operand()?,
        },
        "bulk_prefetch" => AsyncOp::BulkPrefetch { from: p.place()?, bytes: p.operand()? },
        "bulk_commit" => AsyncOp::BulkCommit,
        "bulk_wait" => {
            let read = p.flag("read");
            AsyncOp::BulkWait { pending: p.number("pending")?, read }
        }
        "grid_dependency_wait" => AsyncOp::GridDependencyWait,
        "grid_dependency_launch" => AsyncOp::GridDependencyLaunch,
        _ => return Ok(None),
    }))
}
