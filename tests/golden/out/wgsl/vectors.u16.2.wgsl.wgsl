struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read_write> z: array<u32>;
@group(0) @binding(3) var<uniform> scalars: Scalars;
var<workgroup> tile: array<u32, 32>;

@compute @workgroup_size(32, 1, 1)
fn vectors(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = (block * 32u + thread.x) * 2u;
    if (v0 < scalars.n) {
        let x_0 = x[v0 >> 1u];
        let v1 = x_0 & 0xffffu;
        let v2 = x_0 >> 16u;
        y[v0 >> 1u] = v2 | (v1 << 16u);
        let v3 = thread.x * 2u;
        tile[v3 >> 1u] = v1 | (v2 << 16u);
        let tile_0 = tile[v3 >> 1u];
        z[v0 >> 1u] = (tile_0 & 0xffffu) | ((tile_0 >> 16u) << 16u);
    }
}
