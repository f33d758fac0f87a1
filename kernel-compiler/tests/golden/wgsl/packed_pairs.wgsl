struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read_write> z: array<u32>;
@group(0) @binding(3) var<uniform> scalars: Scalars;

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

// f32 to E4M3 bits, to nearest even, saturating to 448; NaN is 0x7f.
fn f32_to_e4m3(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    let sign = (bits >> 24u) & 0x80u;
    let body = bits & 0x7fffffffu;
    // Below 2^-6 the code counts steps of 2^-9; adding 2^14 leaves the count in the low bits, rounded.
    let tiny = bitcast<u32>(bitcast<f32>(body) + 0x1p14f) & 0xffu;
    let normal = (body - 0x3c000000u + 0x7ffffu + ((body >> 20u) & 1u)) >> 20u;
    let finite = min(select(normal, tiny, body < 0x3c800000u), 0x7eu);
    let saturated = select(finite, 0x7eu, body >= 0x43e00000u);
    return select(saturated, 0x7fu, body > 0x7f800000u) | sign;
}

@compute @workgroup_size(64, 1, 1)
fn packed_pairs(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 64u + thread.x;
    let x_0 = x[v0];
    let v1 = x_0;
    let v2 = pack2x16float(vec2<f32>(f16_to_f32(v1 & 0xffffu) + f16_to_f32(v1 & 0xffffu), f16_to_f32(v1 >> 16u) + f16_to_f32(v1 >> 16u)));
    let v3 = v2;
    let v4 = f16_to_f32(v3 & 0xffffu);
    let v5 = f16_to_f32(v3 >> 16u);
    y[v0] = f32_to_bf16(v4) | (f32_to_bf16(v5) << 16u);
    z[v0] = f32_to_e4m3(v4) | (f32_to_e4m3(v5) << 8u);
}
