struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(64, 1, 1)
fn subgroups(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
    @builtin(subgroup_id) subgroup: u32
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 64u + thread.x;
    let x_0 = x[v0];
    let v1 = v0 * 12u;
    let v2 = (lane * 5u + 1u) % 32u;
    let v3 = subgroupShuffle(x_0, v2);
    y[v1] = v3;
    let v4 = subgroupShuffleXor(x_0, 8u);
    y[v1 + 1u] = v4;
    let v5 = select(x_0, subgroupShuffleUp(x_0, 3u), (lane >= 3u));
    y[v1 + 2u] = v5;
    let v6 = select(x_0, subgroupShuffleDown(x_0, 2u), (lane + 2u < 32u));
    y[v1 + 3u] = v6;
    let v7 = subgroupAdd(x_0);
    y[v1 + 4u] = v7;
    let v8 = subgroupMin(x_0);
    let v9 = subgroupMax(x_0);
    y[v1 + 5u] = v8 * 256u + v9;
    let v10 = x_0 | 240u;
    let v11 = subgroupAnd(v10);
    y[v1 + 6u] = v11;
    let v12 = subgroupOr(x_0);
    y[v1 + 7u] = v12;
    let v13 = subgroupXor(x_0);
    y[v1 + 8u] = v13;
    let v14 = x_0 == 3u;
    let v15 = subgroupAny(v14);
    let v16 = x_0 < 200u;
    let v17 = subgroupAll(v16);
    y[v1 + 9u] = select(0u, 1u, v15) + select(0u, 2u, v17);
    let v18 = x_0 % 3u == 0u;
    let v19 = subgroupBallot(v18).x;
    y[v1 + 10u] = v19;
    let v20 = subgroupBroadcastFirst(x_0);
    y[v1 + 11u] = v20 + subgroup * 1000u + lane;
}
