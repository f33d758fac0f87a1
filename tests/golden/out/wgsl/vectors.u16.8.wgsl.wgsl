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
    let v0 = (block * 32u + thread.x) * 8u;
    if (v0 < scalars.n) {
        let x_0 = x[v0 >> 3u];
        let v1 = x_0.x & 0xffffu;
        let v2 = x_0.x >> 16u;
        let v3 = x_0.y & 0xffffu;
        let v4 = x_0.y >> 16u;
        let v5 = x_0.z & 0xffffu;
        let v6 = x_0.z >> 16u;
        let v7 = x_0.w & 0xffffu;
        let v8 = x_0.w >> 16u;
        y[v0 >> 3u] = vec4<u32>(v8 | (v7 << 16u), v6 | (v5 << 16u), v4 | (v3 << 16u), v2 | (v1 << 16u));
        let v9 = thread.x * 8u;
        tile[v9 >> 3u] = vec4<u32>(v1 | (v2 << 16u), v3 | (v4 << 16u), v5 | (v6 << 16u), v7 | (v8 << 16u));
        let tile_0 = tile[v9 >> 3u];
        z[v0 >> 3u] = vec4<u32>((tile_0.x & 0xffffu) | ((tile_0.x >> 16u) << 16u), (tile_0.y & 0xffffu) | ((tile_0.y >> 16u) << 16u), (tile_0.z & 0xffffu) | ((tile_0.z >> 16u) << 16u), (tile_0.w & 0xffffu) | ((tile_0.w >> 16u) << 16u));
    }
}
