//! Loads, stores and atomics.
//!
//! PTX ISA, "Data Movement and Conversion Instructions: ld, ld.global.nc, st, prefetch, createpolicy"
//! and "Parallel Synchronization and Communication Instructions: atom, red".

use crate::ir::op::{AtomicOp, Base, Cache, L1Hint, L2Hint, MemoryOp, MemoryOrder, Place, Scope};
use crate::ir::{Operand, ParamKind, ParamRole, Scalar, ValueId};

use super::address::{Address, Space};
use super::emitter::{Arg, Emitter, Hoisted};
use super::registers::{Class, Reg, braces};
use super::tables;

impl Emitter<'_> {
    /// Emits a memory operation.
    pub fn memory(&mut self, op: &MemoryOp, results: &[ValueId]) {
        match op {
            MemoryOp::Load { place, ty, count: _, cache } => self.load(place, *ty, *cache, results),
            MemoryOp::Store { place, values, cache } => self.store(place, values, *cache),
            MemoryOp::LoadOrdered { place, ty, scope, order } => {
                let order = match order {
                    MemoryOrder::Relaxed => "relaxed",
                    MemoryOrder::Acquire | MemoryOrder::Release | MemoryOrder::AcquireRelease => {
                        "acquire"
                    }
                };
                let (scope, address) = (self.scope(*scope), self.address(place));
                let (space, memory) = (address.space, tables::memory_type(*ty));
                let d = self.fresh(self.class(*ty));
                self.line(format_args!("ld.{order}.{scope}.{space}.{memory} {d}, {address};"));
                self.bind_first(results, d);
            }
            MemoryOp::StoreOrdered { place, value, scope, order } => {
                let order = if *order == MemoryOrder::Relaxed { "relaxed" } else { "release" };
                let memory = tables::memory_type(self.module.type_of(*value));
                let (scope, address) = (self.scope(*scope), self.address(place));
                let (space, value) = (address.space, self.arg(*value));
                self.line(format_args!("st.{order}.{scope}.{space}.{memory} {address}, {value};"));
            }
            MemoryOp::Atomic { op, place, value, returns, scope, order } => {
                let d = self.atomic(*op, place, *value, *returns, *scope, *order);
                if let Some(d) = d {
                    self.bind_first(results, d);
                }
            }
            MemoryOp::CompareExchange { place, expected, value, scope, order } => {
                let ty = self.module.type_of(*value);
                let class = self.class(ty);
                if ty.size() < 4 {
                    self.no_form(
                        format!("compare and exchange has no form for {}", ty.name()),
                        "use a 32-bit or 64-bit cell",
                    );
                }
                let bits = if class == Class::B64 { "b64" } else { "b32" };
                let (order, scope) = (memory_order(*order), self.scope(*scope));
                let (address, expected) = (self.address(place), self.arg(*expected));
                let (space, value) = (address.space, self.arg(*value));
                let mnemonic = format!("atom.{order}.{scope}.{space}.cas.{bits}");
                let d = self.op(class, &mnemonic, &[&address, &expected, &value]);
                self.bind_first(results, d);
            }
            MemoryOp::SharedAddress(place) => {
                let d = self.address_register(place);
                self.bind_first(results, d);
            }
            MemoryOp::Prefetch(place) => {
                let address = self.address(place);
                if address.space == Space::Global {
                    self.line(format_args!("prefetch.global.L2 {address};"));
                } else {
                    self.no_form("shared memory has no second-level cache", "remove the prefetch");
                }
            }
        }
    }

    /// Binds the only result.
    pub fn bind_first(&mut self, results: &[ValueId], reg: Reg) {
        if let [result] = results {
            self.bind(*result, reg);
        }
    }

    fn load(&mut self, place: &Place, ty: Scalar, cache: Cache, results: &[ValueId]) {
        let start = self.address(place);
        let per_access = (16 / ty.size().max(1)) as usize;
        for (i, chunk) in results.chunks(per_access).enumerate() {
            let address = start.plus(16 * i as i64);
            let (hints, policy) = self.load_hints(place, &address, cache);
            let regs = self.load_chunk(&address, ty, chunk.len(), &hints, &policy);
            for (value, reg) in chunk.iter().zip(regs) {
                self.bind(*value, reg);
            }
        }
    }

    /// Up to 16 bytes of one type.
    fn load_chunk(
        &mut self,
        address: &Address,
        ty: Scalar,
        count: usize,
        hints: &str,
        policy: &str,
    ) -> Vec<Reg> {
        let bytes = ty.size() as usize * count;
        let (unit, memory, units) = if ty.size() < 4 && bytes.is_multiple_of(4) {
            (Class::B32, "b32", bytes / 4)
        } else {
            (self.class(ty), tables::memory_type(ty), count)
        };
        let regs: Vec<Reg> = (0..units).map(|_| self.fresh(unit)).collect();
        let (vector, target) = vector_of(&regs);
        self.line(format_args!("ld.{hints}{vector}.{memory} {target}, {address}{policy};"));
        if units == count && unit == self.class(ty) && memory == tables::memory_type(ty) {
            return regs;
        }
        regs.into_iter().flat_map(|word| self.split_word(word, ty)).collect()
    }

    /// A plain load of up to 16 bytes, without hints.
    pub fn load_plain(&mut self, address: &Address, ty: Scalar, count: usize) -> Vec<Reg> {
        let space = address.space.to_string();
        self.load_chunk(address, ty, count, &space, "")
    }

    fn store(&mut self, place: &Place, values: &[Operand], cache: Cache) {
        let Some(first) = values.first() else { return };
        let ty = self.module.type_of(*first);
        let start = self.address(place);
        let per_access = (16 / ty.size().max(1)) as usize;
        for (i, chunk) in values.chunks(per_access).enumerate() {
            let args: Vec<Arg> = chunk.iter().map(|value| self.arg(*value)).collect();
            self.store_chunk(&start.plus(16 * i as i64), ty, args, cache);
        }
    }

    /// Up to 16 bytes of one type.
    pub fn store_chunk(&mut self, address: &Address, ty: Scalar, args: Vec<Arg>, cache: Cache) {
        let bytes = ty.size() as usize * args.len();
        let (memory, units) = if ty.size() < 4 && bytes.is_multiple_of(4) {
            let parts = (4 / ty.size()) as usize;
            let words = args.chunks(parts).map(|part| Arg::Reg(self.join_word(part))).collect();
            ("b32", words)
        } else {
            (tables::memory_type(ty), args)
        };
        let (vector, source) = vector_of(&units);
        let mut hints = address.space.to_string();
        let mut policy = String::new();
        if address.space == Space::Global {
            hints.push_str(self.l1(cache.l1));
            policy = self.l2(cache.l2, &mut hints);
        }
        self.line(format_args!("st.{hints}{vector}.{memory} {address}, {source}{policy};"));
    }

    /// Space and qualifiers of a load, and its policy argument.
    fn load_hints(&mut self, place: &Place, address: &Address, cache: Cache) -> (String, String) {
        let mut hints = address.space.to_string();
        let mut policy = String::new();
        if address.space == Space::Global {
            if cache.non_coherent && self.is_weights(place.base) {
                hints.push_str(".nc");
            }
            hints.push_str(self.l1(cache.l1));
            policy = self.l2(cache.l2, &mut hints);
            match cache.prefetch {
                0 => {}
                256 => {
                    self.need(tables::PREFETCH_256);
                    hints.push_str(".L2::256B");
                }
                bytes => {
                    self.need(tables::PREFETCH_SIZE);
                    hints.push_str(if bytes <= 64 { ".L2::64B" } else { ".L2::128B" });
                }
            }
        }
        (hints, policy)
    }

    /// Only weights may bypass coherence: an earlier kernel may still be writing anything else.
    fn is_weights(&self, base: Base) -> bool {
        let Base::Buffer(param) = base else { return false };
        let kind = &self.module.params[param.index()].kind;
        matches!(kind, ParamKind::Buffer { role: ParamRole::Weights, .. })
    }

    fn l1(&mut self, hint: L1Hint) -> &'static str {
        if hint != L1Hint::Default {
            self.need(tables::EVICTION);
        }
        match hint {
            L1Hint::Default => "",
            L1Hint::NoAllocate => ".L1::no_allocate",
            L1Hint::EvictFirst => ".L1::evict_first",
            L1Hint::EvictLast => ".L1::evict_last",
        }
    }

    /// Adds the qualifier of an L2 hint to `hints`; gives the policy argument with its comma.
    pub fn l2(&mut self, hint: L2Hint, hints: &mut String) -> String {
        let name = match hint {
            L2Hint::Default => return String::new(),
            L2Hint::EvictFirst => "evict_first",
            L2Hint::EvictLast => "evict_last",
        };
        self.need(tables::CACHE_HINT);
        hints.push_str(".L2::cache_hint");
        let policy = self.hoist(Hoisted::Policy(hint), |e| {
            let d = e.fresh(Class::B64);
            e.hoist_line(format_args!("createpolicy.fractional.L2::{name}.b64 {d}, 1.0;"));
            d
        });
        format!(", {policy}")
    }

    /// The scope's qualifier.
    pub fn scope(&mut self, scope: Scope) -> &'static str {
        match scope {
            Scope::Workgroup => "cta",
            Scope::Cluster => {
                self.need(tables::CLUSTER);
                "cluster"
            }
            Scope::Device => "gpu",
            Scope::System => "sys",
        }
    }

    fn atomic(
        &mut self,
        op: AtomicOp,
        place: &Place,
        value: Operand,
        returns: bool,
        scope: Scope,
        order: MemoryOrder,
    ) -> Option<Reg> {
        let ty = self.module.type_of(value);
        let Some(suffix) = atomic_suffix(op, ty) else {
            self.no_form(
                format!("atomic {op:?} has no form for {}", ty.name()),
                "use a 32-bit or 64-bit integer, or f32 with add or exchange",
            );
            return returns.then(|| self.fresh(self.class(ty)));
        };
        if ty == Scalar::Bf16x2 {
            self.need(tables::ATOMIC_BF16X2);
        }
        let scope = self.scope(scope);
        let (address, value) = (self.address(place), self.arg(value));
        let space = address.space;
        // `red` has no acquire form and no exchange: those keep a result that nobody reads.
        let release_only = matches!(order, MemoryOrder::Relaxed | MemoryOrder::Release);
        let order = memory_order(order);
        if !returns && release_only && op != AtomicOp::Exchange {
            self.line(format_args!("red.{order}.{scope}.{space}.{suffix} {address}, {value};"));
            return None;
        }
        let class = self.class(ty);
        let mnemonic = format!("atom.{order}.{scope}.{space}.{suffix}");
        Some(self.op(class, &mnemonic, &[&address, &value]))
    }
}

/// `.v2`/`.v4` and the braces of several registers; one stands alone.
fn vector_of<T: std::fmt::Display>(items: &[T]) -> (&'static str, String) {
    match items {
        [one] => ("", one.to_string()),
        [_, _] => (".v2", braces(items)),
        _ => (".v4", braces(items)),
    }
}

fn memory_order(order: MemoryOrder) -> &'static str {
    match order {
        MemoryOrder::Relaxed => "relaxed",
        MemoryOrder::Acquire => "acquire",
        MemoryOrder::Release => "release",
        MemoryOrder::AcquireRelease => "acq_rel",
    }
}

/// Operation and type of `atom`/`red`, where PTX has it.
fn atomic_suffix(op: AtomicOp, ty: Scalar) -> Option<&'static str> {
    use Scalar::{Bf16x2, F16x2, F32, I32, I64, U32, U64};
    Some(match (op, ty) {
        (AtomicOp::Add, U32) => "add.u32",
        (AtomicOp::Add, I32) => "add.s32",
        // Two's complement: the same sum.
        (AtomicOp::Add, U64 | I64) => "add.u64",
        (AtomicOp::Add, F32) => "add.f32",
        (AtomicOp::Add, F16x2) => "add.noftz.f16x2",
        (AtomicOp::Add, Bf16x2) => "add.noftz.bf16x2",
        (AtomicOp::Min, U32) => "min.u32",
        (AtomicOp::Min, I32) => "min.s32",
        (AtomicOp::Min, U64) => "min.u64",
        (AtomicOp::Min, I64) => "min.s64",
        (AtomicOp::Max, U32) => "max.u32",
        (AtomicOp::Max, I32) => "max.s32",
        (AtomicOp::Max, U64) => "max.u64",
        (AtomicOp::Max, I64) => "max.s64",
        (AtomicOp::And, U32 | I32) => "and.b32",
        (AtomicOp::And, U64 | I64) => "and.b64",
        (AtomicOp::Or, U32 | I32) => "or.b32",
        (AtomicOp::Or, U64 | I64) => "or.b64",
        (AtomicOp::Xor, U32 | I32) => "xor.b32",
        (AtomicOp::Xor, U64 | I64) => "xor.b64",
        (AtomicOp::Exchange, U32 | I32 | F32 | F16x2 | Bf16x2) => "exch.b32",
        (AtomicOp::Exchange, U64 | I64) => "exch.b64",
        _ => return None,
    })
}
