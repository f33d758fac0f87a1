struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> tile: array<f32, 128>;
var<workgroup> counts: array<u32, 64>;

@compute @workgroup_size(128, 1, 1)
fn shared_memory(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 128u + thread.x;
    let x_0 = x[v0];
    tile[thread.x] = x_0;
    if (thread.x < 64u) {
        counts[thread.x] = thread.x * thread.x;
    }
    workgroupBarrier();
    let v1 = 127u - thread.x;
    let tile_0 = tile[v1];
    workgroupBarrier();
    let tile_1 = tile[thread.x];
    tile[thread.x] = tile_0 + tile_1 * 0.0f;
    workgroupBarrier();
    let tile_2 = tile[v1];
    workgroupBarrier();
    let tile_3 = tile[thread.x];
    tile[thread.x] = tile_2 + tile_3 * 1.0f;
    workgroupBarrier();
    let tile_4 = tile[v1];
    workgroupBarrier();
    let tile_5 = tile[thread.x];
    tile[thread.x] = tile_4 + tile_5 * 2.0f;
    workgroupBarrier();
    let tile_6 = tile[(thread.x + 1u) % 128u];
    let counts_0 = counts[thread.x / 2u];
    y[v0] = tile_6 + f32(counts_0);
}
