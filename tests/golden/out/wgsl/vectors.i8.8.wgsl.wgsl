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
        let v1 = extractBits(bitcast<i32>(x_0.x), 0u, 8u);
        let v2 = extractBits(bitcast<i32>(x_0.x), 8u, 8u);
        let v3 = extractBits(bitcast<i32>(x_0.x), 16u, 8u);
        let v4 = extractBits(bitcast<i32>(x_0.x), 24u, 8u);
        let v5 = extractBits(bitcast<i32>(x_0.y), 0u, 8u);
        let v6 = extractBits(bitcast<i32>(x_0.y), 8u, 8u);
        let v7 = extractBits(bitcast<i32>(x_0.y), 16u, 8u);
        let v8 = extractBits(bitcast<i32>(x_0.y), 24u, 8u);
        let v9 = (bitcast<u32>(v8) & 255u) | ((bitcast<u32>(v7) & 255u) << 8u);
        let v10 = (v9 | ((bitcast<u32>(v6) & 255u) << 16u)) | (bitcast<u32>(v5) << 24u);
        let v11 = (bitcast<u32>(v4) & 255u) | ((bitcast<u32>(v3) & 255u) << 8u);
        let v12 = (v11 | ((bitcast<u32>(v2) & 255u) << 16u)) | (bitcast<u32>(v1) << 24u);
        y[v0 >> 3u] = vec2<u32>(v10, v12);
        let v13 = thread.x * 8u;
        let v14 = (bitcast<u32>(v1) & 255u) | ((bitcast<u32>(v2) & 255u) << 8u);
        let v15 = (v14 | ((bitcast<u32>(v3) & 255u) << 16u)) | (bitcast<u32>(v4) << 24u);
        let v16 = (bitcast<u32>(v5) & 255u) | ((bitcast<u32>(v6) & 255u) << 8u);
        let v17 = (v16 | ((bitcast<u32>(v7) & 255u) << 16u)) | (bitcast<u32>(v8) << 24u);
        tile[v13 >> 3u] = vec2<u32>(v15, v17);
        let tile_0 = tile[v13 >> 3u];
        let v18 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.x), 0u, 8u)) & 255u;
        let v19 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.x), 8u, 8u)) & 255u;
        let v20 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.x), 16u, 8u)) & 255u;
        let v21 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.x), 24u, 8u)) << 24u;
        let v22 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.y), 0u, 8u)) & 255u;
        let v23 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.y), 8u, 8u)) & 255u;
        let v24 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.y), 16u, 8u)) & 255u;
        let v25 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.y), 24u, 8u)) << 24u;
        z[v0 >> 3u] = vec2<u32>(((v18 | (v19 << 8u)) | (v20 << 16u)) | v21, ((v22 | (v23 << 8u)) | (v24 << 16u)) | v25);
    }
}
