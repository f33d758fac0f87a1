struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read_write> bins: array<atomic<u32>>;
@group(0) @binding(1) var<storage, read_write> lows: array<atomic<i32>>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> counter: array<atomic<u32>, 1>;

@compute @workgroup_size(64, 1, 1)
fn atomics(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 64u + thread.x;
    atomicAdd(&bins[v0], 3u);
    atomicMax(&bins[v0], 3u);
    atomicAnd(&bins[v0], 3u);
    atomicOr(&bins[v0], 3u);
    atomicXor(&bins[v0], 3u);
    atomicExchange(&bins[v0], 3u);
    atomicMin(&lows[v0], -1i);
    let old_0 = atomicAdd(&counter[0u], 1u);
    let expected_0 = 0u;
    var seen_0 = 0u;
    let replacement_0 = v0;
    loop {
        let attempt_0 = atomicCompareExchangeWeak(&bins[old_0], expected_0, replacement_0);
        seen_0 = attempt_0.old_value;
        if (attempt_0.exchanged || seen_0 != expected_0) { break; }
    }
    let counter_0 = atomicLoad(&counter[0u]);
    atomicStore(&bins[v0], seen_0 + counter_0);
}
