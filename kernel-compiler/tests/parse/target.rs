//! Targets: written, read and printed.

use tilewright_kernel_compiler::parse::target;
use tilewright_kernel_compiler::target::{Dialect, PTX_SHARED, Ptx, Target, Wgsl};

const WGSL: Wgsl = match Target::WGSL {
    Target::Wgsl(wgsl) => wgsl,
    Target::Ptx(_) => panic!("wgsl is WGSL"),
};

#[test]
fn reads_what_is_written() {
    let native = Wgsl { dialect: Dialect::Native, ..WGSL };
    let rich = Wgsl {
        f16: true,
        subgroup: Some(32),
        cooperative_matrix: Some(16),
        shared: 32 * 1024,
        invocations: 1024,
        storage_buffers: 16,
        ..native
    };
    let cases = [
        ("sm_80", Target::SM_80),
        ("sm_90a", Target::SM_90A),
        ("sm_80(shared >= 163K)", Target::Ptx(Ptx { sm: 80, exact: false, shared: 163 * 1024 })),
        ("sm_80(shared >= 166912)", Target::Ptx(Ptx { sm: 80, exact: false, shared: 166_912 })),
        ("wgsl", Target::WGSL),
        ("wgsl(native)", Target::Wgsl(native)),
        ("wgsl(subgroup = 32)", Target::Wgsl(Wgsl { subgroup: Some(32), ..native })),
        ("wgsl(cooperative_matrix)", Target::Wgsl(Wgsl { cooperative_matrix: Some(16), ..native })),
        (
            "wgsl(native, f16, subgroup = 32, shared >= 32K, threads >= 1024, \
             cooperative_matrix = 16, storage_buffers >= 16,)",
            Target::Wgsl(rich),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(target(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn prints_what_it_reads() {
    let shared = [16, 48, 99, 163, 227].map(|kib| kib * 1024);
    let mut all = Vec::new();
    for (sm, exact, usual) in PTX_SHARED {
        let sizes = shared.into_iter().chain([usual]);
        all.extend(sizes.map(|shared| Target::Ptx(Ptx { sm, exact, shared })));
    }
    for subgroup in [None, Some(8), Some(32)] {
        for cooperative_matrix in [None, Some(8), Some(16)] {
            for bits in 0..16 {
                let web = subgroup.is_none() && cooperative_matrix.is_none() && bits & 8 == 0;
                all.push(Target::Wgsl(Wgsl {
                    dialect: if web { Dialect::Web } else { Dialect::Native },
                    f16: bits & 1 != 0,
                    subgroup,
                    cooperative_matrix,
                    shared: if bits & 2 != 0 { 48 * 1024 } else { 16 * 1024 },
                    invocations: if bits & 4 != 0 { 1024 } else { 256 },
                    storage_buffers: if bits & 8 != 0 { 10 } else { 8 },
                }));
            }
        }
    }
    for one in all {
        assert_eq!(target(&one.to_string()).unwrap(), one, "{one}");
    }
}

#[test]
fn refuses_the_rest_in_one_line() {
    let cases = [
        ("", "unexpected end of input, expected identifier"),
        ("sm_90", "there is no target `sm_90`"),
        ("metal", "there is no target `metal`"),
        ("sm_80(shared = 4K)", "expected `>=`"),
        ("sm_80 sm_90a", "unexpected token"),
        ("sm_80(", "a bracket without its other half, or a literal without its end"),
        ("wgsl(f17, native) 1", "WGSL targets have no `f17`"),
    ];
    for (text, expected) in cases {
        let error = target(text).unwrap_err();
        assert_eq!(error.message, format!("target `{text}`: {expected}"));
    }
    assert_eq!(target("sm_90").unwrap_err().help, "did you mean `sm_90a`?");
    assert_eq!(target("wgls").unwrap_err().help, "did you mean `wgsl`?");
}
