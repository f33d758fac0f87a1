//! What WGSL lacks is refused by name.

use crate::kernel::*;
use tilewright_kernel_compiler::back::wgsl;
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::{Access, Const, Module, Scalar};
use tilewright_kernel_compiler::target::Target;
use tilewright_kernel_compiler::verify::verify;

/// The codes of all diagnostics and the text of the first.
fn refusal(module: Module) -> (Vec<&'static str>, String) {
    let verified = verify(module).unwrap();
    let found = wgsl::emit(&verified).unwrap_err();
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
    assert_eq!(codes, ["TW0461"]);
    assert!(text.contains("`y`") && text.contains("store 2 neighbouring f16"), "{text}");
}

#[test]
fn ptx_instructions_are_named() {
    let mut k = Kernel::new("k", Target::WGSL);
    k.effect(Op::Async(AsyncOp::CopyAsyncCommit));
    let (codes, text) = refusal(k.finish());
    assert_eq!(codes, ["TW0361"]);
    assert!(text.contains("`cp.async.commit_group` is an instruction of PTX targets"), "{text}");
}

#[test]
fn subgroups_name_the_alternative() {
    let mut k = Kernel::new("k", Target::WGSL);
    k.effect(Op::Subgroup(SubgroupOp::Reduce(ReduceOp::Add, f(1.0))));
    let (codes, text) = refusal(k.finish());
    assert_eq!(codes, ["TW0362"]);
    assert!(text.contains("block_sum"), "{text}");
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
    assert_eq!(codes, ["TW0364", "TW0365", "TW0366"]);
}

#[test]
fn types() {
    let mut k = Kernel::new("k", Target::WGSL);
    let y = k.buffer("y", Scalar::F32, Access::ReadWrite);
    k.scalar("long", Scalar::U64);
    let place = Place { base: y, index: u(0) };
    let (op, scope, order) = (AtomicOp::Add, Scope::Workgroup, MemoryOrder::Relaxed);
    k.effect(Op::Memory(MemoryOp::Atomic {
        op,
        place,
        value: f(1.0),
        returns: false,
        scope,
        order,
    }));
    let (scope, ty) = (Scope::Device, Scalar::U32);
    k.op(Op::Memory(MemoryOp::LoadOrdered { place, ty, scope, order: MemoryOrder::Acquire }));
    k.store(y, u(0), &[Const::f32(f32::INFINITY).into()]);
    let (mut codes, _) = refusal(k.finish());
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes, ["TW0363", "TW0367", "TW0370", "TW0462", "TW0463"]);
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
