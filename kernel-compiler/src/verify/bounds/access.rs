//! The accesses themselves: within the array, and aligned.

use super::super::symbolic::Poly;
use super::Bounds;
use crate::diag::Diagnostic;
use crate::diag::catalog::memory::{MAY_WRAP, MISALIGNED, OUT_OF_BOUNDS, UNKNOWN_LENGTH};
use crate::ir::op::{ArithOp, AsyncOp, Base, BinaryOp, MatrixOp, MemoryOp, Place};
use crate::ir::{Condition, Module, Op, Operand, ParamKind, Scalar, Span, Sym};

impl Bounds<'_, '_> {
    /// Checks every place that an operation touches.
    pub(super) fn access(&mut self, op: &Op, span: Span) {
        match op {
            Op::Memory(op) => self.memory(op, span),
            Op::Matrix(op) => self.matrix(op, span),
            Op::Async(op) => self.asynchronous(op, span),
            _ => {}
        }
    }

    fn memory(&mut self, op: &MemoryOp, span: Span) {
        match op {
            MemoryOp::Load { place, ty, count, .. } => {
                let bytes = u64::from(ty.size() * count);
                self.fixed(place, bytes, bytes, span);
            }
            MemoryOp::Store { place, values, .. } => {
                let Some(first) = values.first() else { return };
                let size = self.module.type_of(*first).size();
                let bytes = u64::from(size) * values.len() as u64;
                self.fixed(place, bytes, bytes, span);
            }
            MemoryOp::LoadOrdered { place, ty, .. } => {
                self.fixed(place, u64::from(ty.size()), u64::from(ty.size()), span);
            }
            MemoryOp::StoreOrdered { place, value, .. }
            | MemoryOp::Atomic { place, value, .. }
            | MemoryOp::CompareExchange { place, value, .. } => {
                let bytes = u64::from(self.module.type_of(*value).size());
                self.fixed(place, bytes, bytes, span);
            }
            // A prefetch beyond the end does nothing, and an address is no access.
            MemoryOp::SharedAddress(_) | MemoryOp::Prefetch(_) => {}
        }
    }

    fn matrix(&mut self, op: &MatrixOp, span: Span) {
        match op {
            MatrixOp::LoadMatrix { place, .. } | MatrixOp::StoreMatrix { place, .. } => {
                self.fixed(place, 16, 16, span);
            }
            MatrixOp::Descriptor { place, .. } => self.fixed(place, 16, 16, span),
            MatrixOp::FragmentLoad { fragment, place, stride, .. }
            | MatrixOp::FragmentStore { fragment, place, stride, .. } => {
                let size = i128::from(self.module.fragments[fragment.index()].size);
                let stride = self.poly(*stride);
                let last = stride.scale(size - 1).add_constant(size - 1);
                let index = self.poly(place.index).add(&last);
                self.within(place, &index, &Poly::constant(1), span);
            }
            _ => {}
        }
    }

    fn asynchronous(&mut self, op: &AsyncOp, span: Span) {
        match op {
            AsyncOp::CopyAsync { to, from, bytes, valid } => {
                let width = u64::from(*bytes);
                self.fixed(to, width, width, span);
                match valid {
                    None => self.fixed(from, width, width, span),
                    Some(valid) => self.partial(from, *valid, width, span),
                }
            }
            AsyncOp::BulkLoad { to, from, bytes, .. }
            | AsyncOp::BulkStore { to, from, bytes, .. } => {
                self.sized(to, *bytes, span);
                self.sized(from, *bytes, span);
            }
            AsyncOp::BulkPrefetch { from, bytes } => self.sized(from, *bytes, span),
            AsyncOp::TensorLoad { map, to: place, .. }
            | AsyncOp::TensorStore { map, from: place, .. } => {
                if let ParamKind::TensorMap { element, tile, .. } =
                    &self.module.params[map.index()].kind
                {
                    let elements: u64 = tile.iter().map(|n| u64::from(*n)).product();
                    self.fixed(place, elements * u64::from(element.size()), 128, span);
                }
            }
            _ => {}
        }
        for place in super::super::walk::places(&Op::Async(op.clone())) {
            if self.element(place.base).is_some_and(|(ty, _)| ty == Scalar::U64)
                && !matches!(place.base, Base::Buffer(_))
            {
                self.fixed(&place, 8, 8, span);
            }
        }
    }

    /// A known number of bytes at a place, aligned to `align` bytes.
    fn fixed(&mut self, place: &Place, bytes: u64, align: u64, span: Span) {
        let Some((element, _)) = self.element(place.base) else { return };
        let index = self.poly(place.index);
        let count = bytes.div_ceil(u64::from(element.size()));
        self.within(place, &index, &Poly::constant(i128::from(count)), span);
        self.aligned(place, &index, align, span);
    }

    /// `bytes` at a place, a multiple of 16.
    fn sized(&mut self, place: &Place, bytes: Operand, span: Span) {
        let Some((element, _)) = self.element(place.base) else { return };
        let index = self.poly(place.index);
        let size = i128::from(element.size());
        let bytes = self.poly(bytes);
        let multiple = self.symbols.multiple_here(&bytes);
        if !multiple.is_multiple_of(16) {
            let message =
                "a bulk copy moves a multiple of 16 bytes, and this count need not be one";
            let help = "state it with `assume(bytes % 16 == 0)`, or copy whole rows of 16 bytes";
            self.sink.report(Diagnostic::new(&MISALIGNED, span, message).help(help));
        }
        let count = match self.symbols.divide(&bytes.add_constant(size - 1), &Poly::constant(size))
        {
            Some((count, _)) => count,
            None => bytes,
        };
        self.within(place, &index, &count, span);
        self.aligned(place, &index, 16, span);
    }

    /// Only `valid` of the `width` bytes are read; where that is 0 the place does not matter.
    fn partial(&mut self, place: &Place, valid: Operand, width: u64, span: Span) {
        let Some((element, _)) = self.element(place.base) else { return };
        let index = self.poly(place.index);
        self.aligned(place, &index, width, span);
        let size = u64::from(element.size());
        let select = match valid {
            Operand::Value(id) => match self.definitions.get(id.index()) {
                Some(Some(Op::Arith(ArithOp::Select { condition, a, b }))) => {
                    Some((*condition, *a, *b))
                }
                _ => None,
            },
            Operand::Const(_) => None,
        };
        let cases = match select {
            Some((condition, a, b)) => {
                vec![(Some((condition, true)), a), (Some((condition, false)), b)]
            }
            None => vec![(None, valid)],
        };
        for (condition, bytes) in cases {
            if bytes.as_int() == Some(0) {
                continue;
            }
            let mark = self.symbols.mark();
            if let Some((condition, holds)) = condition {
                self.state(condition, holds);
            }
            let bytes = self.poly(bytes);
            let up = bytes.add_constant(i128::from(size) - 1);
            let count = self.symbols.divide(&up, &Poly::constant(i128::from(size)));
            let count = count.map_or(bytes, |(count, _)| count);
            self.within(place, &index, &count, span);
            self.symbols.reset(mark);
        }
    }

    /// Element type of an array, and its length in elements if that is known.
    fn element(&mut self, base: Base) -> Option<(Scalar, Option<Poly>)> {
        let module: &Module = self.module;
        match base {
            Base::Shared(id) | Base::Cluster { array: id, .. } => {
                let array = &module.shared[id.index()];
                Some((array.element, Some(Poly::constant(i128::from(array.len)))))
            }
            Base::Buffer(id) => {
                let ParamKind::Buffer { element, shape, .. } = &module.params[id.index()].kind
                else {
                    return None;
                };
                if let Some(known) = self.lengths.get(&id) {
                    return Some((*element, known.clone()));
                }
                let length = self.length(shape);
                self.lengths.insert(id, length.clone());
                Some((*element, length))
            }
        }
    }

    fn length(&mut self, shape: &[Sym]) -> Option<Poly> {
        let mut length = (!shape.is_empty()).then(|| Poly::constant(1))?;
        for size in shape {
            let size = self.sym(size)?;
            length = self.symbols.multiply(&length, &size)?;
        }
        Some(length)
    }

    fn within(&mut self, place: &Place, index: &Poly, count: &Poly, span: Span) {
        if let Base::Cluster { rank, .. } = place.base {
            self.in_cluster(rank, span);
        }
        let Some((_, length)) = self.element(place.base) else { return };
        let Some(length) = length else {
            let name = super::super::base_name(self.module, place.base);
            let message = format!("the length of `{name}` is not known");
            let help = format!("declare it: shapes({name}: [..])");
            self.sink.report(Diagnostic::new(&UNKNOWN_LENGTH, span, message).help(help));
            return;
        };
        let room = length.sub(index).sub(count);
        if self.symbols.proves(&room) {
            // A plain index is at least 0; one of a signed type would have been converted.
            if self.symbols.proves(index) {
                return;
            }
        }
        self.beyond(place, index, count, &length, span);
    }

    /// A workgroup of the cluster, by its rank.
    fn in_cluster(&mut self, rank: Operand, span: Span) {
        let blocks: u32 = self.module.cluster.iter().product();
        let rank = self.poly(rank);
        let room = Poly::constant(i128::from(blocks) - 1).sub(&rank);
        if !self.symbols.proves(&room) || !self.symbols.proves(&rank) {
            let message =
                format!("this rank is not proved to be one of the cluster's {blocks} workgroups");
            let help = format!("write `rank % {blocks}`, or state it with `assume(..)`");
            self.sink.report(Diagnostic::new(&OUT_OF_BOUNDS, span, message).help(help));
        }
    }

    fn beyond(&mut self, place: &Place, index: &Poly, count: &Poly, length: &Poly, span: Span) {
        let name = super::super::base_name(self.module, place.base);
        if let Some((a, b)) = self.difference(place.index) {
            let message = format!("the index into `{name}` has a difference that may be negative");
            let help = format!("guard it with `if {b} <= {a}`, or state that with `assume(..)`");
            self.sink.report(Diagnostic::new(&MAY_WRAP, span, message).help(help));
            return;
        }
        let (last, end) = (index.add(count).add_constant(-1), self.length_in_words(place.base));
        let message = match (last.as_constant(), length.as_constant()) {
            (Some(last), Some(length)) => {
                format!("`{name}` has {length} elements and this reaches element {last}")
            }
            _ => {
                let high = self.symbols.high(&last);
                let reach = match high < i128::from(u32::MAX) {
                    true => format!("may reach element {high}"),
                    false => "has no known bound".to_owned(),
                };
                format!("the index into `{name}` is not proved below its length {end}: it {reach}")
            }
        };
        let help = match count.as_constant() {
            Some(1) => "guard it with `if i < n`, or state the fact with `assume(..)`".to_owned(),
            Some(n) => {
                format!("guard it with `if i + {n} <= n`, or state the fact with `assume(..)`")
            }
            None => "guard it with `if i + count <= n`, or state it with `assume(..)`".to_owned(),
        };
        self.sink.report(Diagnostic::new(&OUT_OF_BOUNDS, span, message).help(help));
    }

    fn length_in_words(&self, base: Base) -> String {
        match base {
            Base::Shared(id) | Base::Cluster { array: id, .. } => {
                self.module.shared[id.index()].len.to_string()
            }
            Base::Buffer(id) => match &self.module.params[id.index()].kind {
                ParamKind::Buffer { shape, .. } => {
                    let sizes: Vec<String> =
                        shape.iter().map(|size| self.module.print_size(size)).collect();
                    sizes.join(" * ")
                }
                _ => "?".to_owned(),
            },
        }
    }

    /// The first difference in an index that is not proved to be positive, in words.
    fn difference(&mut self, operand: Operand) -> Option<(&'static str, &'static str)> {
        let Operand::Value(id) = operand else { return None };
        let Some(Some(op)) = self.definitions.get(id.index()).copied() else { return None };
        if let Op::Arith(ArithOp::Binary { op: BinaryOp::Sub, a, b, .. }) = op {
            let exact = self.poly(*a).sub(&self.poly(*b));
            if !self.symbols.proves(&exact) {
                return Some(("a", "b"));
            }
        }
        let Op::Arith(arith) = op else { return None };
        match arith {
            ArithOp::Binary { op, .. } if *op != BinaryOp::Rem => {
                Op::Arith(*arith).operands().into_iter().find_map(|o| self.difference(o))
            }
            ArithOp::Convert(_, a) => self.difference(*a),
            _ => None,
        }
    }

    fn aligned(&mut self, place: &Place, index: &Poly, align: u64, span: Span) {
        let Some((element, _)) = self.element(place.base) else { return };
        let size = u64::from(element.size());
        if align <= size {
            return;
        }
        let base = self.base_align(place.base);
        let step = match self.symbols.multiple_here(index) {
            0 => base,
            multiple => multiple.saturating_mul(size),
        };
        let proved = (1u64 << step.trailing_zeros().min(32)).min(base);
        if proved >= align {
            return;
        }
        let name = super::super::base_name(self.module, place.base);
        let message = format!(
            "{align} bytes at once need an address that is a multiple of {align}, and this index into \
             `{name}` gives multiples of {proved}"
        );
        let fits = (proved / size).max(1);
        let help = match proved < base || base >= align {
            true => format!(
                "move {fits} at once, or state that the index is a multiple of {}",
                align / size
            ),
            false => format!("move {fits} at once, or add `aligned({name}, ..)` to `when`"),
        };
        self.sink.report(Diagnostic::new(&MISALIGNED, span, message).help(help));
    }

    /// What the address of an array's first element is a multiple of.
    fn base_align(&self, base: Base) -> u64 {
        match base {
            Base::Shared(id) | Base::Cluster { array: id, .. } => {
                let array = &self.module.shared[id.index()];
                u64::from(array.align.max(array.element.size()))
            }
            Base::Buffer(id) => {
                let mut align = match &self.module.params[id.index()].kind {
                    ParamKind::Buffer { align, .. } => *align,
                    _ => 1,
                };
                for condition in &self.module.conditions {
                    if let Condition::Aligned { param, bytes } = condition
                        && *param == id
                    {
                        align = align.max(*bytes);
                    }
                }
                u64::from(align)
            }
        }
    }

    /// What the shared-window address of a place is a multiple of.
    pub(super) fn shared_multiple(&mut self, place: &Place) -> u64 {
        let Some((element, _)) = self.element(place.base) else { return 1 };
        let index = self.poly(place.index);
        let step = self.symbols.multiple(&index).saturating_mul(u64::from(element.size()));
        super::super::symbolic::gcd(step, self.base_align(place.base))
    }
}
