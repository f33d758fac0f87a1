struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> h: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> q: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> z: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> b: array<vec2<u32>>;
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

// f32 to bfloat16 bits, to nearest even; a NaN stays a quiet NaN.
fn f32_to_bf16(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
    return select(rounded, (bits >> 16u) | 0x40u, (bits & 0x7fffffffu) > 0x7f800000u);
}

@compute @workgroup_size(64, 1, 1)
fn vectors(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 64u + thread.x;
    let v1 = v0 * 8u;
    let v2 = v0 * 4u;
    let x_0 = x[v2 >> 2u];
    let h_0 = h[v1 >> 3u];
    let q_0 = q[v1 >> 3u];
    y[v2 >> 2u] = vec4<f32>(x_0.w, x_0.z, x_0.y, x_0.x);
    let v3 = f32_to_bf16(f16_to_f32(h_0.x & 0xffffu)) | (f32_to_bf16(f16_to_f32(h_0.x >> 16u)) << 16u);
    let v4 = f32_to_bf16(f16_to_f32(h_0.y & 0xffffu)) | (f32_to_bf16(f16_to_f32(h_0.y >> 16u)) << 16u);
    let v5 = f32_to_bf16(f16_to_f32(h_0.z & 0xffffu)) | (f32_to_bf16(f16_to_f32(h_0.z >> 16u)) << 16u);
    let v6 = f32_to_bf16(f16_to_f32(h_0.w & 0xffffu)) | (f32_to_bf16(f16_to_f32(h_0.w >> 16u)) << 16u);
    z[v1 >> 3u] = vec4<u32>(v3, v4, v5, v6);
    let v7 = extractBits(-extractBits(bitcast<i32>(q_0.x), 0u, 8u), 0u, 8u);
    let v8 = extractBits(-extractBits(bitcast<i32>(q_0.x), 8u, 8u), 0u, 8u);
    let v9 = extractBits(-extractBits(bitcast<i32>(q_0.x), 16u, 8u), 0u, 8u);
    let v10 = extractBits(-extractBits(bitcast<i32>(q_0.x), 24u, 8u), 0u, 8u);
    let v11 = extractBits(-extractBits(bitcast<i32>(q_0.y), 0u, 8u), 0u, 8u);
    let v12 = extractBits(-extractBits(bitcast<i32>(q_0.y), 8u, 8u), 0u, 8u);
    let v13 = extractBits(-extractBits(bitcast<i32>(q_0.y), 16u, 8u), 0u, 8u);
    let v14 = extractBits(-extractBits(bitcast<i32>(q_0.y), 24u, 8u), 0u, 8u);
    let v15 = (bitcast<u32>(v7) & 255u) | ((bitcast<u32>(v8) & 255u) << 8u);
    let v16 = (v15 | ((bitcast<u32>(v9) & 255u) << 16u)) | (bitcast<u32>(v10) << 24u);
    let v17 = (bitcast<u32>(v11) & 255u) | ((bitcast<u32>(v12) & 255u) << 8u);
    let v18 = (v17 | ((bitcast<u32>(v13) & 255u) << 16u)) | (bitcast<u32>(v14) << 24u);
    b[v1 >> 3u] = vec2<u32>(v16, v18);
}
