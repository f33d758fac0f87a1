//! Asynchronous copies, mbarriers, distributed shared memory and dependent launches.

use super::super::value::Val;
use super::super::{Eval, Lowerer};
use super::Call;
use crate::ast::{Expr, Ident};
use crate::diag::catalog::types::{TYPE_MISMATCH, UNKNOWN_METHOD};
use crate::ir::op::{
    AsyncOp, AtomicOp, Base, BulkReduce, Cache, L2Hint, MemoryOp, MemoryOrder, Op, Place, Scope,
};
use crate::ir::{Operand, ParamId, Scalar, Span};

pub(super) const NAMES: &[&str] = &[
    "cp_async",
    "cp_async_zfill",
    "cp_async_commit",
    "cp_async_wait",
    "cp_async_arrive",
    "mbarrier_init",
    "mbarrier_arrive",
    "mbarrier_arrive_remote",
    "mbarrier_expect",
    "mbarrier_try_wait",
    "mbarrier_wait",
    "bulk_load",
    "bulk_store",
    "bulk_reduce_add",
    "bulk_prefetch",
    "bulk_commit",
    "bulk_wait",
    "bulk_wait_read",
    "grid_dependency_wait",
    "grid_dependency_launch",
    "cluster_load",
    "cluster_store",
    "cluster_reduce_add",
];

impl<'a> Lowerer<'_, 'a> {
    pub(super) fn async_intrinsic(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let name = call.name.name.as_str();
        if name.starts_with("mbarrier") {
            return self.mbarrier(call);
        }
        if name.starts_with("cluster") {
            return self.cluster_access(call);
        }
        let op = match name {
            "cp_async" | "cp_async_zfill" => return self.copy_async(call),
            "bulk_load" | "bulk_store" | "bulk_reduce_add" | "bulk_prefetch" => {
                return self.bulk_copy(call);
            }
            "cp_async_arrive" => {
                let [array, index] = self.arguments_of::<2>(call.name, call.arguments)?;
                let place = self.async_place(&array, index, call.span)?;
                return self.async_effect(AsyncOp::CopyAsyncArrive(place), call.span);
            }
            "cp_async_wait" => AsyncOp::CopyAsyncWait(self.generic_u32(call, 0)?),
            "bulk_wait" => AsyncOp::BulkWait { pending: self.generic_u32(call, 0)?, read: false },
            "bulk_wait_read" => {
                AsyncOp::BulkWait { pending: self.generic_u32(call, 0)?, read: true }
            }
            "cp_async_commit" => AsyncOp::CopyAsyncCommit,
            "bulk_commit" => AsyncOp::BulkCommit,
            "grid_dependency_wait" => AsyncOp::GridDependencyWait,
            _ => AsyncOp::GridDependencyLaunch,
        };
        let [] = self.arguments_of::<0>(call.name, call.arguments)?;
        self.async_effect(op, call.span)
    }

    fn async_effect(&mut self, op: AsyncOp, span: Span) -> Eval<'a> {
        self.effect(Op::Async(op), span);
        Ok(Val::Unit)
    }

    fn async_place(&mut self, array: &Val<'a>, index: Val<'a>, span: Span) -> Eval<'a, Place> {
        let index = self.element_index(index, span)?;
        Ok(self.memory_place(array, index, span)?.0)
    }

    /// `cp_async(to, i, from, j, BYTES)`, `cp_async_zfill(to, i, from, j, BYTES, valid)`
    fn copy_async(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let (plain, extra) = call.arguments.split_at(5.min(call.arguments.len()));
        let [to, i, from, j, bytes] = self.arguments_of::<5>(call.name, plain)?;
        let to = self.async_place(&to, i, call.span)?;
        let from = self.async_place(&from, j, call.span)?;
        let bytes = self.const_u32(&bytes, "the size of a cp_async", call.span)?;
        let valid = if call.name.name == "cp_async_zfill" {
            let [valid] = self.arguments_of::<1>(call.name, extra)?;
            Some(self.scalar(valid, Scalar::U32, call.span)?)
        } else {
            let [] = self.arguments_of::<0>(call.name, extra)?;
            None
        };
        self.async_effect(AsyncOp::CopyAsync { to, from, bytes, valid }, call.span)
    }

    /// `mbarrier_*(array, index, ..)`
    fn mbarrier(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let name = call.name.name.as_str();
        let (plain, extra) = call.arguments.split_at(2.min(call.arguments.len()));
        let [array, index] = self.arguments_of::<2>(call.name, plain)?;
        let mut barrier = self.async_place(&array, index, call.span)?;
        let mut scope = Scope::Cluster;
        if name == "mbarrier_arrive_remote" {
            let (rank, scopes) = extra.split_at(1.min(extra.len()));
            if let [argument] = scopes {
                match self.eval(argument, None)? {
                    Val::Str(text) if text == "workgroup" => scope = Scope::Workgroup,
                    Val::Str(text) if text == "cluster" => {}
                    _ => {
                        return self.error_help(
                            &TYPE_MISMATCH,
                            argument.span,
                            "this is not the scope of an arrival".to_owned(),
                            "scopes are \"cluster\" and \"workgroup\"".to_owned(),
                        );
                    }
                }
            }
            let [rank] = self.arguments_of::<1>(call.name, rank)?;
            let rank = self.scalar(rank, Scalar::U32, call.span)?;
            barrier = self.remote(barrier, rank, call.span)?;
        }
        let one = self.constant(Scalar::U32, 1);
        let op = match (name, extra) {
            ("mbarrier_arrive_remote", _) | ("mbarrier_arrive", []) => {
                AsyncOp::MbarrierArrive { barrier, count: one, scope }
            }
            _ => {
                let [value] = self.arguments_of::<1>(call.name, extra)?;
                let value = self.scalar(value, Scalar::U32, call.span)?;
                match name {
                    "mbarrier_init" => AsyncOp::MbarrierInit { barrier, count: value },
                    "mbarrier_arrive" => AsyncOp::MbarrierArrive { barrier, count: value, scope },
                    "mbarrier_expect" => AsyncOp::MbarrierExpect { barrier, bytes: value },
                    "mbarrier_wait" => AsyncOp::MbarrierWait { barrier, parity: value },
                    _ => {
                        let op = Op::Async(AsyncOp::MbarrierTryWait { barrier, parity: value });
                        return Ok(Val::Scalar(self.builder.emit_one(op, call.span), Scalar::Bool));
                    }
                }
            }
        };
        self.async_effect(op, call.span)
    }

    fn remote(&mut self, place: Place, rank: Operand, span: Span) -> Eval<'a, Place> {
        match place.base {
            Base::Shared(array) => {
                Ok(Place { base: Base::Cluster { array, rank }, index: place.index })
            }
            _ => self.error(
                &TYPE_MISMATCH,
                span,
                "only workgroup memory can be reached in another workgroup of the cluster"
                    .to_owned(),
            ),
        }
    }

    /// `cluster_load(array, i, rank)`, `cluster_store(array, i, rank, value)`,
    /// `cluster_reduce_add(array, i, rank, value)`
    fn cluster_access(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let (plain, extra) = call.arguments.split_at(3.min(call.arguments.len()));
        let [array, index, rank] = self.arguments_of::<3>(call.name, plain)?;
        let index = self.element_index(index, call.span)?;
        let (place, ty) = self.memory_place(&array, index, call.span)?;
        let rank = self.scalar(rank, Scalar::U32, call.span)?;
        let place = self.remote(place, rank, call.span)?;
        if call.name.name == "cluster_load" {
            let [] = self.arguments_of::<0>(call.name, extra)?;
            let op = MemoryOp::Load { place, ty, count: 1, cache: Cache::default() };
            return Ok(Val::Scalar(self.builder.emit_one(Op::Memory(op), call.span), ty));
        }
        let [value] = self.arguments_of::<1>(call.name, extra)?;
        let value = self.scalar(value, ty, call.span)?;
        let op = if call.name.name == "cluster_store" {
            MemoryOp::Store { place, values: vec![value], cache: Cache::default() }
        } else {
            MemoryOp::Atomic {
                op: AtomicOp::Add,
                place,
                value,
                returns: false,
                scope: Scope::Cluster,
                order: MemoryOrder::Relaxed,
            }
        };
        self.effect(Op::Memory(op), call.span);
        Ok(Val::Unit)
    }

    /// A cache hint of the second level as the last argument of a copy.
    fn l2_hint(&mut self, hints: &'a [Expr], span: Span) -> Eval<'a, L2Hint> {
        let [hint] = hints else {
            return if hints.is_empty() {
                Ok(L2Hint::Default)
            } else {
                self.error(&TYPE_MISMATCH, span, "a copy takes one cache hint".to_owned())
            };
        };
        match self.eval(hint, None)? {
            Val::Str(text) if text == "l2::evict_first" => Ok(L2Hint::EvictFirst),
            Val::Str(text) if text == "l2::evict_last" => Ok(L2Hint::EvictLast),
            _ => self.error_help(
                &TYPE_MISMATCH,
                span,
                "this is not a cache hint of a copy".to_owned(),
                "hints are l2::evict_first and l2::evict_last".to_owned(),
            ),
        }
    }

    /// `bulk_load(to, i, from, j, bytes, barrier, k [, hint])`, `bulk_store(to, i, from, j, bytes)`,
    /// `bulk_reduce_add(..)` the same, `bulk_prefetch(from, j, bytes)`
    fn bulk_copy(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        if call.name.name == "bulk_prefetch" {
            let [from, j, bytes] = self.arguments_of::<3>(call.name, call.arguments)?;
            let from = self.async_place(&from, j, call.span)?;
            let bytes = self.scalar(bytes, Scalar::U32, call.span)?;
            return self.async_effect(AsyncOp::BulkPrefetch { from, bytes }, call.span);
        }
        let (plain, extra) = call.arguments.split_at(5.min(call.arguments.len()));
        let [to, i, from, j, bytes] = self.arguments_of::<5>(call.name, plain)?;
        let to = self.async_place(&to, i, call.span)?;
        let from = self.async_place(&from, j, call.span)?;
        let bytes = self.scalar(bytes, Scalar::U32, call.span)?;
        let op = match call.name.name.as_str() {
            "bulk_load" => {
                let (plain, hints) = extra.split_at(2.min(extra.len()));
                let [array, k] = self.arguments_of::<2>(call.name, plain)?;
                let barrier = self.async_place(&array, k, call.span)?;
                let l2 = self.l2_hint(hints, call.span)?;
                AsyncOp::BulkLoad { to, from, bytes, barrier, l2 }
            }
            "bulk_store" => AsyncOp::BulkStore { to, from, bytes, reduce: BulkReduce::None },
            _ => AsyncOp::BulkStore { to, from, bytes, reduce: BulkReduce::With(AtomicOp::Add) },
        };
        self.async_effect(op, call.span)
    }

    /// Methods of a tensor map: `load(to, i, barrier, k, (x, y, ..))`, `load_multicast(.., mask)`,
    /// `store(from, i, (x, ..))`, `reduce_add(from, i, (x, ..))`, `prefetch()`.
    pub(in super::super) fn tensor_map_method(
        &mut self,
        map: ParamId,
        method: &'a Ident,
        arguments: &'a [Expr],
    ) -> Eval<'a> {
        let span = method.span;
        let op = match method.name.as_str() {
            "load" | "load_multicast" => {
                let (plain, extra) = arguments.split_at(5.min(arguments.len()));
                let [to, i, array, k, at] = self.arguments_of::<5>(method, plain)?;
                let to = self.async_place(&to, i, span)?;
                let barrier = self.async_place(&array, k, span)?;
                let coordinates = self.coordinates(at, span)?;
                let multicast = if method.name == "load_multicast" {
                    let [mask] = self.arguments_of::<1>(method, extra)?;
                    Some(self.scalar(mask, Scalar::U32, span)?)
                } else {
                    None
                };
                let l2 = L2Hint::Default;
                AsyncOp::TensorLoad { map, coordinates, to, barrier, multicast, l2 }
            }
            name @ ("store" | "reduce_add") => {
                let [from, i, at] = self.arguments_of::<3>(method, arguments)?;
                let from = self.async_place(&from, i, span)?;
                let coordinates = self.coordinates(at, span)?;
                let reduce = if name == "store" {
                    BulkReduce::None
                } else {
                    BulkReduce::With(AtomicOp::Add)
                };
                AsyncOp::TensorStore { map, coordinates, from, reduce }
            }
            "prefetch" => {
                let [] = self.arguments_of::<0>(method, arguments)?;
                AsyncOp::TensorMapPrefetch(map)
            }
            name => {
                return self.error_help(
                    &UNKNOWN_METHOD,
                    span,
                    format!("a tensor map has no method `{name}`"),
                    "tensor maps have load, load_multicast, store, reduce_add and prefetch"
                        .to_owned(),
                );
            }
        };
        self.async_effect(op, span)
    }

    fn coordinates(&mut self, value: Val<'a>, span: Span) -> Eval<'a, Vec<Operand>> {
        let items = match value {
            Val::Tuple(items) | Val::Array(items) => items,
            one => vec![one],
        };
        items
            .into_iter()
            .map(|item| match item {
                Val::Scalar(operand, Scalar::U32 | Scalar::Index) => {
                    Ok(self.convert(operand, Scalar::I32, span))
                }
                other => self.scalar(other, Scalar::I32, span),
            })
            .collect()
    }
}
