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
        let v1 = extractBits(bitcast<i32>(x_0.x), 0u, 16u);
        let v2 = extractBits(bitcast<i32>(x_0.x), 16u, 16u);
        let v3 = extractBits(bitcast<i32>(x_0.y), 0u, 16u);
        let v4 = extractBits(bitcast<i32>(x_0.y), 16u, 16u);
        let v5 = extractBits(bitcast<i32>(x_0.z), 0u, 16u);
        let v6 = extractBits(bitcast<i32>(x_0.z), 16u, 16u);
        let v7 = extractBits(bitcast<i32>(x_0.w), 0u, 16u);
        let v8 = extractBits(bitcast<i32>(x_0.w), 16u, 16u);
        y[v0 >> 3u] = vec4<u32>((bitcast<u32>(v8) & 0xffffu) | (bitcast<u32>(v7) << 16u), (bitcast<u32>(v6) & 0xffffu) | (bitcast<u32>(v5) << 16u), (bitcast<u32>(v4) & 0xffffu) | (bitcast<u32>(v3) << 16u), (bitcast<u32>(v2) & 0xffffu) | (bitcast<u32>(v1) << 16u));
        let v9 = thread.x * 8u;
        tile[v9 >> 3u] = vec4<u32>((bitcast<u32>(v1) & 0xffffu) | (bitcast<u32>(v2) << 16u), (bitcast<u32>(v3) & 0xffffu) | (bitcast<u32>(v4) << 16u), (bitcast<u32>(v5) & 0xffffu) | (bitcast<u32>(v6) << 16u), (bitcast<u32>(v7) & 0xffffu) | (bitcast<u32>(v8) << 16u));
        let tile_0 = tile[v9 >> 3u];
        let v10 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.x), 0u, 16u)) & 0xffffu;
        let v11 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.x), 16u, 16u)) << 16u;
        let v12 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.y), 0u, 16u)) & 0xffffu;
        let v13 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.y), 16u, 16u)) << 16u;
        let v14 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.z), 0u, 16u)) & 0xffffu;
        let v15 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.z), 16u, 16u)) << 16u;
        let v16 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.w), 0u, 16u)) & 0xffffu;
        let v17 = bitcast<u32>(extractBits(bitcast<i32>(tile_0.w), 16u, 16u)) << 16u;
        z[v0 >> 3u] = vec4<u32>(v10 | v11, v12 | v13, v14 | v15, v16 | v17);
    }
}
