struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> z: array<vec4<u32>>;
@group(0) @binding(3) var<uniform> scalars: Scalars;
var<workgroup> tile: array<vec4<u32>, 32>;

@compute @workgroup_size(32, 1, 1)
fn vectors(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = (block * 32u + thread.x) * 4u;
    if (v0 < scalars.n) {
        let x_0 = x[v0 >> 2u];
        y[v0 >> 2u] = vec4<u32>(x_0.w, x_0.z, x_0.y, x_0.x);
        let v1 = thread.x * 4u;
        tile[v1 >> 2u] = vec4<u32>(x_0.x, x_0.y, x_0.z, x_0.w);
        let tile_0 = tile[v1 >> 2u];
        z[v0 >> 2u] = vec4<u32>(tile_0.x, tile_0.y, tile_0.z, tile_0.w);
    }
}
