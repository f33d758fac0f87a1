struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
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
    let x_0 = x[block * 64u + thread.x];
    let v0 = subgroupShuffleXor(x_0, 1u);
    let v1 = x_0 + v0;
    let v2 = select(v1, subgroupShuffleUp(v1, 1u), (lane >= 1u));
    let v3 = v1 + v2;
    let v4 = select(v3, subgroupShuffleDown(v3, 1u), (lane + 1u < 32u));
    let v5 = v3 + v4;
    let v6 = subgroupShuffle(v5, 1u);
    let v7 = v5 + v6;
    let v8 = subgroupAdd(v7);
    let v9 = v7 + v8;
    let v10 = subgroupMin(v9);
    let v11 = v9 + v10;
    let v12 = subgroupMax(v11);
    let v13 = v11 + v12;
    let v14 = bitcast<u32>(v13);
    let v15 = subgroupAnd(v14);
    let v16 = subgroupOr(v15);
    let v17 = subgroupXor(v16);
    let v18 = x_0 > 0.0f;
    let v19 = subgroupAny(v18);
    let v20 = subgroupAll(v18);
    let v21 = subgroupBallot(v18).x;
    subgroupBarrier();
    let v22 = lane + subgroup;
    let v23 = subgroupBroadcastFirst(v13);
    let v24 = select(f32(v17 ^ v21), v23, v19 | v20);
    if (subgroupBroadcastFirst(lane) == lane) {
        y[v22] = v24;
    }
}
