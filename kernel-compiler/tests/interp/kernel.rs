//! Builds small modules and runs them under three schedules.

use tilewright_kernel_compiler::diag::catalog::memory::UNKNOWN_LENGTH;
use tilewright_kernel_compiler::interp::{
    Argument, Fault, FaultKind, Launch, Memory, Options, Report, run,
};
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;
use tilewright_kernel_compiler::target::Target;
use tilewright_kernel_compiler::verify::verify;

pub const SEEDS: [u64; 3] = [0, 1, 5];

/// A module under construction; every call appends.
pub struct Kernel {
    pub b: Builder,
    next: u32,
}

pub fn u(value: u32) -> Operand {
    Const::u32(value).into()
}

pub fn i(value: i32) -> Operand {
    Const::int(Scalar::I32, i128::from(value)).into()
}

pub fn f(value: f32) -> Operand {
    Const::f32(value).into()
}

pub fn at(base: Base, index: Operand) -> Place {
    Place { base, index }
}

impl Kernel {
    pub fn new(threads: u32) -> Kernel {
        Kernel::on(Target::SM_90A, threads)
    }

    pub fn on(target: Target, threads: u32) -> Kernel {
        let module = Module {
            name: "test".to_owned(),
            target,
            params: Vec::new(),
            threads: [threads, 1, 1],
            cluster: [1; 3],
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
        };
        Kernel { b: Builder::new(module), next: 1 }
    }

    pub fn grid(mut self, blocks: u64) -> Kernel {
        self.b.module.grid[0] = Sym::Const(blocks);
        self
    }

    pub fn cluster(mut self, blocks: u32) -> Kernel {
        self.b.module.cluster = [blocks, 1, 1];
        self.grid(u64::from(blocks))
    }

    pub fn span(&mut self) -> Span {
        self.next += 1;
        Span(self.next)
    }

    pub fn param(&mut self, name: &str, kind: ParamKind) -> ParamId {
        let span = self.span();
        self.b.module.params.push(Param { name: name.to_owned(), span, kind });
        ParamId(self.b.module.params.len() as u32 - 1)
    }

    pub fn buffer(&mut self, name: &str, element: Scalar, access: Access) -> Base {
        let role = ParamRole::Activations;
        let kind = ParamKind::Buffer { element, access, role, shape: Vec::new(), align: 16 };
        Base::Buffer(self.param(name, kind))
    }

    pub fn shared(&mut self, name: &str, element: Scalar, len: u32) -> Base {
        let span = self.span();
        let array = SharedArray { name: name.to_owned(), element, len, align: 1024, span };
        self.b.module.shared.push(array);
        Base::Shared(SharedId(self.b.module.shared.len() as u32 - 1))
    }

    pub fn barriers(&mut self, len: u32) -> Base {
        self.shared("bars", Scalar::U64, len)
    }

    pub fn local(&mut self, ty: Scalar, name: &str) -> LocalId {
        let span = self.span();
        self.b.local(ty, name, span)
    }

    pub fn op(&mut self, op: Op) -> Vec<ValueId> {
        let span = self.span();
        self.b.emit(op, span)
    }

    pub fn one(&mut self, op: Op) -> Operand {
        let span = self.span();
        self.b.emit_one(op, span)
    }

    pub fn many(&mut self, op: Op) -> Vec<Operand> {
        self.op(op).into_iter().map(Operand::Value).collect()
    }

    pub fn builtin(&mut self, builtin: Builtin) -> Operand {
        self.one(Op::Builtin(builtin))
    }

    pub fn tid(&mut self) -> Operand {
        self.builtin(Builtin::ThreadId(0))
    }

    pub fn bin(&mut self, op: BinaryOp, a: Operand, b: Operand) -> Operand {
        self.one(Op::Arith(ArithOp::Binary { op, a, b, ftz: false }))
    }

    pub fn add(&mut self, a: Operand, b: Operand) -> Operand {
        self.bin(BinaryOp::Add, a, b)
    }

    pub fn mul(&mut self, a: Operand, b: Operand) -> Operand {
        self.bin(BinaryOp::Mul, a, b)
    }

    pub fn cmp(&mut self, comparison: Comparison, a: Operand, b: Operand) -> Operand {
        self.one(Op::Arith(ArithOp::Compare(comparison, a, b)))
    }

    pub fn load(&mut self, base: Base, index: Operand, ty: Scalar) -> Operand {
        self.load_many(base, index, ty, 1)[0]
    }

    pub fn load_many(
        &mut self,
        base: Base,
        index: Operand,
        ty: Scalar,
        count: u32,
    ) -> Vec<Operand> {
        let (place, cache) = (at(base, index), Cache::default());
        self.many(Op::Memory(MemoryOp::Load { place, ty, count, cache }))
    }

    pub fn store(&mut self, base: Base, index: Operand, value: Operand) {
        self.store_many(base, index, vec![value]);
    }

    pub fn store_many(&mut self, base: Base, index: Operand, values: Vec<Operand>) {
        let (place, cache) = (at(base, index), Cache::default());
        self.op(Op::Memory(MemoryOp::Store { place, values, cache }));
    }

    pub fn read(&mut self, local: LocalId) -> Operand {
        self.one(Op::Read(local))
    }

    pub fn assign(&mut self, local: LocalId, value: Operand) {
        let span = self.span();
        self.b.push(Stmt::Assign { local, value, span });
    }

    pub fn sync(&mut self, op: SyncOp) {
        self.op(Op::Sync(op));
    }

    pub fn barrier(&mut self) {
        self.sync(SyncOp::Barrier);
    }

    pub fn proxy_fence(&mut self) {
        self.sync(SyncOp::Fence(FenceKind::ProxyAsync));
    }

    pub fn asynchronous(&mut self, op: AsyncOp) {
        self.op(Op::Async(op));
    }

    pub fn matrix(&mut self, op: MatrixOp) {
        self.op(Op::Matrix(op));
    }

    pub fn block(&mut self, body: impl FnOnce(&mut Kernel)) -> Block {
        self.b.open();
        body(self);
        self.b.close()
    }

    pub fn when(&mut self, condition: Operand, body: impl FnOnce(&mut Kernel)) {
        self.when_else(condition, body, |_| {});
    }

    pub fn when_else(
        &mut self,
        condition: Operand,
        then: impl FnOnce(&mut Kernel),
        otherwise: impl FnOnce(&mut Kernel),
    ) {
        let span = self.span();
        let (then, otherwise) = (self.block(then), self.block(otherwise));
        self.b.push(Stmt::If { condition, then, otherwise, span });
    }

    /// Runs `body` in thread 0.
    pub fn first(&mut self, body: impl FnOnce(&mut Kernel)) {
        let tid = self.tid();
        let zero = self.cmp(Comparison::Eq, tid, u(0));
        self.when(zero, body);
    }

    pub fn elect(&mut self, body: impl FnOnce(&mut Kernel)) {
        let span = self.span();
        let body = self.block(body);
        self.b.push(Stmt::ElectOne { body, span });
    }

    pub fn repeat(&mut self, end: Operand, reverse: bool, body: impl FnOnce(&mut Kernel, Operand)) {
        let span = self.span();
        let ty = self.b.module.type_of(end);
        let variable = self.b.value(ty, span);
        let body = self.block(|k| body(k, variable.into()));
        let (start, step) = (Const { ty, bits: 0 }.into(), Const { ty, bits: 1 }.into());
        self.b.push(Stmt::For { variable, start, end, step, reverse, body, span });
    }

    pub fn forever(&mut self, body: impl FnOnce(&mut Kernel)) {
        let span = self.span();
        let body = self.block(body);
        self.b.push(Stmt::Loop { body, span });
    }

    pub fn leave(&mut self) {
        let span = self.span();
        self.b.push(Stmt::Break(span));
    }

    pub fn exit(&mut self) {
        let span = self.span();
        self.b.push(Stmt::Return(span));
    }

    pub fn roles(&mut self, roles: Vec<(&str, u32, Block)>) {
        let span = self.span();
        let role = |(name, warps, body): (&str, u32, Block)| {
            let name = name.to_owned();
            Role { name, warps, registers: None, body, span }
        };
        self.b.push(Stmt::Roles { roles: roles.into_iter().map(role).collect(), span });
    }

    pub fn init_barrier(&mut self, bars: Base, index: u32, count: u32) {
        let barrier = at(bars, u(index));
        self.asynchronous(AsyncOp::MbarrierInit { barrier, count: u(count) });
    }

    pub fn expect(&mut self, bars: Base, index: u32, bytes: u32) {
        let barrier = at(bars, u(index));
        self.asynchronous(AsyncOp::MbarrierExpect { barrier, bytes: u(bytes) });
    }

    pub fn arrive(&mut self, barrier: Place) {
        self.asynchronous(AsyncOp::MbarrierArrive { barrier, count: u(1), scope: Scope::Cluster });
    }

    pub fn wait(&mut self, bars: Base, index: u32, parity: Operand) {
        let barrier = at(bars, u(index));
        self.asynchronous(AsyncOp::MbarrierWait { barrier, parity });
    }

    pub fn done(self) -> Module {
        self.b.finish()
    }
}

/// Verifies a module and runs it with fresh memory for each seed; `check` looks at the result. These
/// buffers have no declared length, so it is the interpreter that finds accesses beyond their ends.
pub fn each_schedule(
    module: &Module,
    setup: impl Fn(&mut Memory) -> Vec<Argument>,
    check: impl Fn(&Memory, &Report),
) {
    let mut complaints = verify(module.clone()).err().unwrap_or_default();
    complaints.retain(|complaint| complaint.entry != &UNKNOWN_LENGTH);
    assert!(complaints.is_empty(), "{complaints:#?}");
    for seed in SEEDS {
        let mut memory = Memory::new();
        let arguments = setup(&mut memory);
        let launch = Launch::new(module, arguments).unwrap();
        match run(&mut memory, &[launch], Options::seed(seed)) {
            Ok(report) => check(&memory, &report),
            Err(fault) => panic!("seed {seed}: {fault}"),
        }
    }
}

/// Runs a wrong module, unverified, under each schedule; the fault must be `expected` in all of them.
pub fn must_fault(
    module: &Module,
    setup: impl Fn(&mut Memory) -> Vec<Argument>,
    expected: impl Fn(&FaultKind) -> bool,
) {
    for seed in SEEDS {
        let mut memory = Memory::new();
        let arguments = setup(&mut memory);
        let launch = Launch::new(module, arguments).unwrap();
        let fault: Fault = run(&mut memory, &[launch], Options::seed(seed))
            .expect_err("the kernel is wrong but ran to its end");
        assert!(expected(fault.kind()), "seed {seed}: {fault}");
    }
}

/// A small pseudo-random integer, the same on every machine.
pub fn noise(i: usize) -> i32 {
    let mut x = i as u32 ^ 0x9E37_79B9;
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    ((x ^ (x >> 16)) % 17) as i32 - 8
}
