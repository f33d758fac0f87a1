struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> counts: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> bound: array<u32, 1>;
var<workgroup> tile: array<f32, 64>;

@compute @workgroup_size(64, 1, 1)
fn uniform_conditions(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var sum: f32;
    if (thread.x == 0u) {
        let counts_0 = counts[0u];
        bound[0u] = counts_0;
    }
    workgroupBarrier();
    let bound_0 = workgroupUniformLoad(&bound[0u]);
    sum = 0.0f;
    for (var i0 = 0u; i0 < bound_0; i0 += 1u) {
        tile[thread.x] = f32(i0);
        workgroupBarrier();
        let tile_0 = tile[thread.x ^ 1u];
        sum = sum + tile_0;
        workgroupBarrier();
    }
    y[block * 64u + thread.x] = sum;
}
