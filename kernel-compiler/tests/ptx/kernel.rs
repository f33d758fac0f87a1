//! Short ways to build the modules of these tests.

use tilewright_kernel_compiler::ir::op::{
    ArithOp, Base, BinaryOp, Builtin, Cache, MemoryOp, Place, UnaryOp,
};
use tilewright_kernel_compiler::ir::{
    Access, Block, Builder, Comparison, Const, LocalId, Module, Op, Operand, Param, ParamId,
    ParamKind, ParamRole, Scalar, SharedArray, SharedId, Span, Stmt, Sym, ValueId,
};
use tilewright_kernel_compiler::target::Target;

pub const SPAN: Span = Span(0);

/// A builder with the shorthands that tests want.
pub struct Kernel(pub Builder);

impl Kernel {
    pub fn new(name: &str, target: Target, threads: u32) -> Kernel {
        Kernel(Builder::new(Module {
            name: name.to_owned(),
            target,
            params: Vec::new(),
            threads: [threads, 1, 1],
            cluster: [1, 1, 1],
            min_blocks: None,
            grid: [Sym::Const(1), Sym::Const(1), Sym::Const(1)],
            conditions: Vec::new(),
            cost: None,
            index_bits: 32,
            shared: Vec::new(),
            locals: Vec::new(),
            values: Vec::new(),
            fragments: Vec::new(),
            body: Block::default(),
        }))
    }

    pub fn finish(self) -> Module {
        self.0.finish()
    }

    fn param(&mut self, name: &str, kind: ParamKind) -> ParamId {
        let id = ParamId(self.0.module.params.len() as u32);
        self.0.module.params.push(Param { name: name.to_owned(), span: SPAN, kind });
        id
    }

    pub fn buffer(&mut self, name: &str, element: Scalar) -> ParamId {
        self.buffer_as(name, element, Access::ReadWrite, ParamRole::Activations)
    }

    pub fn weights(&mut self, name: &str, element: Scalar) -> ParamId {
        self.buffer_as(name, element, Access::Read, ParamRole::Weights)
    }

    fn buffer_as(
        &mut self,
        name: &str,
        element: Scalar,
        access: Access,
        role: ParamRole,
    ) -> ParamId {
        self.param(name, ParamKind::Buffer { element, access, role, shape: Vec::new(), align: 16 })
    }

    pub fn scalar(&mut self, name: &str, ty: Scalar) -> Operand {
        let id = self.param(name, ParamKind::Scalar(ty));
        self.op(Op::Param(id))
    }

    pub fn tensor_map(&mut self, name: &str, element: Scalar, tile: &[u32]) -> ParamId {
        let swizzle = tilewright_kernel_compiler::ir::Swizzle::B128;
        self.param(name, ParamKind::TensorMap { element, tile: tile.to_vec(), swizzle, of: None })
    }

    pub fn shared(&mut self, name: &str, element: Scalar, len: u32, align: u32) -> SharedId {
        let id = SharedId(self.0.module.shared.len() as u32);
        let array = SharedArray { name: name.to_owned(), element, len, align, span: SPAN };
        self.0.module.shared.push(array);
        id
    }

    pub fn local(&mut self, ty: Scalar, name: &str) -> LocalId {
        self.0.local(ty, name, SPAN)
    }

    pub fn op(&mut self, op: Op) -> Operand {
        self.0.emit_one(op, SPAN)
    }

    pub fn ops(&mut self, op: Op) -> Vec<ValueId> {
        self.0.emit(op, SPAN)
    }

    pub fn effect(&mut self, op: Op) {
        assert!(self.0.emit(op, SPAN).is_empty());
    }

    pub fn thread(&mut self) -> Operand {
        self.op(Op::Builtin(Builtin::ThreadId(0)))
    }

    pub fn index(&mut self, value: Operand) -> Operand {
        self.op(Op::Arith(ArithOp::Convert(Scalar::Index, value)))
    }

    pub fn binary(&mut self, op: BinaryOp, a: Operand, b: impl Into<Operand>) -> Operand {
        self.op(Op::Arith(ArithOp::Binary { op, a, b: b.into(), ftz: false }))
    }

    pub fn unary(&mut self, op: UnaryOp, a: Operand) -> Operand {
        self.op(Op::Arith(ArithOp::Unary(op, a)))
    }

    pub fn convert(&mut self, to: Scalar, a: Operand) -> Operand {
        self.op(Op::Arith(ArithOp::Convert(to, a)))
    }

    pub fn compare(&mut self, op: Comparison, a: Operand, b: impl Into<Operand>) -> Operand {
        self.op(Op::Arith(ArithOp::Compare(op, a, b.into())))
    }

    pub fn load(&mut self, base: Base, index: Operand, ty: Scalar, count: u32) -> Vec<Operand> {
        let place = Place { base, index };
        let cache = Cache::default();
        let values = self.ops(Op::Memory(MemoryOp::Load { place, ty, count, cache }));
        values.into_iter().map(Operand::Value).collect()
    }

    pub fn store(&mut self, base: Base, index: Operand, values: &[Operand]) {
        let place = Place { base, index };
        let (values, cache) = (values.to_vec(), Cache::default());
        self.effect(Op::Memory(MemoryOp::Store { place, values, cache }));
    }

    pub fn read(&mut self, local: LocalId) -> Operand {
        self.op(Op::Read(local))
    }

    pub fn assign(&mut self, local: LocalId, value: Operand) {
        self.0.push(Stmt::Assign { local, value, span: SPAN });
    }

    pub fn when(&mut self, condition: Operand, then: impl FnOnce(&mut Kernel)) {
        self.when_else(condition, then, |_| {});
    }

    pub fn when_else(
        &mut self,
        condition: Operand,
        then: impl FnOnce(&mut Kernel),
        otherwise: impl FnOnce(&mut Kernel),
    ) {
        let then = self.block(then);
        let otherwise = self.block(otherwise);
        self.0.push(Stmt::If { condition, then, otherwise, span: SPAN });
    }

    pub fn block(&mut self, body: impl FnOnce(&mut Kernel)) -> Block {
        self.0.open();
        body(self);
        self.0.close()
    }

    pub fn count(
        &mut self,
        (start, end, step): (Operand, Operand, Operand),
        reverse: bool,
        body: impl FnOnce(&mut Kernel, Operand),
    ) {
        let ty = self.0.module.type_of(start);
        let variable = self.0.value(ty, SPAN);
        let body = self.block(|k| body(k, Operand::Value(variable)));
        self.0.push(Stmt::For { variable, start, end, step, reverse, body, span: SPAN });
    }
}

pub fn u32(value: u32) -> Operand {
    Const::u32(value).into()
}

pub fn f32(value: f32) -> Operand {
    Const::f32(value).into()
}

pub fn at(value: u64) -> Operand {
    Const::index(value).into()
}

pub fn int(ty: Scalar, value: i128) -> Operand {
    Const::int(ty, value).into()
}
