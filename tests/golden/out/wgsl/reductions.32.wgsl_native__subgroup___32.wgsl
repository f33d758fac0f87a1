struct Scalars {
    rows: u32,
    cols: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec2<f32>>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> tile: array<f32, 32>;
var<workgroup> shared_1: array<f32, 32>;

@compute @workgroup_size(32, 1, 1)
fn reductions(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
    @builtin(subgroup_id) subgroup: u32
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var sum: f32;
    var largest: f32;
    var result: f32;
    var result_0: f32;
    let v0 = block * scalars.cols;
    sum = 0.0f;
    largest = -3e38f;
    for (var i0 = thread.x; i0 < scalars.cols; i0 = select(scalars.cols, i0 + 32u, (scalars.cols - i0 > 32u))) {
        let v1 = v0 + i0;
        let x_0 = x[v1];
        sum = sum + x_0;
        let x_1 = x[v1];
        largest = max(largest, x_1);
    }
    let v2 = sum;
    let v3 = subgroupAdd(v2);
    let v4 = lane == 0u;
    if (v4) {
        tile[subgroup] = v3;
    }
    workgroupBarrier();
    result = 0.0f;
    let tile_0 = tile[0u];
    result = result + tile_0;
    let v5 = result;
    let v6 = largest;
    let v7 = subgroupMax(v6);
    if (v4) {
        shared_1[subgroup] = v7;
    }
    workgroupBarrier();
    result_0 = -3e38f;
    let shared_1_0 = shared_1[0u];
    result_0 = max(result_0, shared_1_0);
    let v8 = result_0;
    if (thread.x == 0u) {
        y[(block * 2u) >> 1u] = vec2<f32>(v5, v8);
    }
}
