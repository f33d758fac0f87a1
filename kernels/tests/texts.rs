//! The texts of every shipped kernel, before any device sees them: `ptxas` assembles all PTX without
//! spills, naga writes all WGSL for Vulkan, Metal and Direct3D.
//!
//! `TILEWRIGHT_PTXAS` names the assembler.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use naga::valid::Capabilities;
use std::sync::Mutex;
use tilewright_runtime::{Case, KernelText, Target, TypedKernel};
use tilewright_testing::{assemble, write_by_naga};

/// Bytes that the texts of attention may have together: the largest family.
const BUDGET: usize = 16 << 20;

/// Every text of every kernel, and what to call it.
fn texts() -> Vec<(String, &'static KernelText)> {
    let named = |kernel: &'static TypedKernel| {
        let cases = kernel.info.cases.iter();
        let name = move |case: &Case| {
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
    each(|name, text| {
        if let Target::Ptx { sm, exact, .. } = text.target {
            let chip = format!("sm_{sm}{}", if exact { "a" } else { "" });
            assemble(name, text.code, &chip);
        }
    });
}

/// One case of every kernel that may overlap with its neighbours.
#[test]
fn overlapping_texts_assemble() {
    let mut found = 0;
    for kernel in tilewright_kernels::all() {
        let texts = kernel.info.cases.iter().flat_map(|case| case.texts);
        if let Some(code) = texts.filter_map(|text| text.overlapping(90)).next() {
            assemble(kernel.info.name, &code, "sm_90");
            found += 1;
        }
    }
    assert!(found >= tilewright_kernels::portable().len(), "{found} kernels");
}

#[test]
fn wgsl_is_written_for_every_api() {
    each(|name, text| {
        if let Target::Wgsl { f16, subgroup, cooperative_matrix, .. } = text.target {
            let mut has = Capabilities::SHADER_FLOAT16_IN_FLOAT32;
            has.set(Capabilities::SHADER_FLOAT16, f16);
            has.set(Capabilities::SUBGROUP | Capabilities::SUBGROUP_BARRIER, subgroup.is_some());
            has.set(Capabilities::COOPERATIVE_MATRIX, cooperative_matrix.is_some());
            write_by_naga(name, text.code, has);
        }
    });
}

/// How many PTX texts a case has.
fn ptx_texts(case: &Case) -> usize {
    case.texts.iter().filter(|text| matches!(text.target, Target::Ptx { .. })).count()
}

#[test]
fn a_case_has_one_ptx_text() {
    for kernel in tilewright_kernels::all() {
        let name = kernel.info.name;
        // A family's case has one target, a kernel's all of its targets.
        let counts = || kernel.info.cases.iter().map(ptx_texts);
        assert!(counts().any(|count| count == 1) && counts().all(|count| count <= 1), "{name}");
        assert!(kernel.info.cases.iter().all(|case| !case.texts.is_empty()), "{name}");
    }
    // These are no families.
    for name in ["argmax", "sample"] {
        let all = tilewright_kernels::all();
        let kernel = all.iter().find(|kernel| kernel.info.name == name).unwrap();
        assert!(kernel.info.cases.iter().all(|case| ptx_texts(case) == 1), "{name}");
    }
}

#[test]
fn a_portable_kernel_has_wgsl() {
    for kernel in tilewright_kernels::portable() {
        let mut texts = kernel.info.cases.iter().flat_map(|case| case.texts);
        let found = texts.any(|text| matches!(text.target, Target::Wgsl { .. }));
        assert!(found, "{}", kernel.info.name);
    }
}

#[test]
fn attention_has_the_texts_that_it_should_and_stays_within_its_budget() {
    let names = ["decode", "tree", "prefill", "attention_dense", "attention_dense_wide"];
    let kernels = tilewright_kernels::all().into_iter();
    let cases = kernels.filter(|kernel| names.contains(&kernel.info.name));
    let cases: Vec<&Case> = cases.flat_map(|kernel| kernel.info.cases).collect();
    let count: usize = cases.iter().map(|case| ptx_texts(case)).sum();
    // Six head sizes and three elements: three tiles of decode, for two sizes four, one of trees, one of prefill. Two
    // of them with two elements on Hopper; and there dense ones with two masks: bf16 with one or two tiles, f16 with
    // one.
    assert_eq!(count, 6 * 3 * 5 + 2 * 3 + 2 * 2 + (1 + 2 + 2 * 2 + 2) + 3 * 2);
    let bytes: usize = cases.iter().flat_map(|case| case.texts).map(|text| text.code.len()).sum();
    assert!(bytes < BUDGET, "{bytes} bytes of text");
}
