//! Legalisation, IR to IR: afterwards only what WGSL has is left.
//!
//! * Integers are `U32` and `I32` (narrow ones zero- or sign-extended; `Index` is `U32`).
//! * `F16`, `Bf16` and the 8-bit floats are held as their bits and are touched by `Convert`, `Bitcast`
//!   and `Select` only; their arithmetic is done in `F32` and rounded. `F16x2` and `Bf16x2` are words.
//! * A load or store moves one whole [`Cell`](super::bindings::Cell): its index counts cells, and its
//!   type is the cell's scalar. Fragments keep their element indices.
//! * Integer division by zero and shifts by the width are guarded; no operation has only constant
//!   operands (WGSL would evaluate it with rules of its own and may refuse the text).
//! * Nothing follows a `Break`, `Continue` or `Return`, and unused pure values are gone.

mod check;
mod dead;
mod fold;
mod integer;
mod memory;
mod narrow;
mod uniform;

use super::bindings::Cells;
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::op::{ArithOp, Builtin, Op};
use crate::ir::{
    Block, Builder, Const, Module, Operand, ParamKind, Scalar, Span, Stmt, Sym, ValueId,
};
use crate::target::Wgsl;
use std::collections::HashSet;

pub(super) use uniform::has_barrier;

/// A legalised module and what the emission needs to know beside it.
pub(super) struct Legal {
    /// The module.
    pub module: Module,
    /// How its arrays are declared.
    pub cells: Cells,
    /// Loads from workgroup memory that steer control flow round a barrier.
    pub uniform_loads: HashSet<ValueId>,
}

/// Legalises a module for a WGSL target.
///
/// # Errors
/// Everything in it that the target lacks.
pub(super) fn legalise(source: &Module, target: &Wgsl) -> Result<Legal, Vec<Diagnostic>> {
    let cells = Cells::choose(source, target);
    check::check(source, target, &cells)?;
    let mut rewriter = Rewriter::new(source, &cells);
    for stmt in &source.body.0 {
        if rewriter.stmt(stmt) {
            break;
        }
    }
    let Rewriter { out, diagnostics, .. } = rewriter;
    let mut module = diagnostics.gate(out.finish())?;
    dead::eliminate(&mut module);
    let uniform_loads = uniform::loads(&module);
    Ok(Legal { module, cells, uniform_loads })
}

/// What an old value became.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The legal operand: for narrow floats, their bits.
    operand: Operand,
    /// For `F16` and `Bf16`: the value as `F32`.
    wide: Option<Operand>,
    /// For `F16` and `Bf16`: an `F32` that rounds to the value.
    source: Option<Operand>,
}

/// Rebuilds a module statement by statement.
struct Rewriter<'a> {
    source: &'a Module,
    cells: &'a Cells,
    out: Builder,
    slots: Vec<Option<Slot>>,
    /// The arithmetic behind each new value.
    defs: Vec<Option<ArithOp>>,
    diagnostics: Diagnostics,
    span: Span,
}

/// The register type of a legalised value.
fn legal_type(ty: Scalar) -> Scalar {
    match ty {
        Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::Index => Scalar::U32,
        Scalar::I8 | Scalar::I16 | Scalar::I32 => Scalar::I32,
        other => other,
    }
}

/// Halves live in locals and loop variables as the `F32` that they equal.
fn local_type(ty: Scalar) -> Scalar {
    if narrow::is_half(ty) { Scalar::F32 } else { legal_type(ty) }
}

impl<'a> Rewriter<'a> {
    fn new(source: &'a Module, cells: &'a Cells) -> Rewriter<'a> {
        let mut module = Module { values: Vec::new(), body: Block::default(), ..source.clone() };
        for local in &mut module.locals {
            local.ty = local_type(local.ty);
        }
        for param in &mut module.params {
            if let ParamKind::Scalar(ty) = &mut param.kind {
                *ty = legal_type(*ty);
            }
        }
        Rewriter {
            source,
            cells,
            out: Builder::new(module),
            slots: vec![None; source.values.len()],
            defs: Vec::new(),
            diagnostics: Diagnostics::default(),
            span: Span::default(),
        }
    }

    /// The legal operand for an old one.
    fn get(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Const(c) => {
                let ty = legal_type(c.ty);
                match c.as_int() {
                    Some(value) if ty != Scalar::Bool => Const::int(ty, value).into(),
                    _ => Const { ty, bits: c.bits }.into(),
                }
            }
            Operand::Value(id) => match self.slots[id.index()] {
                Some(slot) => slot.operand,
                // The verifier has proved that definitions come first.
                None => Const::u32(0).into(),
            },
        }
    }

    /// Binds an old value to a legal operand.
    fn set(&mut self, id: ValueId, operand: Operand) {
        self.slots[id.index()] = Some(Slot { operand, wide: None, source: None });
    }

    /// Appends legal arithmetic, folded where it can be.
    fn arith(&mut self, op: ArithOp) -> Operand {
        if let Some(known) = fold::fold(&op, &self.out.module) {
            return known;
        }
        let result = self.out.emit_one(Op::Arith(op), self.span);
        if let Operand::Value(id) = result {
            self.defs.resize(id.index() + 1, None);
            self.defs[id.index()] = Some(op);
        }
        result
    }

    /// Appends a statement's image; true if nothing after it is reached.
    fn stmt(&mut self, stmt: &Stmt) -> bool {
        match stmt {
            Stmt::Let { results, op, span } => {
                self.span = *span;
                self.op(results, op);
                false
            }
            Stmt::Assign { local, value, span } => {
                self.span = *span;
                let half = narrow::is_half(self.source.locals[local.index()].ty);
                let value = if half { self.wide(*value) } else { self.get(*value) };
                self.out.push(Stmt::Assign { local: *local, value, span: *span });
                false
            }
            Stmt::If { condition, then, otherwise, span } => {
                self.branch(*condition, then, otherwise, *span)
            }
            Stmt::For { .. } => {
                self.counted(stmt);
                false
            }
            Stmt::Loop { body, span } => {
                let body = self.block(body);
                self.out.push(Stmt::Loop { body, span: *span });
                false
            }
            Stmt::ElectOne { body, span } => {
                let body = self.block(body);
                self.out.push(Stmt::ElectOne { body, span: *span });
                false
            }
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => {
                self.out.push(stmt.clone());
                true
            }
            Stmt::Assume { .. } | Stmt::Roles { .. } => false,
        }
    }

    fn block(&mut self, block: &Block) -> Block {
        self.out.open();
        for stmt in &block.0 {
            if self.stmt(stmt) {
                break;
            }
        }
        self.out.close()
    }

    fn branch(&mut self, condition: Operand, then: &Block, otherwise: &Block, span: Span) -> bool {
        let condition = self.get(condition);
        if let Some(known) = condition.as_const().and_then(Const::as_bool) {
            let taken = if known { then } else { otherwise };
            return taken.0.iter().any(|stmt| self.stmt(stmt));
        }
        let then = self.block(then);
        let otherwise = self.block(otherwise);
        if !(then.0.is_empty() && otherwise.0.is_empty()) {
            self.out.push(Stmt::If { condition, then, otherwise, span });
        }
        false
    }

    fn counted(&mut self, stmt: &Stmt) {
        let Stmt::For { variable, start, end, step, reverse, body, span } = stmt else { return };
        let (start, end, step) = (self.get(*start), self.get(*end), self.get(*step));
        if let (Some(a), Some(b)) = (start.as_int(), end.as_int())
            && a >= b
        {
            return;
        }
        let new = self.out.value(legal_type(self.source.values[variable.index()].ty), *span);
        self.set(*variable, new.into());
        let body = self.block(body);
        let (reverse, span) = (*reverse, *span);
        self.out.push(Stmt::For { variable: new, start, end, step, reverse, body, span });
    }

    fn op(&mut self, results: &[ValueId], op: &Op) {
        match op {
            Op::Read(local) => {
                let read = self.out.emit_one(op.clone(), self.span);
                let ty = self.source.locals[local.index()].ty;
                if narrow::is_half(ty) {
                    self.bind_half(results[0], ty, read, true);
                } else {
                    self.set(results[0], read);
                }
            }
            Op::Builtin(builtin) => {
                let value = self.builtin(*builtin);
                self.set(results[0], value);
            }
            Op::Arith(arith) => self.arithmetic(results, arith),
            Op::Memory(memory) => self.memory(results, memory),
            _ => {
                let mut op = op.clone();
                op.for_each_operand(&mut |operand| {
                    let ty = self.source.type_of(*operand);
                    let half = narrow::is_half(ty);
                    *operand = if half { self.wide(*operand) } else { self.get(*operand) };
                });
                let new = self.out.emit(op, self.span);
                for (old, new) in results.iter().zip(new) {
                    self.set(*old, new.into());
                }
            }
        }
    }

    fn builtin(&mut self, builtin: Builtin) -> Operand {
        if let Builtin::ThreadId(axis) = builtin
            && self.source.threads[usize::from(axis.min(2))] == 1
        {
            return Const::u32(0).into();
        }
        if let Builtin::BlockId(axis @ 1..) | Builtin::GridDim(axis @ 1..) = builtin
            && self.source.grid[usize::from(axis.min(2))] == Sym::Const(1)
        {
            return Const::u32(u32::from(matches!(builtin, Builtin::GridDim(_)))).into();
        }
        self.out.emit_one(Op::Builtin(builtin), self.span)
    }
}
