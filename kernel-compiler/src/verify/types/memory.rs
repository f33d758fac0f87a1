//! Types of memory accesses.

use super::Types;
use crate::diag::Diagnostic;
use crate::diag::catalog::memory::ACCESS_WIDTH;
use crate::ir::op::{AtomicOp, Base, Cache, MemoryOp, MemoryOrder, Place};
use crate::ir::{Operand, ParamKind, Scalar};

impl Types<'_, '_> {
    /// Checks a memory access.
    pub(super) fn memory(&mut self, op: &MemoryOp) {
        match op {
            MemoryOp::Load { place, ty, count, cache } => {
                self.place(place);
                self.width(*ty, *count);
                self.cache(cache);
            }
            MemoryOp::Store { place, values, cache } => {
                self.place(place);
                self.cache(cache);
                let Some(first) = values.first() else {
                    return self.wrong("a store of nothing".to_owned());
                };
                let ty = self.of(*first);
                values.iter().for_each(|value| self.is(*value, ty));
                self.width(ty, values.len() as u32);
            }
            MemoryOp::LoadOrdered { place, ty, order, .. } => {
                self.place(place);
                self.width(*ty, 1);
                if !matches!(order, MemoryOrder::Relaxed | MemoryOrder::Acquire) {
                    self.wrong("a load is relaxed or acquire".to_owned());
                }
            }
            MemoryOp::StoreOrdered { place, value, order, .. } => {
                self.place(place);
                let ty = self.of(*value);
                self.width(ty, 1);
                if !matches!(order, MemoryOrder::Relaxed | MemoryOrder::Release) {
                    self.wrong("a store is relaxed or release".to_owned());
                }
            }
            MemoryOp::Atomic { op, place, value, .. } => {
                self.place(place);
                self.atomic(*op, *value);
            }
            MemoryOp::CompareExchange { place, expected, value, .. } => {
                self.place(place);
                self.same(*expected, *value);
                self.one_of(*value, &[Scalar::U32, Scalar::I32, Scalar::U64]);
            }
            MemoryOp::SharedAddress(place) => {
                self.place(place);
                self.in_shared(place);
            }
            MemoryOp::Prefetch(place) => {
                self.place(place);
                self.in_buffer(place);
            }
        }
    }

    /// Index and rank of a place.
    pub(super) fn place(&mut self, place: &Place) {
        self.one_of(place.index, &[Scalar::Index, Scalar::U32]);
        if let Base::Cluster { rank, .. } = place.base {
            self.is(rank, Scalar::U32);
        }
    }

    /// The declared element type of a place's array.
    pub(super) fn element(&self, place: &Place) -> Scalar {
        match place.base {
            Base::Shared(id) | Base::Cluster { array: id, .. } => {
                self.module.shared[id.index()].element
            }
            Base::Buffer(id) => match &self.module.params[id.index()].kind {
                ParamKind::Buffer { element, .. } | ParamKind::TensorMap { element, .. } => {
                    *element
                }
                ParamKind::Scalar(ty) => *ty,
            },
        }
    }

    /// That a place is in this workgroup's memory.
    pub(super) fn in_shared(&mut self, place: &Place) {
        if !matches!(place.base, Base::Shared(_)) {
            let message = "this must be in workgroup memory".to_owned();
            self.misused(message, "copy it to an array of `shared::<T, N>()` first");
        }
    }

    /// That a place is in a global buffer.
    pub(super) fn in_buffer(&mut self, place: &Place) {
        if !matches!(place.base, Base::Buffer(_)) {
            let message = "this must be in a buffer".to_owned();
            self.misused(
                message,
                "only parameters lie in global memory: check the arguments' order",
            );
        }
    }

    fn width(&mut self, ty: Scalar, count: u32) {
        if matches!(ty, Scalar::Bool | Scalar::Index) || count == 0 {
            let message = format!("memory cannot hold {count} of {}", ty.name());
            return self.misused(message, "keep it as u32");
        }
        let bytes = count * ty.size();
        if count > 1 && !matches!(bytes, 4 | 8 | 16) {
            let widths = [4, 8, 16].map(|b| b / ty.size()).into_iter().filter(|n| *n > 0);
            let widths: Vec<String> = widths.map(|n| n.to_string()).collect();
            let name = ty.name();
            let message = format!("{count} {name} at once are {bytes} bytes");
            self.sink.report(
                Diagnostic::new(&ACCESS_WIDTH, self.span, message)
                    .help(format!("move {} of {name} at once", widths.join(", "))),
            );
        }
    }

    fn cache(&mut self, cache: &Cache) {
        if !matches!(cache.prefetch, 0 | 64 | 128 | 256) {
            self.size(
                format!("a prefetch of {} bytes", cache.prefetch),
                "take 64, 128 or 256, or none".to_owned(),
            );
        }
    }

    fn atomic(&mut self, op: AtomicOp, value: Operand) {
        use Scalar::{Bf16x2, F16x2, F32, I32, I64, U32, U64};
        match op {
            AtomicOp::Add => self.one_of(value, &[U32, I32, U64, F32, F16x2, Bf16x2]),
            AtomicOp::Min | AtomicOp::Max => self.one_of(value, &[U32, I32, U64, I64]),
            AtomicOp::And | AtomicOp::Or | AtomicOp::Xor => self.one_of(value, &[U32, I32, U64]),
            AtomicOp::Exchange => self.one_of(value, &[U32, I32, U64, F32]),
        }
    }
}
