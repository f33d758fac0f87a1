//! Arguments, and kernels in the order of the stream.

use crate::kernel::*;
use tilewright_kernel_compiler::interp::{
    Argument, Fault, FaultKind, Launch, Memory, Options, run,
};
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;

/// `out[i] = in[i] + 1` over several workgroups; with the dependency operations asked for.
fn increment(launches: bool, waits: bool) -> Module {
    let mut k = Kernel::new(32).grid(4);
    let input = k.buffer("in", Scalar::U32, Access::Read);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let (tid, block) = (k.tid(), k.builtin(Builtin::BlockId(0)));
    let row = k.mul(block, u(32));
    let index = k.add(row, tid);
    if waits {
        k.asynchronous(AsyncOp::GridDependencyWait);
    }
    if launches {
        k.asynchronous(AsyncOp::GridDependencyLaunch);
    }
    let value = k.load(input, index, Scalar::U32);
    let more = k.add(value, u(1));
    k.store(out, index, more);
    k.done()
}

fn chain(modules: &[&Module], seed: u64) -> Result<Vec<u32>, Fault> {
    let mut memory = Memory::new();
    let mut buffers = vec![memory.add_u32("first", &[10; 128])];
    let mut launches = Vec::new();
    for module in modules {
        let next = memory.uninitialised("next", 512);
        let arguments = vec![Argument::Buffer(*buffers.last().unwrap()), Argument::Buffer(next)];
        buffers.push(next);
        launches.push(Launch::new(module, arguments).unwrap());
    }
    run(&mut memory, &launches, Options::seed(seed))?;
    Ok(memory.u32s(*buffers.last().unwrap()))
}

#[test]
fn kernels_follow_each_other() {
    let plain = increment(false, false);
    let early = increment(true, true);
    for seed in SEEDS {
        assert_eq!(chain(&[&plain, &plain, &plain], seed).unwrap(), [13; 128]);
        assert!(chain(&[&early, &early, &early, &plain], seed).is_err());
        assert_eq!(chain(&[&early, &early, &early], seed).unwrap(), [13; 128]);
    }
}

#[test]
fn an_access_before_the_dependency_wait_is_a_fault() {
    let (early, hasty) = (increment(true, false), increment(false, false));
    for seed in SEEDS {
        let fault = chain(&[&early, &hasty], seed).unwrap_err();
        assert_eq!(*fault.kind(), FaultKind::DependentAccess("in".to_owned()));
    }
}

#[test]
fn arguments_are_checked() {
    let mut k = Kernel::new(32);
    let n = k.param("n", ParamKind::Scalar(Scalar::U32));
    let kind = ParamKind::Buffer {
        element: Scalar::F32,
        access: Access::Read,
        role: ParamRole::Weights,
        shape: vec![Sym::Param(n), Sym::Const(4)],
        align: 16,
    };
    let x = k.param("x", kind);
    k.b.module.grid[0] = Sym::CeilDiv(Box::new(Sym::Param(n)), Box::new(Sym::Const(8)));
    let multiple = Sym::Rem(Box::new(Sym::Param(n)), Box::new(Sym::Const(2)));
    let even = Condition::Compare(multiple, Comparison::Eq, Sym::Const(0));
    k.b.module.conditions = vec![even, Condition::Aligned { param: x, bytes: 64 }];
    let module = k.done();
    let attempt = |n: u32, bytes: usize, offset: u64| {
        let mut memory = Memory::new();
        let buffer = memory.uninitialised("x", bytes);
        let slice = Argument::Slice { buffer, offset, bytes: bytes as u64 - offset };
        let launch = Launch::new(&module, vec![Argument::U32(n), slice]).unwrap();
        assert_eq!(launch.grid, [n.div_ceil(8), 1, 1]);
        run(&mut memory, &[launch], Options::default()).map_err(|fault| fault.to_string())
    };
    assert_eq!(attempt(10, 160, 0).unwrap().workgroups, 2);
    assert!(attempt(10, 128, 0).unwrap_err().contains("40 elements declared, 32 given"));
    assert!(attempt(9, 160, 0).unwrap_err().contains("condition does not hold"));
    assert!(attempt(10, 256, 32).unwrap_err().contains("condition does not hold"));
    assert!(attempt(10, 256, 8).unwrap_err().contains("multiple of 16"));
}
