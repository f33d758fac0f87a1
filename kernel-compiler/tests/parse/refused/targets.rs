#[kernel(
    grid = 1,
    threads = 32,
    targets = [
        sm_80,
        sm_90,
        sm_81,
        metal,
        sm_80(shared >= 163M),
        sm_80(shared >= 500K),
        sm_80(shared = 99K),
        sm_80(f16),
        wgsl(subgroups = 32),
        wgsl(subgroup = 33),
        wgsl(cooperative_matrix = 32),
        wgsl(f16, f16),
        wgsl(threads >= 4096),
        wgsl(shared >= 100),
        wgsl(colour),
        wgsl,
    ],
)]
fn f() {}
