//! Accesses: from declared elements to whole cells.

use super::{Rewriter, narrow};
use crate::back::wgsl::bindings::Cell;
use crate::diag::Diagnostic;
use crate::diag::catalog::memory as catalog;
use crate::ir::op::{ArithOp, Base, BinaryOp, Cache, MemoryOp, Op, Place};
use crate::ir::{Const, Operand, ParamKind, Scalar, ValueId};

impl Rewriter<'_> {
    /// Loads, stores and atomics.
    pub(super) fn memory(&mut self, results: &[ValueId], op: &MemoryOp) {
        match op {
            MemoryOp::Load { place, ty, count, .. } => self.load(results, *place, *ty, *count),
            MemoryOp::Store { place, values, .. } => self.store(*place, values),
            MemoryOp::SharedAddress(_) | MemoryOp::Prefetch(_) => {}
            _ => {
                let mut op = op.clone();
                op_place(&mut op, |place| *place = self.word_place(*place));
                let mut op = Op::Memory(op);
                // The place is legal already: only what follows its index is mapped.
                let mut first = true;
                op.for_each_operand(&mut |operand| {
                    if !std::mem::take(&mut first) {
                        *operand = self.get(*operand);
                    }
                });
                let new = self.out.emit(op, self.span);
                for (old, new) in results.iter().zip(new) {
                    self.set(*old, new.into());
                }
            }
        }
    }

    /// Bytes of one declared element.
    fn element_size(&self, base: Base) -> u32 {
        match base {
            Base::Buffer(param) => match self.source.params[param.index()].kind {
                ParamKind::Buffer { element, .. } => element.size(),
                _ => 4,
            },
            Base::Shared(array) | Base::Cluster { array, .. } => {
                self.source.shared[array.index()].element.size()
            }
        }
    }

    fn cell(&self, base: Base) -> Cell {
        let word = Cell { scalar: Scalar::U32, lanes: 1, atomic: false };
        self.cells.of(base).unwrap_or(word)
    }

    /// `index` counted in units of `unit` bytes instead of elements; both are powers of two.
    fn scaled(&mut self, place: Place, unit: u32) -> Operand {
        let index = self.get(place.index);
        let size = self.element_size(place.base);
        if unit >= size {
            let shift = (unit / size).trailing_zeros();
            self.integer(BinaryOp::Shr, index, Const::u32(shift).into())
        } else {
            let shift = (size / unit).trailing_zeros();
            self.integer(BinaryOp::Shl, index, Const::u32(shift).into())
        }
    }

    fn word_place(&mut self, place: Place) -> Place {
        let index = self.scaled(place, 4);
        Place { base: place.base, index }
    }

    fn load_cells(&mut self, base: Base, first: Operand, cells: u32) -> Vec<Operand> {
        let cell = self.cell(base);
        let ty = if cell.scalar == Scalar::F16 { Scalar::F32 } else { cell.scalar };
        let mut loaded = Vec::new();
        for i in 0..cells {
            let index = self.integer(BinaryOp::Add, first, Const::u32(i).into());
            let (place, cache) = (Place { base, index }, Cache::default());
            let op = MemoryOp::Load { place, ty, count: cell.lanes, cache };
            let new = self.out.emit(Op::Memory(op), self.span);
            loaded.extend(new.into_iter().map(Operand::Value));
        }
        loaded
    }

    fn load(&mut self, results: &[ValueId], place: Place, ty: Scalar, count: u32) {
        let cell = self.cell(place.base);
        let bytes = ty.size() * count;
        if cell.scalar == Scalar::F16 {
            return self.load_halves(results, place, ty, bytes);
        }
        if bytes < 4 {
            return self.load_part(results, place, ty);
        }
        let first = self.scaled(place, cell.size());
        let words = self.load_cells(place.base, first, bytes / cell.size());
        self.bind_elements(results, ty, &words);
    }

    /// From an `array<f16>`.
    fn load_halves(&mut self, results: &[ValueId], place: Place, ty: Scalar, bytes: u32) {
        let first = self.scaled(place, 2);
        let values = self.load_cells(place.base, first, bytes / 2);
        if ty == Scalar::F16 {
            for (result, value) in results.iter().zip(values) {
                self.bind_half(*result, ty, value, true);
            }
            return;
        }
        let words: Vec<Operand> = values
            .chunks_exact(2)
            .map(|pair| self.arith(ArithOp::Pack(Scalar::F16x2, pair[0], pair[1])))
            .collect();
        self.bind_elements(results, ty, &words);
    }

    /// One element of a word.
    fn load_part(&mut self, results: &[ValueId], place: Place, ty: Scalar) {
        let first = self.scaled(place, 4);
        let words = self.load_cells(place.base, first, 1);
        let word = self.arith(ArithOp::Bitcast(Scalar::U32, words[0]));
        let size = self.element_size(place.base);
        let index = self.get(place.index);
        let inside = self.integer(BinaryOp::And, index, Const::u32(4 / size - 1).into());
        let shift = self.integer(BinaryOp::Mul, inside, Const::u32(8 * size).into());
        let bits = 8 * ty.size();
        if ty.is_signed() {
            let signed = self.arith(ArithOp::Bitcast(Scalar::I32, word));
            let left = self.integer(BinaryOp::Sub, Const::u32(32 - bits).into(), shift);
            let high = self.integer(BinaryOp::Shl, signed, left);
            let value = self.integer(BinaryOp::Shr, high, Const::u32(32 - bits).into());
            return self.set(results[0], value);
        }
        let low = self.integer(BinaryOp::Shr, word, shift);
        let value = self.integer(BinaryOp::And, low, Const::u32((1 << bits) - 1).into());
        self.bind_word_part(results[0], ty, value);
    }

    fn bind_word_part(&mut self, result: ValueId, ty: Scalar, value: Operand) {
        if ty.is_float() {
            let bits = self.arith(ArithOp::Bitcast(ty, value));
            self.bind_bits(result, bits);
        } else {
            self.set(result, value);
        }
    }

    /// Takes the elements out of whole words.
    fn bind_elements(&mut self, results: &[ValueId], ty: Scalar, words: &[Operand]) {
        let per_word = (4 / ty.size()).max(1);
        let bits = 8 * ty.size();
        for (i, result) in results.iter().enumerate() {
            let (word, which) = (words[i / per_word as usize], i as u32 % per_word);
            if per_word == 1 {
                let value = self.arith(ArithOp::Bitcast(super::legal_type(ty), word));
                self.set(*result, value);
                continue;
            }
            let word = self.arith(ArithOp::Bitcast(Scalar::U32, word));
            if narrow::is_half(ty) {
                let operand = self.half_bits(ty, word, which);
                let wide = Some(self.half_of_word(ty, word, which));
                self.slots[result.index()] = Some(super::Slot { operand, wide, source: None });
            } else if ty.is_signed() {
                let value = self.arith(ArithOp::Bitcast(Scalar::I32, word));
                let (offset, width) = (Const::u32(which * bits).into(), Const::u32(bits).into());
                let value = self.arith(ArithOp::BitfieldExtract { value, offset, width });
                self.set(*result, value);
            } else {
                let low = self.integer(BinaryOp::Shr, word, Const::u32(which * bits).into());
                let last = which + 1 == per_word;
                let mask = Const::u32((1 << bits) - 1).into();
                let value = if last { low } else { self.integer(BinaryOp::And, low, mask) };
                self.bind_word_part(*result, ty, value);
            }
        }
    }

    fn store(&mut self, place: Place, values: &[Operand]) {
        let Some(&value) = values.first() else { return };
        let ty = self.source.type_of(value);
        let cell = self.cell(place.base);
        let bytes = ty.size() * values.len() as u32;
        if cell.scalar == Scalar::F16 {
            return self.store_halves(place, ty, values);
        }
        if bytes < 4 {
            return self.refuse_narrow_store(place, ty);
        }
        let per_word = (4 / ty.size()).max(1) as usize;
        let mut words = Vec::new();
        for group in values.chunks(per_word) {
            let word = self.word_of(ty, group);
            words.push(self.arith(ArithOp::Bitcast(cell.scalar, word)));
        }
        let first = self.scaled(place, cell.size());
        for (i, lanes) in words.chunks(cell.lanes as usize).enumerate() {
            self.store_cell(place.base, first, i as u32, lanes.to_vec());
        }
    }

    fn store_cell(&mut self, base: Base, first: Operand, i: u32, values: Vec<Operand>) {
        let index = self.integer(BinaryOp::Add, first, Const::u32(i).into());
        let op = MemoryOp::Store { place: Place { base, index }, values, cache: Cache::default() };
        self.out.emit(Op::Memory(op), self.span);
    }

    /// To an `array<f16>`.
    fn store_halves(&mut self, place: Place, ty: Scalar, values: &[Operand]) {
        let mut halves = Vec::new();
        for value in values {
            if ty == Scalar::F16 {
                halves.push(self.rounding_source(*value));
                continue;
            }
            let word = self.get(*value);
            let word = self.arith(ArithOp::Bitcast(Scalar::U32, word));
            halves.push(self.half_of_word(Scalar::F16, word, 0));
            halves.push(self.half_of_word(Scalar::F16, word, 1));
        }
        let first = self.scaled(place, 2);
        for (i, half) in halves.into_iter().enumerate() {
            self.store_cell(place.base, first, i as u32, vec![half]);
        }
    }

    /// The elements of one word, packed.
    fn word_of(&mut self, ty: Scalar, group: &[Operand]) -> Operand {
        if group.len() == 1 {
            return self.get(group[0]);
        }
        let exact = group.iter().all(|value| self.has_exact_bits(*value));
        if narrow::is_half(ty) && !exact {
            let pair = if ty == Scalar::F16 { Scalar::F16x2 } else { Scalar::Bf16x2 };
            let (a, b) = (self.rounding_source(group[0]), self.rounding_source(group[1]));
            return self.arith(ArithOp::Pack(pair, a, b));
        }
        let bits = 8 * ty.size();
        let mut word: Operand = Const::u32(0).into();
        for (i, value) in group.iter().enumerate() {
            let value = self.get(*value);
            let mut part = self.arith(ArithOp::Bitcast(Scalar::U32, value));
            // The last element's extension leaves the word by itself.
            if ty.is_signed() && i + 1 < group.len() {
                part = self.integer(BinaryOp::And, part, Const::u32((1 << bits) - 1).into());
            }
            let moved = self.integer(BinaryOp::Shl, part, Const::u32(i as u32 * bits).into());
            word = self.integer(BinaryOp::Or, word, moved);
        }
        word
    }

    fn refuse_narrow_store(&mut self, place: Place, ty: Scalar) {
        let name = match place.base {
            Base::Buffer(param) => &self.source.params[param.index()].name,
            Base::Shared(array) | Base::Cluster { array, .. } => {
                &self.source.shared[array.index()].name
            }
        };
        let (ty_name, width) = (ty.name(), 4 / ty.size());
        let message = format!(
            "on WGSL a thread must own a whole 32-bit word: this stores one {ty_name} to `{name}`"
        );
        let help = format!(
            "store {width} neighbouring {ty_name} at once: the smallest vector is {width} wide"
        );
        let refusal = Diagnostic::new(&catalog::NARROW_STORE, self.span, message).help(help);
        self.diagnostics.report(refusal);
    }
}

/// Calls `f` with the place of an atomic operation.
fn op_place(op: &mut MemoryOp, f: impl FnOnce(&mut Place)) {
    match op {
        MemoryOp::LoadOrdered { place, .. }
        | MemoryOp::StoreOrdered { place, .. }
        | MemoryOp::Atomic { place, .. }
        | MemoryOp::CompareExchange { place, .. } => f(place),
        _ => {}
    }
}
