struct Scalars {
    rows: u32,
    cols: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec2<f32>>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> tile: array<f32, 128>;
var<workgroup> shared_1: array<f32, 128>;

@compute @workgroup_size(128, 1, 1)
fn reductions(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var sum: f32;
    var largest: f32;
    let v0 = block * scalars.cols;
    sum = 0.0f;
    largest = -3e38f;
    for (var i0 = thread.x; i0 < scalars.cols; i0 = select(scalars.cols, i0 + 128u, (scalars.cols - i0 > 128u))) {
        let v1 = v0 + i0;
        let x_0 = x[v1];
        sum = sum + x_0;
        let x_1 = x[v1];
        largest = max(largest, x_1);
    }
    tile[thread.x] = sum;
    workgroupBarrier();
    let v2 = thread.x < 64u;
    if (v2) {
        let tile_0 = tile[thread.x];
        let tile_1 = tile[thread.x + 64u];
        tile[thread.x] = tile_0 + tile_1;
    }
    workgroupBarrier();
    let v3 = thread.x < 32u;
    if (v3) {
        let tile_2 = tile[thread.x];
        let tile_3 = tile[thread.x + 32u];
        tile[thread.x] = tile_2 + tile_3;
    }
    workgroupBarrier();
    let v4 = thread.x < 16u;
    if (v4) {
        let tile_4 = tile[thread.x];
        let tile_5 = tile[thread.x + 16u];
        tile[thread.x] = tile_4 + tile_5;
    }
    workgroupBarrier();
    let v5 = thread.x < 8u;
    if (v5) {
        let tile_6 = tile[thread.x];
        let tile_7 = tile[thread.x + 8u];
        tile[thread.x] = tile_6 + tile_7;
    }
    workgroupBarrier();
    let v6 = thread.x < 4u;
    if (v6) {
        let tile_8 = tile[thread.x];
        let tile_9 = tile[thread.x + 4u];
        tile[thread.x] = tile_8 + tile_9;
    }
    workgroupBarrier();
    let v7 = thread.x < 2u;
    if (v7) {
        let tile_10 = tile[thread.x];
        let tile_11 = tile[thread.x + 2u];
        tile[thread.x] = tile_10 + tile_11;
    }
    workgroupBarrier();
    let v8 = thread.x < 1u;
    if (v8) {
        let tile_12 = tile[thread.x];
        let tile_13 = tile[thread.x + 1u];
        tile[thread.x] = tile_12 + tile_13;
    }
    workgroupBarrier();
    let tile_14 = tile[0u];
    shared_1[thread.x] = largest;
    workgroupBarrier();
    if (v2) {
        let shared_1_0 = shared_1[thread.x];
        let shared_1_1 = shared_1[thread.x + 64u];
        shared_1[thread.x] = max(shared_1_0, shared_1_1);
    }
    workgroupBarrier();
    if (v3) {
        let shared_1_2 = shared_1[thread.x];
        let shared_1_3 = shared_1[thread.x + 32u];
        shared_1[thread.x] = max(shared_1_2, shared_1_3);
    }
    workgroupBarrier();
    if (v4) {
        let shared_1_4 = shared_1[thread.x];
        let shared_1_5 = shared_1[thread.x + 16u];
        shared_1[thread.x] = max(shared_1_4, shared_1_5);
    }
    workgroupBarrier();
    if (v5) {
        let shared_1_6 = shared_1[thread.x];
        let shared_1_7 = shared_1[thread.x + 8u];
        shared_1[thread.x] = max(shared_1_6, shared_1_7);
    }
    workgroupBarrier();
    if (v6) {
        let shared_1_8 = shared_1[thread.x];
        let shared_1_9 = shared_1[thread.x + 4u];
        shared_1[thread.x] = max(shared_1_8, shared_1_9);
    }
    workgroupBarrier();
    if (v7) {
        let shared_1_10 = shared_1[thread.x];
        let shared_1_11 = shared_1[thread.x + 2u];
        shared_1[thread.x] = max(shared_1_10, shared_1_11);
    }
    workgroupBarrier();
    if (v8) {
        let shared_1_12 = shared_1[thread.x];
        let shared_1_13 = shared_1[thread.x + 1u];
        shared_1[thread.x] = max(shared_1_12, shared_1_13);
    }
    workgroupBarrier();
    let shared_1_14 = shared_1[0u];
    if (thread.x == 0u) {
        y[(block * 2u) >> 1u] = vec2<f32>(tile_14, shared_1_14);
    }
}
