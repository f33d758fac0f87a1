//! What WGSL lacks is refused by name.

use crate::kernel::*;
use tilewright_kernel_compiler::back::wgsl;
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::{
    Access, Const, FragmentRole, Module, Operand, Param, ParamKind, Scalar,
};
use tilewright_kernel_compiler::target::Target;
use tilewright_kernel_compiler::verify::verify;

/// The codes of all diagnostics and the text of the first, whichever stage refuses.
fn refusal(module: Module) -> (Vec<&'static str>, String) {
    let found = verify(module).and_then(|verified| wgsl::emit(&verified)).unwrap_err();
    (found.iter().map(|d| d.entry.code).collect(), found[0].to_string())
}

#[test]
fn narrow_store_names_the_width() {
    let mut k = Kernel::new("k", Target::WGSL);
    let y = k.output("y", Scalar::F16);
    let at = k.global_index();
    let v = k.convert(Scalar::F16, f(1.0));
    k.store(y, at, &[v]);
    let (codes, text) = refusal(k.finish());
    assert_eq!(codes, ["TW0408"]);
    assert!(text.contains("`y`") && text.contains("store 2 "), "{text}");
}

#[test]
fn ptx_instructions_are_named() {
    let mut k = Kernel::new("k", Target::WGSL);
    k.effect(Op::Async(AsyncOp::CopyAsyncCommit));
    let (codes, text) = refusal(k.finish());
    assert_eq!(codes, ["TW0304"]);
    assert!(text.contains("asynchronous"), "{text}");
}

#[test]
fn subgroups_name_the_alternative() {
    let mut k = Kernel::new("k", Target::WGSL);
    k.effect(Op::Subgroup(SubgroupOp::Reduce(ReduceOp::Add, f(1.0))));
    let (codes, text) = refusal(k.finish());
    assert_eq!(codes, ["TW0304"]);
    assert!(text.contains("subgroup"), "{text}");
}

#[test]
fn limits() {
    let mut k = Kernel::new("k", Target::WGSL);
    k.b.module.threads = [512, 1, 1];
    k.shared("tile", Scalar::F32, 4097);
    for i in 0..9 {
        k.input(&format!("x{i}"), Scalar::F32);
    }
    let (mut codes, _) = refusal(k.finish());
    codes.sort_unstable();
    assert_eq!(codes, ["TW0301", "TW0302", "TW0306"]);
}

#[test]
fn scalar_parameters_of_other_widths() {
    for ty in [Scalar::U64, Scalar::F16, Scalar::Bf16, Scalar::I8] {
        let mut k = Kernel::new("k", Target::WGSL);
        let param = ParamKind::Scalar(ty);
        k.b.module.params.push(Param { name: "odd".to_owned(), span: AT, kind: param });
        let (codes, text) = refusal(k.finish());
        assert_eq!(codes, ["TW0367"]);
        assert!(text.contains("`odd`") && text.contains(ty.name()), "{text}");
    }
}

fn atomic(value: Operand, scope: Scope, order: MemoryOrder) -> Vec<&'static str> {
    let mut k = Kernel::new("k", Target::WGSL);
    let ty = k.b.module.type_of(value);
    let y = k.buffer("y", ty, Access::ReadWrite);
    let place = Place { base: y, index: u(0) };
    let op = AtomicOp::Add;
    k.effect(Op::Memory(MemoryOp::Atomic { op, place, value, returns: false, scope, order }));
    refusal(k.finish()).0
}

#[test]
fn atomics_beyond_wgsl() {
    assert_eq!(atomic(f(1.0), Scope::Workgroup, MemoryOrder::Relaxed), ["TW0462"]);
    assert_eq!(atomic(u(1), Scope::System, MemoryOrder::Relaxed), ["TW0463"]);
    assert_eq!(atomic(u(1), Scope::Workgroup, MemoryOrder::AcquireRelease), ["TW0463"]);
}

#[test]
fn infinite_constants() {
    let mut k = Kernel::new("k", Target::WGSL);
    let y = k.output("y", Scalar::F32);
    k.store(y, u(0), &[Const::f32(f32::INFINITY).into()]);
    let (codes, text) = refusal(k.finish());
    assert_eq!(codes, ["TW0370"]);
    assert!(text.contains("-3.0e38"), "{text}");
}

#[test]
fn cooperative_shapes() {
    let mut k = Kernel::new("k", cooperative());
    let a = k.fragment(FragmentRole::A, Scalar::F32, 16);
    k.effect(Op::Matrix(MatrixOp::FragmentFill(a, f(0.0))));
    let (codes, text) = refusal(k.finish());
    assert_eq!(codes, ["TW0368"]);
    assert!(text.contains("f16 inputs"), "{text}");
}

#[test]
fn validation_uses_the_targets_capabilities() {
    let mut k = Kernel::new("k", native());
    let y = k.output("y", Scalar::F32);
    let sum = k.op(Op::Subgroup(SubgroupOp::Reduce(ReduceOp::Add, f(1.0))));
    k.store(y, u(0), &[sum]);
    let text = wgsl::emit(&verify(k.finish()).unwrap()).unwrap();
    assert!(text.uses_subgroups);
    assert_eq!(wgsl::validate(&text, native()), Ok(()));
    let refused = wgsl::validate(&text, Target::WGSL).unwrap_err();
    assert_eq!(refused.entry.code, "TW0369");
    assert!(refused.message.contains("naga rejects the WGSL of `k`"), "{refused}");
}

#[test]
fn contract_with_the_runtime() {
    let mut k = Kernel::new("k", Target::WGSL);
    let rows = k.scalar("rows", Scalar::U32);
    let x = k.input("x", Scalar::F32);
    k.scalar("eps", Scalar::F32);
    let y = k.output("y", Scalar::F32);
    k.shared("tile", Scalar::F16, 3);
    let v = k.load(x, rows, Scalar::F32);
    k.store(y, rows, &[v]);
    let text = wgsl::emit(&verify(k.finish()).unwrap()).unwrap();
    let fields: Vec<(&str, u32)> =
        text.scalars.iter().map(|s| (s.name.as_str(), s.offset)).collect();
    assert_eq!(fields, [("rows", 0), ("eps", 4), ("grid_linear", 8)]);
    assert_eq!((text.storage_buffers, text.scalars_binding), (2, Some(2)));
    assert_eq!((text.workgroup_storage, text.folds_grid), (16, true));
    let access: Vec<(u32, bool)> = text.bindings.iter().map(|b| (b.param.0, b.read_only)).collect();
    assert_eq!(access, [(1, true), (3, false)]);
}
