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
        let v1 = extractBits(bitcast<i32>(x_0), 0u, 8u);
        let v2 = extractBits(bitcast<i32>(x_0), 8u, 8u);
        let v3 = extractBits(bitcast<i32>(x_0), 16u, 8u);
        let v4 = extractBits(bitcast<i32>(x_0), 24u, 8u);
        let v5 = (bitcast<u32>(v4) & 255u) | ((bitcast<u32>(v3) & 255u) << 8u);
        let v6 = (v5 | ((bitcast<u32>(v2) & 255u) << 16u)) | (bitcast<u32>(v1) << 24u);
        y[v0 >> 2u] = v6;
        let v7 = thread.x * 4u;
        let v8 = (bitcast<u32>(v1) & 255u) | ((bitcast<u32>(v2) & 255u) << 8u);
        let v9 = (v8 | ((bitcast<u32>(v3) & 255u) << 16u)) | (bitcast<u32>(v4) << 24u);
        tile[v7 >> 2u] = v9;
        let tile_0 = tile[v7 >> 2u];
        let v10 = bitcast<u32>(extractBits(bitcast<i32>(tile_0), 0u, 8u)) & 255u;
        let v11 = bitcast<u32>(extractBits(bitcast<i32>(tile_0), 8u, 8u)) & 255u;
        let v12 = bitcast<u32>(extractBits(bitcast<i32>(tile_0), 16u, 8u)) & 255u;
        let v13 = bitcast<u32>(extractBits(bitcast<i32>(tile_0), 24u, 8u)) << 24u;
        z[v0 >> 2u] = ((v10 | (v11 << 8u)) | (v12 << 16u)) | v13;
    }
}
