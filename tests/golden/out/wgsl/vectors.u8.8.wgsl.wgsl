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
    let v0 = (block * 32u + thread.x) * 8u;
    if (v0 < scalars.n) {
        let x_0 = x[v0 >> 3u];
        let v1 = x_0.x & 255u;
        let v2 = (x_0.x >> 8u) & 255u;
        let v3 = (x_0.x >> 16u) & 255u;
        let v4 = x_0.x >> 24u;
        let v5 = x_0.y & 255u;
        let v6 = (x_0.y >> 8u) & 255u;
        let v7 = (x_0.y >> 16u) & 255u;
        let v8 = x_0.y >> 24u;
        y[v0 >> 3u] = vec2<u32>(((v8 | (v7 << 8u)) | (v6 << 16u)) | (v5 << 24u), ((v4 | (v3 << 8u)) | (v2 << 16u)) | (v1 << 24u));
        let v9 = thread.x * 8u;
        tile[v9 >> 3u] = vec2<u32>(((v1 | (v2 << 8u)) | (v3 << 16u)) | (v4 << 24u), ((v5 | (v6 << 8u)) | (v7 << 16u)) | (v8 << 24u));
        let tile_0 = tile[v9 >> 3u];
        let v10 = ((tile_0.x & 255u) | (((tile_0.x >> 8u) & 255u) << 8u)) | (((tile_0.x >> 16u) & 255u) << 16u);
        let v11 = ((tile_0.y & 255u) | (((tile_0.y >> 8u) & 255u) << 8u)) | (((tile_0.y >> 16u) & 255u) << 16u);
        z[v0 >> 3u] = vec2<u32>(v10 | ((tile_0.x >> 24u) << 24u), v11 | ((tile_0.y >> 24u) << 24u));
    }
}
