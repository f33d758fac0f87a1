//! Which thread this is.

use super::super::value::Val;
use super::super::{Eval, Lowerer};
use super::Call;
use crate::ir::Scalar;
use crate::ir::op::Builtin;

pub(super) const NAMES: &[&str] = &[
    "thread_id",
    "thread_id_y",
    "thread_id_z",
    "block_id",
    "block_id_y",
    "block_id_z",
    "grid_dim",
    "grid_dim_y",
    "grid_dim_z",
    "lane_id",
    "subgroup_id",
    "cluster_rank",
    "index",
    "thread_count",
];

impl<'a> Lowerer<'_, 'a> {
    pub(super) fn id_intrinsic(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let builtin = match call.name.name.as_str() {
            "index" => {
                let [value] = self.arguments_of::<1>(call.name, call.arguments)?;
                return self.cast_to(value, Scalar::Index, call.span);
            }
            "thread_count" => {
                return Ok(Val::Int(i128::from(self.builder.module.thread_count())));
            }
            "thread_id" => Builtin::ThreadId(0),
            "thread_id_y" => Builtin::ThreadId(1),
            "thread_id_z" => Builtin::ThreadId(2),
            "block_id" => Builtin::BlockId(0),
            "block_id_y" => Builtin::BlockId(1),
            "block_id_z" => Builtin::BlockId(2),
            "grid_dim" => Builtin::GridDim(0),
            "grid_dim_y" => Builtin::GridDim(1),
            "grid_dim_z" => Builtin::GridDim(2),
            "lane_id" => Builtin::LaneId,
            "subgroup_id" => Builtin::SubgroupId,
            _ => Builtin::ClusterRank,
        };
        let [] = self.arguments_of::<0>(call.name, call.arguments)?;
        Ok(self.builtin(builtin, call.span))
    }
}
