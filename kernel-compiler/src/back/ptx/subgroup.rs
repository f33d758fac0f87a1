//! Exchange within a warp; all 32 lanes take part.
//!
//! PTX ISA, sections "shfl.sync", "vote.sync", "redux.sync".

use crate::ir::op::{BinaryOp, ReduceOp, ShuffleMode, SubgroupOp, VoteMode};
use crate::ir::{Operand, Scalar, ValueId};

use super::emitter::{Arg, Emitter};
use super::registers::{Class, Reg};
use super::tables;

const ALL: &str = "0xffffffff";

impl Emitter<'_> {
    /// Emits a subgroup operation.
    pub fn subgroup(&mut self, op: &SubgroupOp, results: &[ValueId]) {
        let d = match op {
            SubgroupOp::Shuffle { mode, value, lane } => {
                let value = self.reg(*value);
                let lane = self.arg(*lane);
                self.shuffle(*mode, value, &lane)
            }
            SubgroupOp::Reduce(op, value) => self.reduce(*op, *value),
            SubgroupOp::Vote(mode, value) => {
                let p = self.reg(*value);
                match mode {
                    VoteMode::Any => self.op(Class::Pred, "vote.sync.any.pred", &[&p, &ALL]),
                    VoteMode::All => self.op(Class::Pred, "vote.sync.all.pred", &[&p, &ALL]),
                    VoteMode::Ballot => self.op(Class::B32, "vote.sync.ballot.b32", &[&p, &ALL]),
                }
            }
            SubgroupOp::BroadcastFirst(value) => {
                let value = self.reg(*value);
                self.shuffle(ShuffleMode::Index, value, &Arg::Immediate("0".to_owned()))
            }
        };
        self.bind_first(results, d);
    }

    fn shuffle(&mut self, mode: ShuffleMode, value: Reg, lane: &Arg) -> Reg {
        // The clamp: lanes beyond it keep their value.
        let (mnemonic, clamp) = match mode {
            ShuffleMode::Xor => ("shfl.sync.bfly.b32", 31),
            ShuffleMode::Up => ("shfl.sync.up.b32", 0),
            ShuffleMode::Down => ("shfl.sync.down.b32", 31),
            ShuffleMode::Index => ("shfl.sync.idx.b32", 31),
        };
        let words = self.split_scalar(value);
        let moved: Vec<Reg> = words
            .into_iter()
            .map(|word| self.op(word.class, mnemonic, &[&word, lane, &clamp, &ALL]))
            .collect();
        self.join_scalar(value.class, &moved)
    }

    fn reduce(&mut self, op: ReduceOp, value: Operand) -> Reg {
        let ty = self.module.type_of(value);
        let reg = self.reg(value);
        if ty == Scalar::Bool {
            return self.reduce_bool(op, reg);
        }
        let native = matches!(ty, Scalar::U32 | Scalar::I32)
            || (ty == Scalar::Index && reg.class == Class::B32);
        if native && tables::REDUX.on(self.ptx) {
            self.need(tables::REDUX);
            let int = self.int(ty);
            let suffix = match op {
                ReduceOp::Add => format!("add.{int}"),
                ReduceOp::Min => format!("min.{int}"),
                ReduceOp::Max => format!("max.{int}"),
                ReduceOp::And => "and.b32".to_owned(),
                ReduceOp::Or => "or.b32".to_owned(),
                ReduceOp::Xor => "xor.b32".to_owned(),
            };
            return self.op(Class::B32, &format!("redux.sync.{suffix}"), &[&reg, &ALL]);
        }
        let op = match op {
            ReduceOp::Add => BinaryOp::Add,
            ReduceOp::Min => BinaryOp::Min,
            ReduceOp::Max => BinaryOp::Max,
            ReduceOp::And => BinaryOp::And,
            ReduceOp::Or => BinaryOp::Or,
            ReduceOp::Xor => BinaryOp::Xor,
        };
        let mut sum = reg;
        for distance in [16, 8, 4, 2, 1] {
            let lane = Arg::Immediate(format!("{distance}"));
            let other = self.shuffle(ShuffleMode::Xor, sum, &lane);
            sum = self.binary(op, ty, &Arg::Reg(sum), &Arg::Reg(other), false);
        }
        sum
    }

    fn reduce_bool(&mut self, op: ReduceOp, p: Reg) -> Reg {
        match op {
            ReduceOp::And | ReduceOp::Min => {
                self.op(Class::Pred, "vote.sync.all.pred", &[&p, &ALL])
            }
            ReduceOp::Or | ReduceOp::Max => self.op(Class::Pred, "vote.sync.any.pred", &[&p, &ALL]),
            ReduceOp::Xor | ReduceOp::Add => {
                let ballot = self.op(Class::B32, "vote.sync.ballot.b32", &[&p, &ALL]);
                let ones = self.op(Class::B32, "popc.b32", &[&ballot]);
                let odd = self.op(Class::B32, "and.b32", &[&ones, &1]);
                self.op(Class::Pred, "setp.ne.u32", &[&odd, &0])
            }
        }
    }
}
