struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> z: array<vec2<u32>>;
@group(0) @binding(3) var<uniform> scalars: Scalars;
var<workgroup> tile: array<vec2<u32>, 32>;

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
        let v1 = x_0.x & 0xffffu;
        let v2 = x_0.x >> 16u;
        let v3 = x_0.y & 0xffffu;
        let v4 = x_0.y >> 16u;
        y[v0 >> 2u] = vec2<u32>(v4 | (v3 << 16u), v2 | (v1 << 16u));
        let v5 = thread.x * 4u;
        tile[v5 >> 2u] = vec2<u32>(v1 | (v2 << 16u), v3 | (v4 << 16u));
        let tile_0 = tile[v5 >> 2u];
        z[v0 >> 2u] = vec2<u32>((tile_0.x & 0xffffu) | ((tile_0.x >> 16u) << 16u), (tile_0.y & 0xffffu) | ((tile_0.y >> 16u) << 16u));
    }
}
