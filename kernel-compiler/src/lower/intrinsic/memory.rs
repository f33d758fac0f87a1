//! Workgroup arrays, loads, stores and atomics.

use super::super::ty::Ty;
use super::super::value::Val;
use super::super::{Boundary, Eval, Lowerer};
use super::Call;
use crate::ast::{Expr, GenericArgument, Ident};
use crate::diag::catalog::types::{SHARED_SCOPE, TYPE_MISMATCH, UNKNOWN_METHOD};
use crate::ir::op::{
    AtomicOp, Base, Cache, L1Hint, L2Hint, MemoryOp, MemoryOrder, Op, Place, Scope,
};
use crate::ir::{Operand, ParamKind, ParamRole, Scalar, SharedArray, SharedId, Span};

pub(super) const NAMES: &[&str] = &["shared", "shared_aligned"];

/// Methods of buffers and workgroup arrays.
const METHODS: &[&str] = &[
    "load",
    "store",
    "load_as",
    "store_as",
    "load_or",
    "load_cached",
    "len",
    "prefetch",
    "address",
    "atomic_add",
    "atomic_min",
    "atomic_max",
    "atomic_and",
    "atomic_or",
    "atomic_xor",
    "atomic_exchange",
    "atomic_compare_exchange",
    "reduce_add",
    "reduce_min",
    "reduce_max",
    "load_acquire",
    "load_relaxed",
    "store_release",
    "store_relaxed",
    "descriptor",
    "in_cluster",
];

impl<'a> Lowerer<'_, 'a> {
    /// `shared::<T, N>()`, `shared_aligned::<T, N, BYTES>()`
    pub(super) fn memory_intrinsic(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let element = self.generic_scalar(call, 0)?;
        let len = self.generic_u32(call, 1)?;
        let align = match call.name.name.as_str() {
            "shared_aligned" => self.generic_u32(call, 2)?,
            _ => 16,
        };
        if self.boundaries.iter().any(|b| matches!(b, Boundary::Branch | Boundary::Loop)) {
            return self.error_help(
                &SHARED_SCOPE,
                call.span,
                "workgroup memory is declared under run-time control flow".to_owned(),
                "declare it at the start of the kernel and pass it on".to_owned(),
            );
        }
        let id = SharedId(self.builder.module.shared.len() as u32);
        let name = format!("shared_{}", id.0);
        self.builder.module.shared.push(SharedArray { name, element, len, align, span: call.span });
        Ok(Val::Shared(id))
    }

    /// Gives a workgroup array its variable's name, if that is free.
    pub(in super::super) fn name_shared(&mut self, id: SharedId, name: &str) {
        let module = &mut self.builder.module;
        let free = module.shared.iter().all(|array| array.name != name)
            && module.params.iter().all(|param| param.name != name);
        let array = &mut module.shared[id.index()];
        if free && array.name == format!("shared_{}", id.0) {
            name.clone_into(&mut array.name);
        }
    }

    fn base(&self, handle: &Val<'a>) -> Option<(Base, Scalar)> {
        match handle {
            Val::Buffer(id) => match &self.builder.module.params[id.index()].kind {
                ParamKind::Buffer { element, .. } => Some((Base::Buffer(*id), *element)),
                ParamKind::Scalar(_) | ParamKind::TensorMap { .. } => None,
            },
            Val::Shared(id) => {
                Some((Base::Shared(*id), self.builder.module.shared[id.index()].element))
            }
            _ => None,
        }
    }

    /// A place in a buffer or workgroup array, and its element type.
    pub(in super::super) fn memory_place(
        &mut self,
        handle: &Val<'a>,
        index: Operand,
        span: Span,
    ) -> Eval<'a, (Place, Scalar)> {
        match self.base(handle) {
            Some((base, element)) => Ok((Place { base, index }, element)),
            None => self.error(
                &TYPE_MISMATCH,
                span,
                "this is neither a buffer nor a workgroup array".to_owned(),
            ),
        }
    }

    /// `handle[index]` as a value.
    pub(in super::super) fn load_element(
        &mut self,
        handle: &Val<'a>,
        index: Operand,
        span: Span,
    ) -> Eval<'a> {
        let (place, ty) = self.memory_place(handle, index, span)?;
        let cache = self.default_cache(&place);
        let op = MemoryOp::Load { place, ty, count: 1, cache };
        Ok(Val::Scalar(self.builder.emit_one(Op::Memory(op), span), ty))
    }

    /// `handle[index] = value`, with the spans of the place and of the value.
    pub(in super::super) fn store_element_from(
        &mut self,
        handle: &Val<'a>,
        index: Operand,
        value: Val<'a>,
        (span, from): (Span, Span),
    ) -> Eval<'a, ()> {
        let (place, ty) = self.memory_place(handle, index, span)?;
        let values = self.stored(value, ty, from)?;
        let op = MemoryOp::Store { place, values, cache: Cache::default() };
        self.effect(Op::Memory(op), span);
        Ok(())
    }

    /// Weights are never written by an earlier kernel: the non-coherent path is theirs.
    fn default_cache(&self, place: &Place) -> Cache {
        let Base::Buffer(param) = place.base else { return Cache::default() };
        let weights = matches!(
            self.builder.module.params[param.index()].kind,
            ParamKind::Buffer { role: ParamRole::Weights, .. }
        );
        Cache { non_coherent: weights, ..Cache::default() }
    }

    fn stored(&mut self, value: Val<'a>, ty: Scalar, span: Span) -> Eval<'a, Vec<Operand>> {
        match value {
            Val::Array(items) => items.into_iter().map(|v| self.scalar(v, ty, span)).collect(),
            value => Ok(vec![self.scalar(value, ty, span)?]),
        }
    }

    /// A method of a buffer or workgroup array.
    pub(in super::super) fn memory_method(
        &mut self,
        handle: &Val<'a>,
        method: &'a Ident,
        generics: &'a [GenericArgument],
        arguments: &'a [Expr],
        expected: Option<&Ty>,
    ) -> Eval<'a> {
        let call = Call { name: method, generics, arguments, expected, span: method.span };
        let Some((base, element)) = self.base(handle) else { return Ok(Val::Poison) };
        match method.name.as_str() {
            "len" => match base {
                Base::Shared(id) => {
                    Ok(Val::Int(i128::from(self.builder.module.shared[id.index()].len)))
                }
                _ => self.error_help(
                    &UNKNOWN_METHOD,
                    method.span,
                    "a buffer's length is not known to the kernel".to_owned(),
                    "declare it in `shapes(..)` and use the dimension's parameter".to_owned(),
                ),
            },
            "load" | "load_as" | "load_or" | "load_cached" => self.load(&call, handle, element),
            "store" | "store_as" => self.store(&call, handle, element),
            "prefetch" | "address" => {
                let [index] = self.arguments_of::<1>(method, arguments)?;
                let place = self.indexed(handle, index, call.span)?;
                if method.name == "address" {
                    let op = Op::Memory(MemoryOp::SharedAddress(place));
                    return Ok(Val::Scalar(self.builder.emit_one(op, call.span), Scalar::U32));
                }
                self.effect(Op::Memory(MemoryOp::Prefetch(place)), call.span);
                Ok(Val::Unit)
            }
            "load_acquire" | "load_relaxed" | "store_release" | "store_relaxed" => {
                self.ordered(&call, handle, element)
            }
            "descriptor" => self.matrix_descriptor(&call, handle),
            name if name.starts_with("atomic_") || name.starts_with("reduce_") => {
                self.atomic(&call, handle, element)
            }
            name => {
                let otherwise = "buffers have load, load_or, store, prefetch and atomic_*, and are \
                                 indexed: `x[i]`";
                let known = METHODS.iter().copied();
                let help = crate::diag::suggest::did_you_mean(name, known, otherwise);
                self.error_help(
                    &UNKNOWN_METHOD,
                    method.span,
                    format!("a buffer has no method `{name}`"),
                    help,
                )
            }
        }
    }

    fn indexed(&mut self, handle: &Val<'a>, index: Val<'a>, span: Span) -> Eval<'a, Place> {
        let index = self.element_index(index, span)?;
        Ok(self.memory_place(handle, index, span)?.0)
    }

    /// `load(i)`, `load_as::<T, N>(i)`, `load_or(i, condition, otherwise)`, `load_cached(i, "..")`.
    fn load(&mut self, call: &Call<'a, '_>, handle: &Val<'a>, element: Scalar) -> Eval<'a> {
        let (ty, count) = self.load_shape(call, element)?;
        let Some((index, rest)) = call.arguments.split_first() else {
            let [] = self.arguments_of::<0>(call.name, call.arguments)?;
            return Ok(Val::Poison);
        };
        let index = self.eval(index, None)?;
        let place = self.indexed(handle, index, call.span)?;
        let mut cache = self.default_cache(&place);
        match (call.name.name.as_str(), rest) {
            ("load" | "load_as", []) => {}
            ("load_cached", [hint]) => match self.eval(hint, None)? {
                Val::Str(hint) => self.cache_hint(hint, &mut cache, call.span)?,
                _ => {
                    return self.error(
                        &TYPE_MISMATCH,
                        call.span,
                        "the cache hint is a string such as \"l1::no_allocate\"".to_owned(),
                    );
                }
            },
            ("load_or", [condition, otherwise]) => {
                let condition_value = self.eval(condition, None)?;
                let condition = self.truth(condition_value, condition.span)?;
                let otherwise = self.eval(otherwise, None)?;
                return self.masked_load(place, ty, count, condition, otherwise, call.span);
            }
            _ => {
                return self.error(
                    &crate::diag::catalog::types::ARGUMENT_COUNT,
                    call.span,
                    format!(
                        "`{}` is called with {} arguments",
                        call.name.name,
                        call.arguments.len()
                    ),
                );
            }
        }
        self.emit_load(place, ty, count, cache, call.span)
    }

    fn emit_load(
        &mut self,
        place: Place,
        ty: Scalar,
        count: Option<u32>,
        cache: Cache,
        span: Span,
    ) -> Eval<'a> {
        let op = MemoryOp::Load { place, ty, count: count.unwrap_or(1), cache };
        let values = self.builder.emit(Op::Memory(op), span);
        let mut values = values.into_iter().map(|v| Val::Scalar(Operand::Value(v), ty));
        Ok(match count {
            Some(_) => Val::Array(values.collect()),
            None => values.next().unwrap_or(Val::Poison),
        })
    }

    /// A load that happens only where the condition holds.
    fn masked_load(
        &mut self,
        place: Place,
        ty: Scalar,
        count: Option<u32>,
        condition: Operand,
        otherwise: Val<'a>,
        span: Span,
    ) -> Eval<'a> {
        let otherwise = match (count, otherwise) {
            (Some(count), value @ (Val::Scalar(..) | Val::Int(_) | Val::Float(_))) => {
                Val::Array(vec![value; count as usize])
            }
            (_, value) => value,
        };
        let cache = self.default_cache(&place);
        if let Some(known) = condition.as_const().and_then(crate::ir::Const::as_bool) {
            return if known {
                self.emit_load(place, ty, count, cache, span)
            } else {
                Ok(otherwise)
            };
        }
        self.run_time_branch(
            condition,
            span,
            |this| this.emit_load(place, ty, count, cache, span),
            |_| Ok(otherwise),
        )
    }

    /// Type and count of a load: from `::<T, N>`, `::<N>`, or from what its place expects.
    fn load_shape(
        &mut self,
        call: &Call<'a, '_>,
        element: Scalar,
    ) -> Eval<'a, (Scalar, Option<u32>)> {
        if call.name.name == "load_as" {
            let ty = self.generic_scalar(call, 0)?;
            let count = match call.generics.len() {
                0 | 1 => None,
                _ => Some(self.generic_u32(call, 1)?),
            };
            return Ok((ty, count));
        }
        if !call.generics.is_empty() {
            return Ok((element, Some(self.generic_u32(call, 0)?)));
        }
        match call.expected {
            Some(Ty::Array(_, len)) => Ok((element, u32::try_from(*len).ok())),
            _ => Ok((element, None)),
        }
    }

    fn store(&mut self, call: &Call<'a, '_>, handle: &Val<'a>, element: Scalar) -> Eval<'a> {
        let [index, value] = self.arguments_of::<2>(call.name, call.arguments)?;
        let place = self.indexed(handle, index, call.span)?;
        let ty = if call.name.name == "store_as" { self.generic_scalar(call, 0)? } else { element };
        let values = self.stored(value, ty, call.span)?;
        self.effect(
            Op::Memory(MemoryOp::Store { place, values, cache: Cache::default() }),
            call.span,
        );
        Ok(Val::Unit)
    }

    fn cache_hint(&mut self, hint: &str, cache: &mut Cache, span: Span) -> Eval<'a, ()> {
        for part in hint.split(',') {
            match part.trim() {
                "l1::no_allocate" => cache.l1 = L1Hint::NoAllocate,
                "l1::evict_first" => cache.l1 = L1Hint::EvictFirst,
                "l1::evict_last" => cache.l1 = L1Hint::EvictLast,
                "l2::evict_first" => cache.l2 = L2Hint::EvictFirst,
                "l2::evict_last" => cache.l2 = L2Hint::EvictLast,
                "l2::64B" => cache.prefetch = 64,
                "l2::128B" => cache.prefetch = 128,
                "l2::256B" => cache.prefetch = 256,
                other => {
                    return self.error_help(
                        &TYPE_MISMATCH,
                        span,
                        format!("`{other}` is not a cache hint"),
                        "hints are l1::no_allocate, l1::evict_first, l1::evict_last, \
                         l2::evict_first, l2::evict_last, l2::64B, l2::128B, l2::256B"
                            .to_owned(),
                    );
                }
            }
        }
        Ok(())
    }

    /// Scope and order as trailing strings: `("device", "release")`; relaxed by default, among all who
    /// can reach the memory: the device, or the workgroup for its own.
    fn scope_and_order(
        &mut self,
        handle: &Val<'a>,
        arguments: &'a [Expr],
        span: Span,
    ) -> Eval<'a, (Scope, MemoryOrder)> {
        let mut order = MemoryOrder::Relaxed;
        let mut scope = match handle {
            Val::Shared(_) => Scope::Workgroup,
            _ => Scope::Device,
        };
        for argument in arguments {
            let Val::Str(text) = self.eval(argument, None)? else {
                return self.error(&TYPE_MISMATCH, span, "scope and order are strings".to_owned());
            };
            match text {
                "workgroup" => scope = Scope::Workgroup,
                "cluster" => scope = Scope::Cluster,
                "device" => scope = Scope::Device,
                "system" => scope = Scope::System,
                "relaxed" => order = MemoryOrder::Relaxed,
                "acquire" => order = MemoryOrder::Acquire,
                "release" => order = MemoryOrder::Release,
                "acquire_release" => order = MemoryOrder::AcquireRelease,
                other => {
                    return self.error_help(
                        &TYPE_MISMATCH,
                        span,
                        format!("`{other}` is neither a scope nor an order"),
                        "scopes: workgroup, cluster, device, system; orders: relaxed, acquire, \
                         release, acquire_release"
                            .to_owned(),
                    );
                }
            }
        }
        Ok((scope, order))
    }

    fn ordered(&mut self, call: &Call<'a, '_>, handle: &Val<'a>, ty: Scalar) -> Eval<'a> {
        let name = call.name.name.as_str();
        let fixed = if name.starts_with("load") { 1 } else { 2 };
        let (plain, extra) = call.arguments.split_at(fixed.min(call.arguments.len()));
        let (scope, _) = self.scope_and_order(handle, extra, call.span)?;
        if name.starts_with("load") {
            let [index] = self.arguments_of::<1>(call.name, plain)?;
            let place = self.indexed(handle, index, call.span)?;
            let order =
                if name == "load_acquire" { MemoryOrder::Acquire } else { MemoryOrder::Relaxed };
            let op = MemoryOp::LoadOrdered { place, ty, scope, order };
            return Ok(Val::Scalar(self.builder.emit_one(Op::Memory(op), call.span), ty));
        }
        let [index, value] = self.arguments_of::<2>(call.name, plain)?;
        let place = self.indexed(handle, index, call.span)?;
        let value = self.scalar(value, ty, call.span)?;
        let order =
            if name == "store_release" { MemoryOrder::Release } else { MemoryOrder::Relaxed };
        self.effect(Op::Memory(MemoryOp::StoreOrdered { place, value, scope, order }), call.span);
        Ok(Val::Unit)
    }

    fn atomic(&mut self, call: &Call<'a, '_>, handle: &Val<'a>, ty: Scalar) -> Eval<'a> {
        let (returns, name) = match call.name.name.as_str() {
            name if name.starts_with("reduce_") => (false, &name["reduce_".len()..]),
            name => (true, &name["atomic_".len()..]),
        };
        if name == "compare_exchange" {
            let (plain, extra) = call.arguments.split_at(3.min(call.arguments.len()));
            let (scope, order) = self.scope_and_order(handle, extra, call.span)?;
            let [index, expected, value] = self.arguments_of::<3>(call.name, plain)?;
            let place = self.indexed(handle, index, call.span)?;
            let expected = self.scalar(expected, ty, call.span)?;
            let value = self.scalar(value, ty, call.span)?;
            let op = MemoryOp::CompareExchange { place, expected, value, scope, order };
            return Ok(Val::Scalar(self.builder.emit_one(Op::Memory(op), call.span), ty));
        }
        let op = match name {
            "add" => AtomicOp::Add,
            "min" => AtomicOp::Min,
            "max" => AtomicOp::Max,
            "and" => AtomicOp::And,
            "or" => AtomicOp::Or,
            "xor" => AtomicOp::Xor,
            "exchange" if returns => AtomicOp::Exchange,
            other => {
                return self.error(
                    &UNKNOWN_METHOD,
                    call.span,
                    format!("there is no atomic operation `{other}`"),
                );
            }
        };
        let (plain, extra) = call.arguments.split_at(2.min(call.arguments.len()));
        let (scope, order) = self.scope_and_order(handle, extra, call.span)?;
        let [index, value] = self.arguments_of::<2>(call.name, plain)?;
        let place = self.indexed(handle, index, call.span)?;
        let value = self.scalar(value, ty, call.span)?;
        let op = Op::Memory(MemoryOp::Atomic { op, place, value, returns, scope, order });
        let results = self.builder.emit(op, call.span);
        Ok(results.first().map_or(Val::Unit, |v| Val::Scalar(Operand::Value(*v), ty)))
    }
}
