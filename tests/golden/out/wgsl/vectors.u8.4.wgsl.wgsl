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
    let v0 = (block * 32u + thread.x) * 4u;
    if (v0 < scalars.n) {
        let x_0 = x[v0 >> 2u];
        let v1 = x_0 & 255u;
        let v2 = (x_0 >> 8u) & 255u;
        let v3 = (x_0 >> 16u) & 255u;
        let v4 = x_0 >> 24u;
        y[v0 >> 2u] = ((v4 | (v3 << 8u)) | (v2 << 16u)) | (v1 << 24u);
        let v5 = thread.x * 4u;
        tile[v5 >> 2u] = ((v1 | (v2 << 8u)) | (v3 << 16u)) | (v4 << 24u);
        let tile_0 = tile[v5 >> 2u];
        let v6 = ((tile_0 & 255u) | (((tile_0 >> 8u) & 255u) << 8u)) | (((tile_0 >> 16u) & 255u) << 16u);
        z[v0 >> 2u] = v6 | ((tile_0 >> 24u) << 24u);
    }
}
