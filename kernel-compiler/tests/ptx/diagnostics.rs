//! What the target lacks is said, with the target that has it.

use tilewright_kernel_compiler::back::ptx;
use tilewright_kernel_compiler::diag::Diagnostic;
use tilewright_kernel_compiler::ir::op::{
    AsyncOp, AtomicOp, Base, BinaryOp, MatrixOp, MemoryOp, MemoryOrder, MmaShape, Place, Scope,
};
use tilewright_kernel_compiler::ir::{Fragment, FragmentId, FragmentRole, Op, Scalar};
use tilewright_kernel_compiler::target::{Ptx, Target};

use crate::golden::{SM_80, SM_90A, SM_100A};
use crate::kernel::{Kernel, SPAN, at, f32, u32};

fn only(k: Kernel) -> Diagnostic {
    let mut list = ptx::emit_unverified(&k.finish()).expect_err("a diagnostic");
    assert_eq!(list.len(), 1, "{list:?}");
    list.remove(0)
}

#[test]
fn hopper_instructions_are_not_on_other_targets() {
    let sm_90 = Target::Ptx(Ptx { sm: 90, exact: false, shared: 227 * 1024 });
    for target in [SM_80, sm_90, SM_100A] {
        let mut k = Kernel::new("k", target, 128);
        k.effect(Op::Matrix(MatrixOp::WgmmaFence));
        let found = only(k);
        assert_eq!(found.entry.code, "TW0350");
        assert_eq!(found.message, format!("{target} has no wgmma: it exists on sm_90a"));
        assert_eq!(found.help, "compile this kernel for sm_90a, or use a portable operation");
    }
    let mut k = Kernel::new("k", SM_80, 128);
    k.effect(Op::Async(AsyncOp::BulkCommit));
    let found = only(k);
    assert_eq!(found.message, "sm_80 has no cp.async.bulk: it exists on sm_90 and later");
}

#[test]
fn a_dependency_is_a_remark_before_sm_90() {
    for (target, line) in [(SM_80, "// griddepcontrol.wait;"), (SM_90A, "griddepcontrol.wait;")] {
        let mut k = Kernel::new("k", target, 128);
        k.effect(Op::Async(AsyncOp::GridDependencyWait));
        let text = ptx::emit_unverified(&k.finish()).expect("a text");
        assert!(text.code.lines().any(|found| found.trim() == line), "{}", text.code);
    }
}

#[test]
fn operations_without_a_form() {
    let mut k = Kernel::new("k", SM_80, 32);
    let y = k.buffer("y", Scalar::F32);
    let place = Place { base: Base::Buffer(y), index: at(0) };
    let (scope, order) = (Scope::Device, MemoryOrder::Relaxed);
    let (op, value, returns) = (AtomicOp::Min, f32(1.0), false);
    k.effect(Op::Memory(MemoryOp::Atomic { op, place, value, returns, scope, order }));
    let found = only(k);
    assert_eq!(found.entry.code, "TW0351");
    assert_eq!(found.message, "atomic Min has no form for f32");

    let mut k = Kernel::new("k", SM_80, 32);
    let y = k.buffer("y", Scalar::F32);
    let x = k.load(Base::Buffer(y), at(0), Scalar::F32, 1)[0];
    let rem = k.binary(BinaryOp::Xor, x, x);
    k.store(Base::Buffer(y), at(0), &[rem]);
    assert_eq!(only(k).message, "Xor has no form for floats");

    let mut k = Kernel::new("k", SM_90A, 32);
    let types = [Scalar::F16, Scalar::F16, Scalar::F32];
    let shape = MmaShape { m: 16, n: 8, k: 32 };
    let [a_type, b_type, c_type] = types;
    let (a, b, c) = (vec![u32(0); 8], vec![u32(0); 4], vec![f32(0.0); 4]);
    let op = MatrixOp::Mma { shape, a_type, b_type, c_type, a, b, c, sparse: None };
    k.ops(Op::Matrix(op));
    assert_eq!(only(k).message, "mma.sync m16n8k32 has no form for f16 x f16 + f32");
}

#[test]
fn f32_fragments_are_not_silently_rounded() {
    let mut k = Kernel::new("k", SM_80, 32);
    k.0.module.fragments.push(Fragment {
        role: FragmentRole::A,
        element: Scalar::F32,
        size: 16,
        span: SPAN,
    });
    k.effect(Op::Matrix(MatrixOp::FragmentFill(FragmentId(0), f32(0.0))));
    let found = only(k);
    assert_eq!(found.message, "no 16 x 16 fragment of f32 on PTX");
    assert_eq!(found.help, "use 16 x 16 fragments of f16 or bf16, with f32 accumulators");
}

#[test]
fn another_back_ends_module_is_refused() {
    let k = Kernel::new("k", Target::WGSL, 32);
    assert_eq!(only(k).entry.code, "TW0352");
}
