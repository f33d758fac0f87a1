//! Exchange within a subgroup.

use super::super::value::Val;
use super::super::{Eval, Lowerer};
use super::Call;
use crate::diag::catalog::types::OPERATOR_TYPE;
use crate::ir::Scalar;
use crate::ir::op::{Op, ReduceOp, ShuffleMode, SubgroupOp, VoteMode};

pub(super) const NAMES: &[&str] = &[
    "shuffle",
    "shuffle_xor",
    "shuffle_up",
    "shuffle_down",
    "subgroup_add",
    "subgroup_min",
    "subgroup_max",
    "subgroup_and",
    "subgroup_or",
    "subgroup_xor",
    "subgroup_any",
    "subgroup_all",
    "subgroup_ballot",
    "subgroup_first",
];

impl<'a> Lowerer<'_, 'a> {
    pub(super) fn subgroup_intrinsic(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let name = call.name.name.as_str();
        if let Some(mode) = shuffle_mode(name) {
            let [value, lane] = self.arguments_of::<2>(call.name, call.arguments)?;
            let (value, ty) = self.any_scalar(value, call.span)?;
            let lane = self.scalar(lane, Scalar::U32, call.span)?;
            if ty.size() != 4 {
                return self.error_help(
                    &OPERATOR_TYPE,
                    call.span,
                    format!("lanes exchange 32-bit values, and this is {}", ty.name()),
                    "convert or pack it first".to_owned(),
                );
            }
            let op = Op::Subgroup(SubgroupOp::Shuffle { mode, value, lane });
            return Ok(Val::Scalar(self.builder.emit_one(op, call.span), ty));
        }
        let [value] = self.arguments_of::<1>(call.name, call.arguments)?;
        let vote = match name {
            "subgroup_any" => Some((VoteMode::Any, Scalar::Bool)),
            "subgroup_all" => Some((VoteMode::All, Scalar::Bool)),
            "subgroup_ballot" => Some((VoteMode::Ballot, Scalar::U32)),
            _ => None,
        };
        if let Some((mode, ty)) = vote {
            let value = self.truth(value, call.span)?;
            let op = Op::Subgroup(SubgroupOp::Vote(mode, value));
            return Ok(Val::Scalar(self.builder.emit_one(op, call.span), ty));
        }
        let (value, ty) = self.any_scalar(value, call.span)?;
        let op = match name {
            "subgroup_first" => SubgroupOp::BroadcastFirst(value),
            "subgroup_add" => SubgroupOp::Reduce(ReduceOp::Add, value),
            "subgroup_min" => SubgroupOp::Reduce(ReduceOp::Min, value),
            "subgroup_max" => SubgroupOp::Reduce(ReduceOp::Max, value),
            "subgroup_and" => SubgroupOp::Reduce(ReduceOp::And, value),
            "subgroup_or" => SubgroupOp::Reduce(ReduceOp::Or, value),
            _ => SubgroupOp::Reduce(ReduceOp::Xor, value),
        };
        Ok(Val::Scalar(self.builder.emit_one(Op::Subgroup(op), call.span), ty))
    }
}

fn shuffle_mode(name: &str) -> Option<ShuffleMode> {
    Some(match name {
        "shuffle" => ShuffleMode::Index,
        "shuffle_xor" => ShuffleMode::Xor,
        "shuffle_up" => ShuffleMode::Up,
        "shuffle_down" => ShuffleMode::Down,
        _ => return None,
    })
}
