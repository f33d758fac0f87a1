struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
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

// Toward zero, clamped to the range; NaN is 0. 4294967040 is the largest f32 below 2^32.
fn f32_to_u32(x: f32) -> u32 {
    let nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    let inside = u32(clamp(select(x, 0f, nan), 0f, 4294967040f));
    return select(inside, 0xffffffffu, !nan && x >= 4294967296f);
}

// Toward zero, clamped to the range; NaN is 0. 2147483520 is the largest f32 below 2^31.
fn f32_to_i32(x: f32) -> i32 {
    let nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    let inside = i32(clamp(select(x, 0f, nan), -2147483648f, 2147483520f));
    return select(inside, 0x7fffffffi, !nan && x >= 2147483648f);
}

@compute @workgroup_size(32, 1, 1)
fn casts(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 32u + thread.x;
    if (v0 < scalars.n) {
        let x_0 = x[v0];
        let v1 = v0 * 8u;
        let v2 = f32_to_u32(x_0);
        y[v1] = v2;
        let v3 = f32_to_i32(x_0);
        y[v1 + 1u] = bitcast<u32>(v3);
        y[v1 + 2u] = min(f32_to_u32(x_0), 255u);
        y[v1 + 3u] = bitcast<u32>(max(min(f32_to_i32(x_0), 32767i), -32768i));
        let v4 = bitcast<u32>(x_0);
        y[v1 + 4u] = v4;
        y[v1 + 5u] = pack2x16float(vec2<f32>(x_0, -x_0));
        y[v1 + 6u] = f32_to_bf16(x_0) | (f32_to_bf16(1.0f) << 16u);
        let v5 = f32_to_bf16(x_0);
        let v6 = ((pack2x16float(vec2<f32>(x_0, 0.0f)) & 0xffffu) << 16u) | (v5 & 0xffffu);
        y[v1 + 7u] = v6;
        let v7 = pack2x16float(vec2<f32>(x_0, 0.5f));
        let v8 = v0 * 4u;
        z[v8] = f16_to_f32(v7 & 0xffffu) + f16_to_f32(v7 >> 16u);
        z[v8 + 1u] = bitcast<f32>(v4 ^ 0x80000000u);
        z[v8 + 2u] = f32(v3) + f32((v2 & 255u) & 255u);
        z[v8 + 3u] = bitcast<f32>(v5 << 16u);
    }
}
