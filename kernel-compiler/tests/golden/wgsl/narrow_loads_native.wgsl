struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(1) var<storage, read> halves: array<u32>;
@group(0) @binding(2) var<storage, read> brains: array<u32>;
@group(0) @binding(3) var<storage, read> signed: array<u32>;
@group(0) @binding(4) var<storage, read> floats: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<uniform> scalars: Scalars;

// IEEE binary16 bits to f32, exactly: integer arithmetic, since unpack2x16float may flush subnormals.
fn f16_to_f32(bits: u32) -> f32 {
    let sign = (bits & 0x8000u) << 16u;
    let body = bits & 0x7fffu;
    let normal = (body << 13u) + select(0x38000000u, 0x70000000u, body >= 0x7c00u);
    // A subnormal is body * 2^-24: a product of normal numbers.
    let tiny = bitcast<u32>(f32(body) * 0x1p-24f);
    return bitcast<f32>(select(normal, tiny, body < 0x400u) | sign);
}

// OCP E4M3 bits to f32: no infinity, 0x7f and 0xff are NaN.
fn e4m3_to_f32(bits: u32) -> f32 {
    let sign = (bits & 0x80u) << 24u;
    let body = bits & 0x7fu;
    let normal = select((body << 20u) + 0x3c000000u, 0x7fc00000u, body == 0x7fu);
    // A subnormal is body * 2^-9.
    let tiny = bitcast<u32>(f32(body) * 0x1p-9f);
    return bitcast<f32>(select(normal, tiny, body < 8u) | sign);
}

@compute @workgroup_size(64, 1, 1)
fn narrow_loads(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 64u + thread.x;
    let bytes_0 = bytes[v0 >> 2u];
    let halves_0 = halves[v0 >> 1u];
    let v1 = 0.0f + f32((bytes_0 >> ((v0 & 3u) * 8u)) & 255u) + f16_to_f32((halves_0 >> ((v0 & 1u) * 16u)) & 0xffffu);
    let brains_0 = brains[v0 >> 1u];
    let v2 = bitcast<f32>(((brains_0 >> ((v0 & 1u) * 16u)) & 0xffffu) << 16u);
    let signed_0 = signed[v0 >> 2u];
    let v3 = f32((bitcast<i32>(signed_0) << (24u - (v0 & 3u) * 8u)) >> 24u);
    let floats_0 = floats[v0 >> 2u];
    let v4 = v1 + v2 + v3 + e4m3_to_f32((floats_0 >> ((v0 & 3u) * 8u)) & 255u);
    let v5 = v0 * 20u;
    let bytes_1 = bytes[v5 >> 2u];
    let bytes_2 = bytes[(v5 + 4u) >> 2u];
    let v6 = f16_to_f32((bytes_1 >> ((v5 & 3u) * 8u)) & 0xffffu) * f32(bytes_2 & 15u);
    y[v0] = v4 + v6;
}
