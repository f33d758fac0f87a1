//! Thread coordinates, barriers and subgroup operations in text.

use super::super::names::Named;
use super::super::record::{Part, Parts, Record};
use crate::ir::Op;
use crate::ir::op::{Builtin, FenceKind, SubgroupOp, SyncOp};

/// A coordinate as a record.
pub(super) fn encode_builtin(builtin: Builtin) -> Record {
    let axis = |name: &str, axis: u8| Record::new(name).with(axis.to_string());
    match builtin {
        Builtin::ThreadId(a) => axis("thread_id", a),
        Builtin::BlockId(a) => axis("block_id", a),
        Builtin::GridDim(a) => axis("grid_dim", a),
        Builtin::LaneId => Record::new("lane_id"),
        Builtin::SubgroupId => Record::new("subgroup_id"),
        Builtin::ClusterRank => Record::new("cluster_rank"),
    }
}

/// A barrier or fence as a record.
pub(super) fn encode(op: &SyncOp) -> Record {
    match *op {
        SyncOp::Barrier => Record::new("barrier"),
        SyncOp::SubgroupBarrier => Record::new("subgroup_barrier"),
        SyncOp::Named { id, threads, arrive_only } => Record::new("named_barrier")
            .with_if(arrive_only, "arrive")
            .arg(id)
            .number("threads", threads),
        SyncOp::Fence(FenceKind::Memory(scope)) => {
            Record::new("fence").with("memory").with(scope.word())
        }
        SyncOp::Fence(FenceKind::ProxyAsync) => Record::new("fence").with("proxy_async"),
        SyncOp::Fence(FenceKind::MbarrierInit) => Record::new("fence").with("mbarrier_init"),
        SyncOp::ClusterArrive => Record::new("cluster_arrive"),
        SyncOp::ClusterWait => Record::new("cluster_wait"),
    }
}

/// A subgroup operation as a record.
pub(super) fn encode_subgroup(op: &SubgroupOp) -> Record {
    match *op {
        SubgroupOp::Shuffle { mode, value, lane } => {
            Record::new("shuffle").with(mode.word()).arg(value).arg(lane)
        }
        SubgroupOp::Reduce(op, value) => Record::new("reduce").with(op.word()).arg(value),
        SubgroupOp::Vote(mode, value) => Record::new("vote").with(mode.word()).arg(value),
        SubgroupOp::BroadcastFirst(value) => Record::new("broadcast_first").arg(value),
    }
}

/// The operation called `name`, if it is of these families.
pub(super) fn decode(name: &str, p: &mut Parts) -> Part<Option<Op>> {
    Ok(Some(match name {
        "thread_id" => Op::Builtin(Builtin::ThreadId(axis(p)?)),
        "block_id" => Op::Builtin(Builtin::BlockId(axis(p)?)),
        "grid_dim" => Op::Builtin(Builtin::GridDim(axis(p)?)),
        "lane_id" => Op::Builtin(Builtin::LaneId),
        "subgroup_id" => Op::Builtin(Builtin::SubgroupId),
        "cluster_rank" => Op::Builtin(Builtin::ClusterRank),
        "barrier" => Op::Sync(SyncOp::Barrier),
        "subgroup_barrier" => Op::Sync(SyncOp::SubgroupBarrier),
        "named_barrier" => {
            let arrive_only = p.flag("arrive");
            let (id, threads) = (p.operand()?, p.number("threads")?);
            Op::Sync(SyncOp::Named { id, threads, arrive_only })
        }
        "fence" => Op::Sync(SyncOp::Fence(fence(p)?)),
        "cluster_arrive" => Op::Sync(SyncOp::ClusterArrive),
        "cluster_wait" => Op::Sync(SyncOp::ClusterWait),
        "shuffle" => {
            let mode = p.word()?;
            Op::Subgroup(SubgroupOp::Shuffle { mode, value: p.operand()?, lane: p.operand()? })
        }
        "reduce" => Op::Subgroup(SubgroupOp::Reduce(p.word()?, p.operand()?)),
        "vote" => Op::Subgroup(SubgroupOp::Vote(p.word()?, p.operand()?)),
        "broadcast_first" => Op::Subgroup(SubgroupOp::BroadcastFirst(p.operand()?)),
        _ => return Ok(None),
    }))
}

fn axis(p: &mut Parts) -> Part<u8> {
    let word = p.modifier()?;
    word.parse().map_err(|_| format!("`{word}` is no axis: 0, 1 or 2"))
}

fn fence(p: &mut Parts) -> Part<FenceKind> {
    match p.modifier()?.as_str() {
        "memory" => p.word().map(FenceKind::Memory),
        "proxy_async" => Ok(FenceKind::ProxyAsync),
        "mbarrier_init" => Ok(FenceKind::MbarrierInit),
        other => Err(format!("there is no fence `{other}`")),
    }
}
