//! Loads, stores and atomics of the legalised module: whole cells.

use super::bindings::Cell;
use super::tables::{self, type_name};
use super::writer::{Text, Writer, zero};
use crate::ir::op::{Base, MemoryOp, Place};
use crate::ir::{Operand, Scalar, ValueId};

const LANES: [&str; 4] = ["x", "y", "z", "w"];

impl Writer<'_> {
    fn cell(&self, base: Base) -> Cell {
        let word = Cell { scalar: Scalar::U32, lanes: 1, atomic: false };
        self.cells.of(base).unwrap_or(word)
    }

    fn element(&mut self, place: &Place) -> String {
        let index = self.argument(place.index);
        format!("{}[{index}]", self.array(place.base))
    }

    /// A memory operation as statements.
    pub(super) fn memory(&mut self, results: &[ValueId], op: &MemoryOp) {
        match op {
            MemoryOp::Load { place, .. } => self.load(results, place),
            MemoryOp::LoadOrdered { place, .. } => {
                let element = self.element(place);
                self.atomic_result(results, place.base, format!("atomicLoad(&{element})"));
            }
            MemoryOp::Store { place, values, .. } => self.store(place, values),
            MemoryOp::StoreOrdered { place, value, .. } => self.store(place, &[*value]),
            MemoryOp::Atomic { op, place, value, .. } => {
                let element = self.element(place);
                let value = self.atomic_operand(*value, place.base);
                let call = format!("{}(&{element}, {value})", tables::atomic(*op));
                self.atomic_result(results, place.base, call);
            }
            MemoryOp::CompareExchange { place, expected, value, .. } => {
                self.compare_exchange(results, place, *expected, *value);
            }
            MemoryOp::SharedAddress(_) | MemoryOp::Prefetch(_) => {}
        }
    }

    fn load(&mut self, results: &[ValueId], place: &Place) {
        let cell = self.cell(place.base);
        let element = self.element(place);
        let uniform = results.iter().any(|id| self.uniform_loads.contains(id));
        let value = match (cell.atomic, uniform) {
            (true, _) => format!("atomicLoad(&{element})"),
            (false, true) => format!("workgroupUniformLoad(&{element})"),
            _ if cell.scalar == Scalar::F16 => format!("f32({element})"),
            _ => element,
        };
        let stem = format!("{}_", self.array(place.base));
        if cell.lanes == 1 {
            if let Some(id) = results.first() {
                self.name(*id, &stem, &value);
            }
            return;
        }
        let name = self.names.numbered(&stem);
        self.line(&format!("let {name} = {value};"));
        for (id, lane) in results.iter().zip(LANES) {
            self.alias(*id, Text::atom(format!("{name}.{lane}")));
        }
    }

    fn store(&mut self, place: &Place, values: &[Operand]) {
        let cell = self.cell(place.base);
        let element = self.element(place);
        if cell.atomic {
            let value = values.first().map(|value| self.atomic_operand(*value, place.base));
            self.line(&format!("atomicStore(&{element}, {});", value.unwrap_or_default()));
            return;
        }
        let lanes: Vec<String> = values.iter().map(|value| self.argument(*value)).collect();
        let lanes = lanes.join(", ");
        let value = match (cell.lanes, cell.scalar) {
            (1, Scalar::F16) => format!("f16({lanes})"),
            (1, _) => lanes,
            _ => format!("{}({lanes})", cell.type_name()),
        };
        self.line(&format!("{element} = {value};"));
    }

    /// A value as the cell's scalar.
    fn atomic_operand(&mut self, value: Operand, base: Base) -> String {
        let ty = type_name(self.cell(base).scalar);
        let same = type_name(self.module.type_of(value)) == ty;
        let text = self.argument(value);
        if same { text } else { format!("bitcast<{ty}>({text})") }
    }

    /// Names the old value of an atomic, if it is asked for.
    fn atomic_result(&mut self, results: &[ValueId], base: Base, call: String) {
        let Some(id) = results.first() else {
            return self.line(&format!("{call};"));
        };
        let ty = type_name(self.module.values[id.index()].ty);
        let same = type_name(self.cell(base).scalar) == ty;
        let text = if same { call } else { format!("bitcast<{ty}>({call})") };
        self.name(*id, "old_", &text);
    }

    /// The weak exchange may fail for no reason: it is repeated until the cell really differed.
    fn compare_exchange(
        &mut self,
        results: &[ValueId],
        place: &Place,
        expected: Operand,
        value: Operand,
    ) {
        let Some(&id) = results.first() else { return };
        let element = self.element(place);
        let expected = self.atomic_operand(expected, place.base);
        let value = self.atomic_operand(value, place.base);
        let ty = self.cell(place.base).scalar;
        let (wanted, old) = (self.names.numbered("expected_"), self.names.numbered("seen_"));
        let attempt = self.names.numbered("attempt_");
        self.line(&format!("let {wanted} = {expected};"));
        self.line(&format!("var {old} = {};", zero(ty)));
        let replacement = self.names.numbered("replacement_");
        self.line(&format!("let {replacement} = {value};"));
        self.nested("loop", |w| {
            let call = format!("atomicCompareExchangeWeak(&{element}, {wanted}, {replacement})");
            w.line(&format!("let {attempt} = {call};"));
            w.line(&format!("{old} = {attempt}.old_value;"));
            w.line(&format!("if ({attempt}.exchanged || {old} != {wanted}) {{ break; }}"));
        });
        let result = type_name(self.module.values[id.index()].ty);
        let text = if result == type_name(ty) { old } else { format!("bitcast<{result}>({old})") };
        self.alias(id, Text::atom(text));
    }
}
