struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

// Byte permutation (prmt.b32): each nibble picks a byte of b:a; its bit 3 replicates that byte's sign.
fn prmt(a: u32, b: u32, selector: u32) -> u32 {
    var result = 0u;
    for (var i = 0u; i < 4u; i++) {
        let nibble = (selector >> (4u * i)) & 0xfu;
        let byte = (select(a, b, (nibble & 4u) != 0u) >> (8u * (nibble & 3u))) & 0xffu;
        let sign = select(0u, 0xffu, (byte & 0x80u) != 0u);
        result |= select(byte, sign, (nibble & 8u) != 0u) << (8u * i);
    }
    return result;
}

@compute @workgroup_size(64, 1, 1)
fn bit_operations(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 64u + thread.x;
    let x_0 = x[v0];
    let x_1 = x[v0 + 1u];
    let v1 = (0x64006400u ^ (x_0 & x_1)) ^ ((x_0 & x_1) & 0x64006400u);
    let v2 = bitcast<u32>((bitcast<i32>(x_1) << 24u) >> 31u) & 0xff000000u;
    let v3 = (((v1 & 255u) | (x_1 & 0xff00u)) | ((v1 << 8u) & 0xff0000u)) | v2;
    let v4 = prmt(v3, x_1, x_0);
    let v5 = bitcast<i32>(v4);
    let v6 = x_1 & 15u;
    let v7 = bitcast<u32>(extractBits(v5, 8u, 8u) + extractBits(v5 >> v6, 0u, 3u));
    y[v0] = (extractBits(v4, 4u, 4u) << v6) | v7;
}
