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
        let v1 = extractBits(bitcast<i32>(x_0.x), 0u, 8u);
        let v2 = extractBits(bitcast<i32>(x_0.x), 8u, 8u);
        let v3 = extractBits(bitcast<i32>(x_0.x), 16u, 8u);
        let v4 = extractBits(bitcast<i32>(x_0.x), 24u, 8u);
        let v5 = extractBits(bitcast<i32>(x_0.y), 0u, 8u);
        let v6 = extractBits(bitcast<i32>(x_0.y), 8u, 8u);
        let v7 = extractBits(bitcast<i32>(x_0.y), 16u, 8u);
        let v8 = extractBits(bitcast<i32>(x_0.y), 24u, 8u);
        let v9 = extractBits(bitcast<i32>(x_0.z), 0u, 8u);
        let v10 = extractBits(bitcast<i32>(x_0.z), 8u, 8u);
        let v11 = extractBits(bitcast<i32>(x_0.z), 16u, 8u);
        let v12 = extractBits(bitcast<i32>(x_0.z), 24u, 8u);
        let v13 = extractBits(bitcast<i32>(x_0.w), 0u, 8u);
        let v14 = extractBits(bitcast<i32>(x_0.w), 8u, 8u);
        let v15 = extractBits(bitcast<i32>(x_0.w), 16u, 8u);
        let v16 = extractBits(bitcast<i32>(x_0.w), 24u, 8u);
        let v17 = (bitcast<u32>(v16) & 255u) | ((bitcast<u32>(v15) & 255u) << 8u);
        let v18 = (v17 | ((bitcast<u32>(v14) & 255u) << 16u)) | (bitcast<u32>(v13) << 24u);
        let v19 = (bitcast<u32>(v12) & 255u) | ((bitcast<u32>(v11) & 255u) << 8u);
        let v20 = (v19 | ((bitcast<u32>(v10) & 255u) << 16u)) | (bitcast<u32>(v9) << 24u);
        let v21 = (bitcast<u32>(v8) & 255u) | ((bitcast<u32>(v7) & 255u) << 8u);
        let v22 = (v21 | ((bitcast<u32>(v6) & 255u) << 16u)) | (bitcast<u32>(v5) << 24u);
        let v23 = (bitcast<u32>(v4) & 255u) | ((bitcast<u32>(v3) & 255u) << 8u);
        let v24 = (v23 | ((bitcast<u32>(v2) & 255u) << 16u)) | (bitcast<u32>(v1) << 24u);
        y[v0 >> 4u] = vec4<u32>(v18, v20, v22, v24);
        let v25 = thread.x * 16u;
        let v26 = (bitcast<u32>(v1) & 255u) | ((bitcast<u32>(v2) & 255u) << 8u);
        let v27 = (v26 | ((bitcast<u32>(v3) & 255u) << 16u)) | (bitcast<u32>(v4) << 24u);
        let v28 = (bitcast<u32>(v5) & 255u) | ((bitcast<u32>(v6) & 255u) << 8u);
        let v29 = (v28 | ((bitcast<u32>(v7) & 255u) << 16u)) | (bitcast<u32>(v8) << 24u);
        let v30 = (bitcast<u32>(v9) & 255u) | ((bitcast<u32>(v10) & 255u) << 8u);
        let v31 = (v30 | ((bitcast<u32>(v11) & 255u) << 16u)) | (bitcast<u32>(v12) << 24u);
        let v32 = (bitcast<u32>(v13) & 255u) | ((bitcast<u32>(v14) & 255u) << 8u);
        let v33 = (v32 | ((bitcast<u32>(v15) & 255u) << 16u)) | (bitcast<u32>(v16) << 24u);
        tile[v25 >> 4u] = vec4<u32>(v27, v29, v31, v33);
        let tile_0 = tile[v25 >> 4u];
        let v34 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.x), 0u, 8u)) & 255u;
        let v35 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.x), 8u, 8u)) & 255u;
        let v36 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.x), 16u, 8u)) & 255u;
        let v37 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.x), 24u, 8u)) << 24u;
        let v38 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.y), 0u, 8u)) & 255u;
        let v39 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.y), 8u, 8u)) & 255u;
        let v40 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.y), 16u, 8u)) & 255u;
        let v41 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.y), 24u, 8u)) << 24u;
        let v42 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.z), 0u, 8u)) & 255u;
        let v43 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.z), 8u, 8u)) & 255u;
        let v44 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.z), 16u, 8u)) & 255u;
        let v45 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.z), 24u, 8u)) << 24u;
        let v46 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.w), 0u, 8u)) & 255u;
        let v47 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.w), 8u, 8u)) & 255u;
        let v48 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.w), 16u, 8u)) & 255u;
        let v49 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.w), 24u, 8u)) << 24u;
        z[v0 >> 4u] = vec4<u32>(((v34 | (v35 << 8u)) | (v36 << 16u)) | v37, ((v38 | (v39 << 8u)) | (v40 << 16u)) | v41, ((v42 | (v43 << 8u)) | (v44 << 16u)) | v45, ((v46 | (v47 << 8u)) | (v48 << 16u)) | v49);
    }
}
