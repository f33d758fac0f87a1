//! What every operation reads, and what it gives.

use super::super::{Module, Operand, Scalar};
use super::{
    ArithOp, AsyncOp, Base, MatrixOp, MemoryOp, Op, Place, SubgroupOp, SyncOp, UnaryOp, VoteMode,
    WgmmaA,
};

impl Op {
    /// The types of the results, in order; empty for a pure effect.
    pub fn result_types(&self, module: &Module) -> Vec<Scalar> {
        match self {
            Op::Read(local) => vec![module.locals[local.index()].ty],
            Op::Param(param) => match &module.params[param.index()].kind {
                super::super::ParamKind::Scalar(ty) => vec![*ty],
                _ => Vec::new(),
            },
            Op::Builtin(_) => vec![Scalar::U32],
            Op::Arith(op) => arith_results(op, module),
            Op::Memory(op) => match op {
                MemoryOp::Load { ty, count, .. } => vec![*ty; *count as usize],
                MemoryOp::LoadOrdered { ty, .. } => vec![*ty],
                MemoryOp::Atomic { value, returns, .. } => {
                    if *returns {
                        vec![module.type_of(*value)]
                    } else {
                        Vec::new()
                    }
                }
                MemoryOp::CompareExchange { value, .. } => vec![module.type_of(*value)],
                MemoryOp::SharedAddress(_) => vec![Scalar::U32],
                MemoryOp::Store { .. } | MemoryOp::StoreOrdered { .. } | MemoryOp::Prefetch(_) => {
                    Vec::new()
                }
            },
            Op::Sync(_) => Vec::new(),
            Op::Subgroup(op) => match op {
                SubgroupOp::Shuffle { value, .. } => vec![module.type_of(*value)],
                SubgroupOp::Reduce(_, value) | SubgroupOp::BroadcastFirst(value) => {
                    vec![module.type_of(*value)]
                }
                SubgroupOp::Vote(VoteMode::Ballot, _) => vec![Scalar::U32],
                SubgroupOp::Vote(VoteMode::Any | VoteMode::All, _) => vec![Scalar::Bool],
            },
            Op::Matrix(op) => match op {
                MatrixOp::Mma { c, .. } => c.iter().map(|c| module.type_of(*c)).collect(),
                MatrixOp::LoadMatrix { count, .. } => vec![Scalar::U32; *count as usize],
                MatrixOp::Descriptor { .. } => vec![Scalar::U64],
                _ => Vec::new(),
            },
            Op::Async(AsyncOp::MbarrierTryWait { .. }) => vec![Scalar::Bool],
            Op::Async(_) => Vec::new(),
        }
    }

    /// Whether the operation only computes: it may be moved, merged or dropped.
    pub fn is_pure(&self) -> bool {
        matches!(
            self,
            Op::Param(_)
                | Op::Builtin(_)
                | Op::Arith(_)
                | Op::Memory(MemoryOp::SharedAddress(_))
                | Op::Matrix(MatrixOp::Descriptor { .. })
        )
    }

    /// Calls `f` with every operand, in a fixed order. Fragments, locals and parameters that are named
    /// directly are not operands.
    pub fn for_each_operand(&mut self, f: &mut dyn FnMut(&mut Operand)) {
        match self {
            Op::Read(_) | Op::Param(_) | Op::Builtin(_) => {}
            Op::Arith(op) => arith_operands(op, f),
            Op::Memory(op) => memory_operands(op, f),
            Op::Sync(SyncOp::Named { id, .. }) => f(id),
            Op::Sync(_) => {}
            Op::Subgroup(op) => match op {
                SubgroupOp::Shuffle { value, lane, .. } => {
                    f(value);
                    f(lane);
                }
                SubgroupOp::Reduce(_, value)
                | SubgroupOp::Vote(_, value)
                | SubgroupOp::BroadcastFirst(value) => f(value),
            },
            Op::Matrix(op) => matrix_operands(op, f),
            Op::Async(op) => async_operands(op, f),
        }
    }

    /// The arrays that the operation touches, read or written.
    pub fn bases(&self) -> Vec<Base> {
        match self {
            Op::Memory(op) => match op {
                MemoryOp::Load { place, .. }
                | MemoryOp::Store { place, .. }
                | MemoryOp::LoadOrdered { place, .. }
                | MemoryOp::StoreOrdered { place, .. }
                | MemoryOp::Atomic { place, .. }
                | MemoryOp::CompareExchange { place, .. }
                | MemoryOp::SharedAddress(place)
                | MemoryOp::Prefetch(place) => vec![place.base],
            },
            Op::Matrix(
                MatrixOp::FragmentLoad { place, .. }
                | MatrixOp::FragmentStore { place, .. }
                | MatrixOp::LoadMatrix { place, .. }
                | MatrixOp::StoreMatrix { place, .. }
                | MatrixOp::Descriptor { place, .. },
            ) => vec![place.base],
            Op::Async(op) => match op {
                AsyncOp::CopyAsync { to, from, .. } => vec![to.base, from.base],
                AsyncOp::BulkLoad { to, from, barrier, .. } => {
                    vec![to.base, from.base, barrier.base]
                }
                AsyncOp::BulkStore { to, from, .. } => vec![to.base, from.base],
                AsyncOp::BulkPrefetch { from, .. } => vec![from.base],
                AsyncOp::TensorLoad { to, barrier, .. } => vec![to.base, barrier.base],
                AsyncOp::TensorStore { from, .. } => vec![from.base],
                AsyncOp::CopyAsyncArrive(barrier)
                | AsyncOp::MbarrierInit { barrier, .. }
                | AsyncOp::MbarrierArrive { barrier, .. }
                | AsyncOp::MbarrierExpect { barrier, .. }
                | AsyncOp::MbarrierTryWait { barrier, .. }
                | AsyncOp::MbarrierWait { barrier, .. } => vec![barrier.base],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The operands, in the order of [`Op::for_each_operand`].
    pub fn operands(&self) -> Vec<Operand> {
        let mut all = Vec::new();
        self.clone().for_each_operand(&mut |operand| all.push(*operand));
        all
    }
}

fn arith_results(op: &ArithOp, module: &Module) -> Vec<Scalar> {
    match op {
        ArithOp::Unary(op, a) => match op {
            UnaryOp::CountOnes | UnaryOp::LeadingZeros | UnaryOp::TrailingZeros => {
                vec![Scalar::U32]
            }
            _ => vec![module.type_of(*a)],
        },
        ArithOp::Binary { a, .. } | ArithOp::Fma { a, .. } | ArithOp::Select { a, .. } => {
            vec![module.type_of(*a)]
        }
        ArithOp::Compare(..) => vec![Scalar::Bool],
        ArithOp::Convert(ty, _) | ArithOp::Bitcast(ty, _) => vec![*ty],
        ArithOp::Pack(Scalar::F8E4M3 | Scalar::F8E5M2, ..) => vec![Scalar::U16],
        ArithOp::Pack(ty, ..) => vec![*ty],
        ArithOp::Unpack(_) => vec![Scalar::F32, Scalar::F32],
        ArithOp::Lop3 { .. } | ArithOp::Prmt { .. } => vec![Scalar::U32],
        ArithOp::BitfieldExtract { value, .. } => vec![module.type_of(*value)],
        ArithOp::Dot4 { .. } => vec![Scalar::I32],
    }
}

fn arith_operands(op: &mut ArithOp, f: &mut dyn FnMut(&mut Operand)) {
    match op {
        ArithOp::Unary(_, a)
        | ArithOp::Convert(_, a)
        | ArithOp::Bitcast(_, a)
        | ArithOp::Unpack(a) => f(a),
        ArithOp::Binary { a, b, .. } | ArithOp::Compare(_, a, b) | ArithOp::Pack(_, a, b) => {
            f(a);
            f(b);
        }
        ArithOp::Fma { a, b, c, .. } | ArithOp::Dot4 { a, b, c } => {
            f(a);
            f(b);
            f(c);
        }
        ArithOp::Select { condition, a, b } => {
            f(condition);
            f(a);
            f(b);
        }
        ArithOp::Lop3 { operands, .. } => operands.iter_mut().for_each(f),
        ArithOp::Prmt { a, b, selector } => {
            f(a);
            f(b);
            f(selector);
        }
        ArithOp::BitfieldExtract { value, offset, width } => {
            f(value);
            f(offset);
            f(width);
        }
    }
}

fn place_operands(place: &mut Place, f: &mut dyn FnMut(&mut Operand)) {
    if let Base::Cluster { rank, .. } = &mut place.base {
        f(rank);
    }
    f(&mut place.index);
}

fn memory_operands(op: &mut MemoryOp, f: &mut dyn FnMut(&mut Operand)) {
    match op {
        MemoryOp::Load { place, .. }
        | MemoryOp::LoadOrdered { place, .. }
        | MemoryOp::SharedAddress(place)
        | MemoryOp::Prefetch(place) => place_operands(place, f),
        MemoryOp::Store { place, values, .. } => {
            place_operands(place, f);
            values.iter_mut().for_each(f);
        }
        MemoryOp::StoreOrdered { place, value, .. } | MemoryOp::Atomic { place, value, .. } => {
            place_operands(place, f);
            f(value);
        }
        MemoryOp::CompareExchange { place, expected, value, .. } => {
            place_operands(place, f);
            f(expected);
            f(value);
        }
    }
}

fn matrix_operands(op: &mut MatrixOp, f: &mut dyn FnMut(&mut Operand)) {
    match op {
        MatrixOp::FragmentFill(_, value) | MatrixOp::FragmentScale(_, value) => f(value),
        MatrixOp::FragmentLoad { place, stride, .. }
        | MatrixOp::FragmentStore { place, stride, .. } => {
            place_operands(place, f);
            f(stride);
        }
        MatrixOp::Mma { a, b, c, sparse, .. } => {
            a.iter_mut().chain(b).chain(c).for_each(&mut *f);
            if let Some((metadata, _)) = sparse {
                f(metadata);
            }
        }
        MatrixOp::LoadMatrix { place, .. } | MatrixOp::Descriptor { place, .. } => {
            place_operands(place, f);
        }
        MatrixOp::StoreMatrix { place, values, .. } => {
            place_operands(place, f);
            values.iter_mut().for_each(f);
        }
        MatrixOp::Wgmma { a, b, accumulate, sparse, .. } => {
            match a {
                WgmmaA::Descriptor(a) => f(a),
                WgmmaA::Registers(a) => a.iter_mut().for_each(&mut *f),
            }
            f(b);
            f(accumulate);
            if let Some((metadata, _)) = sparse {
                f(metadata);
            }
        }
        MatrixOp::FragmentMultiplyAdd { .. }
        | MatrixOp::WgmmaFence
        | MatrixOp::WgmmaCommit
        | MatrixOp::WgmmaWait(_) => {}
    }
}

fn async_operands(op: &mut AsyncOp, f: &mut dyn FnMut(&mut Operand)) {
    match op {
        AsyncOp::CopyAsync { to, from, valid, .. } => {
            place_operands(to, f);
            place_operands(from, f);
            valid.iter_mut().for_each(f);
        }
        AsyncOp::CopyAsyncArrive(place) => place_operands(place, f),
        AsyncOp::MbarrierInit { barrier, count: extra }
        | AsyncOp::MbarrierArrive { barrier, count: extra, .. }
        | AsyncOp::MbarrierExpect { barrier, bytes: extra }
        | AsyncOp::MbarrierTryWait { barrier, parity: extra }
        | AsyncOp::MbarrierWait { barrier, parity: extra } => {
            place_operands(barrier, f);
            f(extra);
        }
        AsyncOp::TensorLoad { coordinates, to, barrier, multicast, .. } => {
            coordinates.iter_mut().for_each(&mut *f);
            place_operands(to, f);
            place_operands(barrier, f);
            multicast.iter_mut().for_each(f);
        }
        AsyncOp::TensorStore { coordinates, from, .. } => {
            coordinates.iter_mut().for_each(&mut *f);
            place_operands(from, f);
        }
        AsyncOp::BulkLoad { to, from, bytes, barrier, .. } => {
            place_operands(to, f);
            place_operands(from, f);
            f(bytes);
            place_operands(barrier, f);
        }
        AsyncOp::BulkStore { to, from, bytes, .. } => {
            place_operands(to, f);
            place_operands(from, f);
            f(bytes);
        }
        AsyncOp::BulkPrefetch { from, bytes } => {
            place_operands(from, f);
            f(bytes);
        }
        AsyncOp::CopyAsyncCommit
        | AsyncOp::CopyAsyncWait(_)
        | AsyncOp::TensorMapPrefetch(_)
        | AsyncOp::BulkCommit
        | AsyncOp::BulkWait { .. }
        | AsyncOp::GridDependencyWait
        | AsyncOp::GridDependencyLaunch => {}
    }
}
