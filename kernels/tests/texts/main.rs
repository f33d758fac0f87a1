//! The texts of every shipped kernel, before any device sees them: `ptxas` assembles all PTX without
//! spills, naga writes all WGSL for Vulkan, Metal and Direct3D.
//!
//! `TILEWRIGHT_PTXAS` names the assembler.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod assembler;
mod writers;

use std::sync::Mutex;
use tilewright_runtime::{KernelText, Target, TypedKernel};

/// Bytes that a kernel's texts may have together.
const BUDGET: usize = 16 << 20;

/// Every text of every kernel, and what to call it.
fn texts() -> Vec<(String, &'static KernelText)> {
    let named = |kernel: &'static TypedKernel| {
        let cases = kernel.info.cases.iter();
        let name = move |case: &tilewright_runtime::Case| {
            format!("{} of {} {:?}", kernel.info.name, case.dtypes.len(), case.values)
        };
        cases.flat_map(move |case| case.texts.iter().map(move |text| (name(case), text)))
    };
    tilewright_kernels::all().into_iter().flat_map(named).collect()
}

/// Runs a check on all texts, on every core.
fn each(check: impl Fn(&str, &KernelText) + Sync) {
    let left = Mutex::new(texts());
    let next = || left.lock().unwrap().pop();
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((name, text)) = next() {
                    check(&name, text);
                }
            });
        }
    });
}

#[test]
fn ptx_assembles_without_spills() {
    let assembler = assembler::find();
    each(|name, text| {
        if let Target::Ptx { sm, exact, .. } = text.target {
            let chip = format!("sm_{sm}{}", if exact { "a" } else { "" });
            assembler::assemble(&assembler, name, text.code, &chip);
        }
    });
}

#[test]
fn wgsl_is_written_for_every_api() {
    each(|name, text| {
        if let Target::Wgsl { f16, subgroup, cooperative_matrix, .. } = text.target {
            let matrices = cooperative_matrix.is_some();
            let capabilities = writers::capabilities(f16, subgroup.is_some(), matrices);
            writers::write(name, text.code, capabilities, matrices);
        }
    });
}

#[test]
fn every_case_has_a_text_for_each_target_once() {
    for kernel in tilewright_kernels::all() {
        let name = kernel.info.name;
        let texts = || kernel.info.cases.iter().flat_map(|case| case.texts);
        assert!(texts().any(|text| matches!(text.target, Target::Ptx { .. })), "{name}");
        assert!(kernel.info.cases.iter().all(|case| !case.texts.is_empty()), "{name}");
        let bytes: usize = texts().map(|text| text.code.len()).sum();
        assert!(bytes < BUDGET, "{name}: {bytes} bytes of text");
    }
    let portable = tilewright_kernels::portable();
    let has_wgsl = |kernel: &&TypedKernel| {
        let mut texts = kernel.info.cases.iter().flat_map(|case| case.texts);
        texts.any(|text| matches!(text.target, Target::Wgsl { .. }))
    };
    assert!(portable.iter().all(has_wgsl));
}
