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
    let v0 = (block * 32u + thread.x) * 16u;
    if (v0 < scalars.n) {
        let x_0 = x[v0 >> 4u];
        let v1 = x_0.x & 255u;
        let v2 = (x_0.x >> 8u) & 255u;
        let v3 = (x_0.x >> 16u) & 255u;
        let v4 = x_0.x >> 24u;
        let v5 = x_0.y & 255u;
        let v6 = (x_0.y >> 8u) & 255u;
        let v7 = (x_0.y >> 16u) & 255u;
        let v8 = x_0.y >> 24u;
        let v9 = x_0.z & 255u;
        let v10 = (x_0.z >> 8u) & 255u;
        let v11 = (x_0.z >> 16u) & 255u;
        let v12 = x_0.z >> 24u;
        let v13 = x_0.w & 255u;
        let v14 = (x_0.w >> 8u) & 255u;
        let v15 = (x_0.w >> 16u) & 255u;
        let v16 = x_0.w >> 24u;
        y[v0 >> 4u] = vec4<u32>(((v16 | (v15 << 8u)) | (v14 << 16u)) | (v13 << 24u), ((v12 | (v11 << 8u)) | (v10 << 16u)) | (v9 << 24u), ((v8 | (v7 << 8u)) | (v6 << 16u)) | (v5 << 24u), ((v4 | (v3 << 8u)) | (v2 << 16u)) | (v1 << 24u));
        let v17 = thread.x * 16u;
        tile[v17 >> 4u] = vec4<u32>(((v1 | (v2 << 8u)) | (v3 << 16u)) | (v4 << 24u), ((v5 | (v6 << 8u)) | (v7 << 16u)) | (v8 << 24u), ((v9 | (v10 << 8u)) | (v11 << 16u)) | (v12 << 24u), ((v13 | (v14 << 8u)) | (v15 << 16u)) | (v16 << 24u));
        let tile_0 = tile[v17 >> 4u];
        let v18 = ((tile_0.x & 255u) | (((tile_0.x >> 8u) & 255u) << 8u)) | (((tile_0.x >> 16u) & 255u) << 16u);
        let v19 = ((tile_0.y & 255u) | (((tile_0.y >> 8u) & 255u) << 8u)) | (((tile_0.y >> 16u) & 255u) << 16u);
        let v20 = ((tile_0.z & 255u) | (((tile_0.z >> 8u) & 255u) << 8u)) | (((tile_0.z >> 16u) & 255u) << 16u);
        let v21 = ((tile_0.w & 255u) | (((tile_0.w >> 8u) & 255u) << 8u)) | (((tile_0.w >> 16u) & 255u) << 16u);
        z[v0 >> 4u] = vec4<u32>(v18 | ((tile_0.x >> 24u) << 24u), v19 | ((tile_0.y >> 24u) << 24u), v20 | ((tile_0.z >> 24u) << 24u), v21 | ((tile_0.w >> 24u) << 24u));
    }
}
