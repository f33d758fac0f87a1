//! Builds kernels for the tests, one call per operation.

use tilewright_kernel_compiler::ir::op::{
    ArithOp, Base, BinaryOp, Builtin, Cache, MemoryOp, Op, Place, SyncOp, UnaryOp,
};
use tilewright_kernel_compiler::ir::{
    Access, Block, Builder, Comparison, Const, Fragment, FragmentId, FragmentRole, LocalId, Module,
    Operand, Param, ParamId, ParamKind, ParamRole, Scalar, SharedArray, SharedId, Span, Stmt, Sym,
};
use tilewright_kernel_compiler::target::{Dialect, Target, Wgsl};

/// Native WGSL with subgroups of 32.
pub fn native() -> Target {
    Target::Wgsl(Wgsl {
        dialect: Dialect::Native,
        f16: true,
        subgroup: Some(32),
        cooperative_matrix: None,
        shared: 32 * 1024,
        invocations: 256,
        storage_buffers: 8,
    })
}

/// Native WGSL with 16 x 16 cooperative matrices.
pub fn cooperative() -> Target {
    match native() {
        Target::Wgsl(wgsl) => Target::Wgsl(Wgsl { cooperative_matrix: Some(16), ..wgsl }),
        other => other,
    }
}

/// A kernel under construction.
pub struct Kernel {
    pub b: Builder,
}

/// Elements of every buffer.
pub const LEN: u32 = 1 << 20;

pub const AT: Span = Span(0);

impl Kernel {
    /// One-dimensional grid of `n` (the first scalar parameter) or 4 workgroups of 64 threads.
    pub fn new(name: &str, target: Target) -> Kernel {
        let module = Module {
            name: name.to_owned(),
            target,
            params: Vec::new(),
            threads: [64, 1, 1],
            cluster: [1, 1, 1],
            min_blocks: None,
            grid: [Sym::Const(4), Sym::Const(1), Sym::Const(1)],
            conditions: Vec::new(),
            cost: None,
            index_bits: 32,
            shared: Vec::new(),
            locals: Vec::new(),
            values: Vec::new(),
            fragments: Vec::new(),
            body: Block::default(),
        };
        Kernel { b: Builder::new(module) }
    }

    fn param(&mut self, name: &str, kind: ParamKind) -> ParamId {
        let params = &mut self.b.module.params;
        params.push(Param { name: name.to_owned(), span: AT, kind });
        ParamId(params.len() as u32 - 1)
    }

    pub fn buffer(&mut self, name: &str, element: Scalar, access: Access) -> Base {
        let (role, shape) = (ParamRole::Activations, vec![Sym::Const(LEN.into())]);
        let kind = ParamKind::Buffer { element, access, role, shape, align: 16 };
        Base::Buffer(self.param(name, kind))
    }

    pub fn input(&mut self, name: &str, element: Scalar) -> Base {
        self.buffer(name, element, Access::Read)
    }

    pub fn output(&mut self, name: &str, element: Scalar) -> Base {
        self.buffer(name, element, Access::Write)
    }

    pub fn scalar(&mut self, name: &str, ty: Scalar) -> Operand {
        let id = self.param(name, ParamKind::Scalar(ty));
        self.op(Op::Param(id))
    }

    pub fn shared(&mut self, name: &str, element: Scalar, len: u32) -> Base {
        let shared = &mut self.b.module.shared;
        shared.push(SharedArray { name: name.to_owned(), element, len, align: 16, span: AT });
        Base::Shared(SharedId(shared.len() as u32 - 1))
    }

    pub fn fragment(&mut self, role: FragmentRole, element: Scalar, size: u32) -> FragmentId {
        let fragments = &mut self.b.module.fragments;
        fragments.push(Fragment { role, element, size, span: AT });
        FragmentId(fragments.len() as u32 - 1)
    }

    pub fn op(&mut self, op: Op) -> Operand {
        self.b.emit_one(op, AT)
    }

    pub fn effect(&mut self, op: Op) {
        self.b.emit(op, AT);
    }

    pub fn thread(&mut self) -> Operand {
        self.op(Op::Builtin(Builtin::ThreadId(0)))
    }

    /// `block_id * 64 + thread_id`.
    pub fn global_index(&mut self) -> Operand {
        let block = self.op(Op::Builtin(Builtin::BlockId(0)));
        let first = self.binary(BinaryOp::Mul, block, u(64));
        let thread = self.thread();
        self.binary(BinaryOp::Add, first, thread)
    }

    pub fn unary(&mut self, op: UnaryOp, a: Operand) -> Operand {
        self.op(Op::Arith(ArithOp::Unary(op, a)))
    }

    pub fn binary(&mut self, op: BinaryOp, a: Operand, b: Operand) -> Operand {
        self.op(Op::Arith(ArithOp::Binary { op, a, b, ftz: false }))
    }

    pub fn compare(&mut self, op: Comparison, a: Operand, b: Operand) -> Operand {
        self.op(Op::Arith(ArithOp::Compare(op, a, b)))
    }

    pub fn convert(&mut self, to: Scalar, a: Operand) -> Operand {
        self.op(Op::Arith(ArithOp::Convert(to, a)))
    }

    pub fn bitcast(&mut self, to: Scalar, a: Operand) -> Operand {
        self.op(Op::Arith(ArithOp::Bitcast(to, a)))
    }

    pub fn load(&mut self, base: Base, index: Operand, ty: Scalar) -> Operand {
        self.load_vector(base, index, ty, 1)[0]
    }

    /// States that `span` elements from `index` on are in bounds: the tests are not about that.
    pub fn within(&mut self, base: Base, index: Operand, span: u32) {
        let len = match base {
            Base::Buffer(_) => LEN,
            Base::Shared(id) | Base::Cluster { array: id, .. } => {
                self.b.module.shared[id.index()].len
            }
        };
        if index.as_const().is_none() {
            let condition = self.compare(Comparison::Le, index, u(len - span));
            self.b.push(Stmt::Assume { condition, span: AT });
        }
    }

    /// Elements of the declared type that `count` scalars of `ty` cover.
    fn elements(&self, base: Base, ty: Scalar, count: u32) -> u32 {
        let element = match base {
            Base::Buffer(id) => match self.b.module.params[id.index()].kind {
                ParamKind::Buffer { element, .. } => element,
                _ => Scalar::U32,
            },
            Base::Shared(id) | Base::Cluster { array: id, .. } => {
                self.b.module.shared[id.index()].element
            }
        };
        (ty.size() * count / element.size()).max(1)
    }

    pub fn load_vector(
        &mut self,
        base: Base,
        index: Operand,
        ty: Scalar,
        count: u32,
    ) -> Vec<Operand> {
        let span = self.elements(base, ty, count);
        self.within(base, index, span);
        let (place, cache) = (Place { base, index }, Cache::default());
        let op = Op::Memory(MemoryOp::Load { place, ty, count, cache });
        self.b.emit(op, AT).into_iter().map(Operand::Value).collect()
    }

    pub fn store(&mut self, base: Base, index: Operand, values: &[Operand]) {
        let ty = self.b.module.type_of(values[0]);
        let span = self.elements(base, ty, values.len() as u32);
        self.within(base, index, span);
        let (place, values) = (Place { base, index }, values.to_vec());
        self.effect(Op::Memory(MemoryOp::Store { place, values, cache: Cache::default() }));
    }

    pub fn barrier(&mut self) {
        self.effect(Op::Sync(SyncOp::Barrier));
    }

    pub fn local(&mut self, name: &str, ty: Scalar, value: Operand) -> LocalId {
        let local = self.b.local(ty, name, AT);
        self.assign(local, value);
        local
    }

    pub fn assign(&mut self, local: LocalId, value: Operand) {
        self.b.push(Stmt::Assign { local, value, span: AT });
    }

    pub fn read(&mut self, local: LocalId) -> Operand {
        self.op(Op::Read(local))
    }

    pub fn block(&mut self, inside: impl FnOnce(&mut Self)) -> Block {
        self.b.open();
        inside(self);
        self.b.close()
    }

    pub fn if_(&mut self, condition: Operand, then: impl FnOnce(&mut Self)) {
        let then = self.block(then);
        let otherwise = Block::default();
        self.b.push(Stmt::If { condition, then, otherwise, span: AT });
    }

    pub fn for_(
        &mut self,
        range: [Operand; 3],
        reverse: bool,
        inside: impl FnOnce(&mut Self, Operand),
    ) {
        let [start, end, step] = range;
        let variable = self.b.value(self.b.module.type_of(start), AT);
        let body = self.block(|k| inside(k, variable.into()));
        self.b.push(Stmt::For { variable, start, end, step, reverse, body, span: AT });
    }

    pub fn finish(self) -> Module {
        self.b.finish()
    }
}

pub fn u(value: u32) -> Operand {
    Const::u32(value).into()
}

pub fn i(value: i32) -> Operand {
    Const::int(Scalar::I32, value.into()).into()
}

pub fn f(value: f32) -> Operand {
    Const::f32(value).into()
}
