//! Identifiers: in range, of the right kind, defined once and before use; control flow in its place.

use super::walk::places;
use crate::diag::catalog::internal::INTERNAL;
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::op::{AsyncOp, Base, MatrixOp};
use crate::ir::{
    Block, Condition, LocalId, Module, Op, Operand, ParamId, ParamKind, SharedId, Span, Stmt, Sym,
    ValueId,
};

/// Checks every identifier of a module.
pub(super) fn check(module: &Module, sink: &mut Diagnostics) {
    let mut scope = Scope { module, sink, defined: vec![State::Never; module.values.len()] };
    scope.header();
    scope.block(&module.body, Inside::default());
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Never,
    Visible,
    Gone,
}

/// What surrounds a statement.
#[derive(Clone, Copy, Default)]
struct Inside {
    a_loop: bool,
    one_thread: bool,
    roles: bool,
}

struct Scope<'m, 's> {
    module: &'m Module,
    sink: &'s mut Diagnostics,
    defined: Vec<State>,
}

impl<'m> Scope<'m, '_> {
    fn wrong(&mut self, span: Span, message: String) {
        self.sink.report(internal(span, message));
    }

    fn header(&mut self) {
        for sym in &self.module.grid {
            self.sym(sym);
        }
        for param in &self.module.params {
            if let ParamKind::TensorMap { of: Some(of), .. } = &param.kind {
                let sizes = of.shape.iter().chain(&of.dims).chain(&of.strides);
                sizes.for_each(|sym| self.sym(sym));
            }
            if let ParamKind::Buffer { shape, .. } = &param.kind {
                shape.iter().for_each(|sym| self.sym(sym));
            }
        }
        for condition in &self.module.conditions {
            match condition {
                Condition::Compare(a, _, b) => {
                    self.sym(a);
                    self.sym(b);
                }
                Condition::Aligned { param, .. } => self.buffer(*param, Span::default()),
            }
        }
    }

    fn sym(&mut self, sym: &Sym) {
        if let Sym::Param(id) = sym {
            self.scalar(*id, Span::default());
        }
        if let Some((a, b)) = sym.operands() {
            self.sym(a);
            self.sym(b);
        }
    }

    fn kind(&mut self, id: ParamId, span: Span) -> Option<&'m ParamKind> {
        let param = self.module.params.get(id.index());
        if param.is_none() {
            self.wrong(span, format!("parameter {} does not exist", id.0));
        }
        param.map(|p| &p.kind)
    }

    fn scalar(&mut self, id: ParamId, span: Span) {
        if !matches!(self.kind(id, span), None | Some(ParamKind::Scalar(_))) {
            self.wrong(span, format!("parameter {} is no scalar", id.0));
        }
    }

    fn buffer(&mut self, id: ParamId, span: Span) {
        if !matches!(self.kind(id, span), None | Some(ParamKind::Buffer { .. })) {
            self.wrong(span, format!("parameter {} is no buffer", id.0));
        }
    }

    fn tensor_map(&mut self, id: ParamId, span: Span) {
        if !matches!(self.kind(id, span), None | Some(ParamKind::TensorMap { .. })) {
            self.wrong(span, format!("parameter {} is no tensor map", id.0));
        }
    }

    fn shared(&mut self, id: SharedId, span: Span) {
        if id.index() >= self.module.shared.len() {
            self.wrong(span, format!("workgroup array {} does not exist", id.0));
        }
    }

    fn local(&mut self, id: LocalId, span: Span) {
        if id.index() >= self.module.locals.len() {
            self.wrong(span, format!("local {} does not exist", id.0));
        }
    }

    fn operand(&mut self, operand: Operand, span: Span) {
        let Operand::Value(id) = operand else { return };
        let message = match self.defined.get(id.index()) {
            Some(State::Visible) => return,
            Some(State::Never) => format!("%{} is used before its definition", id.0),
            Some(State::Gone) => format!("%{} is used outside the block that defines it", id.0),
            None => format!("%{} does not exist", id.0),
        };
        self.wrong(span, message);
    }

    fn define(&mut self, id: ValueId, span: Span) {
        match self.defined.get_mut(id.index()) {
            Some(state @ State::Never) => *state = State::Visible,
            Some(_) => self.wrong(span, format!("%{} is defined twice", id.0)),
            None => self.wrong(span, format!("%{} does not exist", id.0)),
        }
    }

    fn block(&mut self, block: &'m Block, inside: Inside) {
        let mut mine = Vec::new();
        for (at, stmt) in block.0.iter().enumerate() {
            self.statement(stmt, inside, &mut mine);
            let ends = matches!(stmt, Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_));
            if ends && at + 1 < block.0.len() {
                self.wrong(span_of(stmt), "statements follow where none is reached".to_owned());
            }
        }
        self.forget(&mine);
    }

    fn forget(&mut self, values: &[ValueId]) {
        for id in values {
            if let Some(state) = self.defined.get_mut(id.index()) {
                *state = State::Gone;
            }
        }
    }

    fn statement(&mut self, stmt: &'m Stmt, inside: Inside, mine: &mut Vec<ValueId>) {
        match stmt {
            Stmt::Let { results, op, span } => {
                self.operation(op, *span);
                for id in results {
                    self.define(*id, *span);
                    mine.push(*id);
                }
            }
            Stmt::Assign { local, value, span } => {
                self.local(*local, *span);
                self.operand(*value, *span);
            }
            Stmt::If { condition, then, otherwise, span } => {
                self.operand(*condition, *span);
                self.block(then, inside);
                self.block(otherwise, inside);
            }
            Stmt::For { variable, start, end, step, body, span, .. } => {
                for operand in [start, end, step] {
                    self.operand(*operand, *span);
                }
                self.define(*variable, *span);
                self.block(body, Inside { a_loop: true, ..inside });
                self.forget(&[*variable]);
            }
            Stmt::Loop { body, .. } => self.block(body, Inside { a_loop: true, ..inside }),
            Stmt::Break(span) | Stmt::Continue(span) => {
                if !inside.a_loop {
                    self.wrong(*span, "a break or continue outside a loop".to_owned());
                }
            }
            Stmt::Return(span) => {
                if inside.one_thread {
                    self.wrong(*span, "a return inside elect_one".to_owned());
                }
            }
            Stmt::Roles { roles, span } => {
                if inside.roles || inside.one_thread {
                    self.wrong(*span, "roles inside roles or elect_one".to_owned());
                }
                for role in roles {
                    self.block(&role.body, Inside { roles: true, ..Inside::default() });
                }
            }
            Stmt::ElectOne { body, .. } => {
                self.block(body, Inside { a_loop: false, one_thread: true, ..inside });
            }
            Stmt::Assume { condition, span } => self.operand(*condition, *span),
        }
    }

    fn operation(&mut self, op: &Op, span: Span) {
        for operand in op.operands() {
            self.operand(operand, span);
        }
        for place in places(op) {
            match place.base {
                Base::Buffer(id) => self.buffer(id, span),
                Base::Shared(array) | Base::Cluster { array, .. } => self.shared(array, span),
            }
        }
        match op {
            Op::Read(local) => self.local(*local, span),
            Op::Param(id) => self.scalar(*id, span),
            Op::Async(
                AsyncOp::TensorLoad { map, .. }
                | AsyncOp::TensorStore { map, .. }
                | AsyncOp::TensorMapPrefetch(map),
            ) => self.tensor_map(*map, span),
            Op::Matrix(op) => self.matrix(op, span),
            _ => {}
        }
    }

    fn matrix(&mut self, op: &MatrixOp, span: Span) {
        let fragments = match op {
            MatrixOp::FragmentFill(f, _) | MatrixOp::FragmentScale(f, _) => vec![*f],
            MatrixOp::FragmentLoad { fragment, .. } | MatrixOp::FragmentStore { fragment, .. } => {
                vec![*fragment]
            }
            MatrixOp::FragmentMultiplyAdd { a, b, c } => vec![*a, *b, *c],
            MatrixOp::Wgmma { accumulator, .. } => {
                accumulator.iter().for_each(|local| self.local(*local, span));
                Vec::new()
            }
            _ => Vec::new(),
        };
        for id in fragments {
            if id.index() >= self.module.fragments.len() {
                self.wrong(span, format!("fragment {} does not exist", id.0));
            }
        }
    }
}

/// Where a statement stands.
pub(super) fn span_of(stmt: &Stmt) -> Span {
    match stmt {
        Stmt::Let { span, .. }
        | Stmt::Assign { span, .. }
        | Stmt::If { span, .. }
        | Stmt::For { span, .. }
        | Stmt::Loop { span, .. }
        | Stmt::Break(span)
        | Stmt::Continue(span)
        | Stmt::Return(span)
        | Stmt::Roles { span, .. }
        | Stmt::ElectOne { span, .. }
        | Stmt::Assume { span, .. } => *span,
    }
}

/// A diagnostic about an ill-formed module.
pub(super) fn internal(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&INTERNAL, span, message).help("this is a mistake of the compiler: report it")
}
