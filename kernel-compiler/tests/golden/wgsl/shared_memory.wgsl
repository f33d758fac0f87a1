struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<uniform> scalars: Scalars;
var<workgroup> tile: array<f32, 64>;
var<workgroup> raw: array<vec2<u32>, 64>;

@compute @workgroup_size(64, 1, 1)
fn shared_memory(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var stride: u32;
    let v0 = block * 64u + thread.x;
    let x_0 = x[v0];
    tile[thread.x] = x_0;
    let v1 = bitcast<u32>(x_0);
    let v2 = thread.x * 8u;
    raw[v2 >> 3u] = vec2<u32>(v1, v1);
    storageBarrier();
    workgroupBarrier();
    stride = 32u;
    loop {
        let v3 = stride;
        if (v3 == 0u) {
            break;
        }
        if (thread.x < v3) {
            let tile_0 = tile[thread.x];
            let tile_1 = tile[thread.x + v3];
            tile[thread.x] = tile_0 + tile_1;
        }
        storageBarrier();
        workgroupBarrier();
        stride = v3 >> 1u;
    }
    let tile_2 = tile[0u];
    let raw_0 = raw[v2 >> 3u];
    x[v0] = tile_2 + bitcast<f32>(raw_0.y);
}
