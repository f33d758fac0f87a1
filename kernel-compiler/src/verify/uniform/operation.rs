//! The uniformity of each operation's results.

use super::Uniform;
use crate::ir::op::{
    ArithOp, AsyncOp, Base, BinaryOp, Builtin, MatrixOp, MemoryOp, ShuffleMode, SubgroupOp,
};
use crate::ir::{Access, Comparison, Op, Operand, ParamKind, Uniformity, ValueId};
use crate::target::Target;

impl Uniform<'_, '_> {
    /// The uniformity of "the linear thread index divided by `unit`".
    fn granularity(&self, unit: u64) -> Uniformity {
        let subgroup = self.module.target.subgroup().map(u64::from).filter(|size| *size > 0);
        match subgroup {
            Some(size) if 128 % size == 0 && unit.is_multiple_of(128) => Uniformity::WarpGroup,
            Some(size) if unit.is_multiple_of(size) => Uniformity::Subgroup,
            _ => Uniformity::Varying,
        }
    }

    /// Records the uniformity of an operation's results.
    pub(super) fn operation(&mut self, op: &Op, results: &[ValueId]) {
        let (uniformity, unit) = self.result(op);
        for id in results {
            let state = &mut self.values[id.index()];
            *state = (*state).max(uniformity);
            self.units[id.index()] = unit;
        }
        if let Op::Matrix(MatrixOp::Wgmma { accumulator, .. }) = op {
            for local in accumulator {
                self.assign(*local, Uniformity::Varying);
            }
        }
    }

    fn all(&self, op: &Op) -> Uniformity {
        op.operands().into_iter().map(|o| self.operand(o)).fold(Uniformity::Grid, Uniformity::max)
    }

    fn unit(&self, operand: Operand) -> Option<u32> {
        match operand {
            Operand::Value(id) => self.units[id.index()],
            Operand::Const(_) => None,
        }
    }

    fn result(&self, op: &Op) -> (Uniformity, Option<u32>) {
        match op {
            Op::Read(local) => (self.locals[local.index()], None),
            Op::Param(_) => (Uniformity::Grid, None),
            Op::Builtin(builtin) => self.builtin(*builtin),
            Op::Arith(arith) => self.arith(op, arith),
            Op::Memory(MemoryOp::Load { place, .. }) => (self.load(op, place.base), None),
            Op::Memory(MemoryOp::SharedAddress(_)) | Op::Matrix(MatrixOp::Descriptor { .. }) => {
                (self.all(op), None)
            }
            Op::Subgroup(op) => (self.subgroup(op), None),
            Op::Memory(_) | Op::Matrix(_) | Op::Async(AsyncOp::MbarrierTryWait { .. }) => {
                (Uniformity::Varying, None)
            }
            Op::Sync(_) | Op::Async(_) => (Uniformity::Varying, None),
        }
    }

    fn builtin(&self, builtin: Builtin) -> (Uniformity, Option<u32>) {
        let [x, y, z] = self.module.threads;
        match builtin {
            Builtin::ThreadId(axis) => {
                if self.module.threads.get(usize::from(axis)) == Some(&1) {
                    return (Uniformity::Grid, None);
                }
                match axis {
                    0 if y * z == 1 => (Uniformity::Varying, Some(1)),
                    1 if z == 1 => (self.granularity(u64::from(x)), Some(x)),
                    2 => (self.granularity(u64::from(x) * u64::from(y)), Some(x * y)),
                    _ => (Uniformity::Varying, None),
                }
            }
            Builtin::BlockId(axis) => match self.module.cluster.get(usize::from(axis)) {
                Some(1) => (Uniformity::Cluster, None),
                _ => (Uniformity::Workgroup, None),
            },
            Builtin::GridDim(_) => (Uniformity::Grid, None),
            Builtin::LaneId => (Uniformity::Varying, None),
            Builtin::SubgroupId => (Uniformity::Subgroup, self.module.target.subgroup()),
            Builtin::ClusterRank => (Uniformity::Workgroup, None),
        }
    }

    fn arith(&self, op: &Op, arith: &ArithOp) -> (Uniformity, Option<u32>) {
        let all = self.all(op);
        match *arith {
            ArithOp::Convert(ty, a) if ty.is_integer() && ty.size() >= 4 => (all, self.unit(a)),
            ArithOp::Binary { op: BinaryOp::Div, a, b, .. } => self.divided(a, b.as_int(), all),
            ArithOp::Binary { op: BinaryOp::Shr, a, b, .. } => {
                let divisor = b.as_int().filter(|s| (0..32).contains(s)).map(|s| 1i128 << s);
                self.divided(a, divisor, all)
            }
            ArithOp::Binary { op: BinaryOp::And, a, b, .. } => {
                let (value, mask) = if a.as_const().is_some() { (b, a) } else { (a, b) };
                match (self.unit(value), mask.as_int()) {
                    (Some(unit), Some(mask)) if mask != 0 => {
                        let low = 1u64 << mask.trailing_zeros().min(31);
                        (all.min(self.granularity(low * u64::from(unit))), None)
                    }
                    _ => (all, None),
                }
            }
            ArithOp::Compare(comparison, a, b) => (self.compared(comparison, a, b, all), None),
            _ => (all, None),
        }
    }

    fn divided(
        &self,
        a: Operand,
        divisor: Option<i128>,
        all: Uniformity,
    ) -> (Uniformity, Option<u32>) {
        let (Some(unit), Some(divisor)) = (self.unit(a), divisor) else { return (all, None) };
        let Some(unit) = u32::try_from(divisor).ok().and_then(|d| unit.checked_mul(d)) else {
            return (all, None);
        };
        match unit {
            0 => (all, None),
            _ if unit >= self.module.thread_count() => (Uniformity::Grid, None),
            _ => (all.min(self.granularity(u64::from(unit))), Some(unit)),
        }
    }

    /// `index / unit < c` tells threads apart at `c * unit`.
    fn compared(
        &self,
        comparison: Comparison,
        a: Operand,
        b: Operand,
        all: Uniformity,
    ) -> Uniformity {
        let (unit, bound, flipped) = match (self.unit(a), b.as_int(), self.unit(b), a.as_int()) {
            (Some(unit), Some(bound), ..) => (unit, bound, false),
            (.., Some(unit), Some(bound)) => (unit, bound, true),
            _ => return all,
        };
        let edges: &[i128] =
            match (comparison, flipped) {
                (Comparison::Lt | Comparison::Ge, false)
                | (Comparison::Le | Comparison::Gt, true) => &[0],
                (Comparison::Le | Comparison::Gt, false)
                | (Comparison::Lt | Comparison::Ge, true) => &[1],
                (Comparison::Eq | Comparison::Ne, _) => &[0, 1],
            };
        let edge = |add: &i128| u64::try_from((bound + add) * i128::from(unit)).unwrap_or(1);
        edges.iter().fold(Uniformity::Grid, |u, add| u.max(self.granularity(edge(add)))).min(all)
    }

    fn load(&self, op: &Op, base: Base) -> Uniformity {
        let index = self.all(op);
        let wgsl = matches!(self.module.target, Target::Wgsl(_));
        match base {
            Base::Shared(_) => index.max(Uniformity::Workgroup),
            Base::Cluster { .. } => index.max(Uniformity::Cluster),
            Base::Buffer(id) => match self.module.params[id.index()].kind {
                ParamKind::Buffer { access: Access::Read, .. } => index,
                _ if wgsl => Uniformity::Varying,
                _ => index.max(Uniformity::Workgroup),
            },
        }
    }

    fn subgroup(&self, op: &SubgroupOp) -> Uniformity {
        match *op {
            SubgroupOp::Shuffle { mode: ShuffleMode::Index, value, lane } => {
                let lane = self.operand(lane);
                match self.operand(value) {
                    Uniformity::Varying => lane.max(Uniformity::Subgroup),
                    uniform => uniform,
                }
            }
            SubgroupOp::Shuffle { value, .. } => self.operand(value),
            SubgroupOp::Reduce(_, value)
            | SubgroupOp::Vote(_, value)
            | SubgroupOp::BroadcastFirst(value) => self.operand(value).min(Uniformity::Subgroup),
        }
    }
}
