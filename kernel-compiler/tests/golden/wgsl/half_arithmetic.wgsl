struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> w: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(0) @binding(3) var<storage, read_write> z: array<u32>;
@group(0) @binding(4) var<uniform> scalars: Scalars;

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
fn half_arithmetic(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = (block * 64u + thread.x) * 2u;
    let x_0 = x[v0 >> 1u];
    let v1 = f16_to_f32(x_0 >> 16u);
    let w_0 = w[v0 >> 1u];
    let v2 = bitcast<f32>((w_0 & 0xffffu) << 16u);
    let v3 = pack2x16float(vec2<f32>(f16_to_f32(x_0 & 0xffffu) + v1, 0.0f));
    let v4 = f16_to_f32(v3);
    y[v0 >> 1u] = pack2x16float(vec2<f32>(v4 * v4, v1));
    let v5 = f32_to_bf16(v2 * bitcast<f32>(w_0 & 0xffff0000u)) | (f32_to_bf16(v2) << 16u);
    z[v0 >> 1u] = v5;
}
