struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> total: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read_write> seen: array<u32>;
@group(0) @binding(3) var<uniform> scalars: Scalars;
var<workgroup> local: array<atomic<u32>, 4>;

@compute @workgroup_size(64, 1, 1)
fn atomics(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 64u + thread.x;
    if (thread.x < 4u) {
        atomicStore(&local[thread.x], 0u);
    }
    storageBarrier();
    workgroupBarrier();
    if (v0 < scalars.n) {
        let x_0 = x[v0];
        let old_0 = atomicAdd(&local[0u], x_0);
        let old_1 = atomicMax(&local[1u], x_0);
        let old_2 = atomicOr(&local[2u], 1u << (x_0 % 32u));
        atomicAdd(&total[0u], 1u);
        atomicMax(&total[1u], x_0);
        atomicMin(&total[2u], x_0);
        let old_3 = atomicXor(&total[3u], x_0);
        let old_4 = atomicAnd(&total[4u], ~(1u << (x_0 % 4u)));
        let old_5 = atomicAdd(&total[5u], 1u);
        if (old_5 < scalars.n) {
            seen[old_5] = 1u;
        }
        let expected_0 = 0u;
        var seen_0 = 0u;
        let replacement_0 = 77u;
        loop {
            let attempt_0 = atomicCompareExchangeWeak(&total[6u], expected_0, replacement_0);
            seen_0 = attempt_0.old_value;
            if (attempt_0.exchanged || seen_0 != expected_0) { break; }
        }
        if (seen_0 == 0u) {
            let old_6 = atomicExchange(&total[7u], 5u);
        }
    }
    storageBarrier();
    workgroupBarrier();
    if (thread.x == 0u) {
        let old_7 = atomicAdd(&total[3u], 0u);
        let local_0 = atomicLoad(&local[0u]);
        let local_1 = atomicLoad(&local[1u]);
        atomicMax(&total[7u], local_0 + local_1);
    }
}
