struct Scalars {
    divisor: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read_write> z: array<i32>;
@group(0) @binding(3) var<uniform> scalars: Scalars;

// High half of a 64-bit product, by 16-bit parts.
fn mul_high_u32(a: u32, b: u32) -> u32 {
    let al = a & 0xffffu;
    let ah = a >> 16u;
    let bl = b & 0xffffu;
    let bh = b >> 16u;
    let low = (al * bl) >> 16u;
    let middle = ah * bl + low;
    let carry = al * bh + (middle & 0xffffu);
    return ah * bh + (middle >> 16u) + (carry >> 16u);
}

@compute @workgroup_size(64, 1, 1)
fn integer_arithmetic(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 64u + thread.x;
    let x_0 = x[v0];
    let v1 = mul_high_u32((x_0 + scalars.divisor - scalars.divisor) * scalars.divisor, scalars.divisor);
    let v2 = select(v1 / scalars.divisor, 0u, (scalars.divisor == 0u)) % scalars.divisor;
    let v3 = min(((v2 & scalars.divisor) | scalars.divisor) ^ scalars.divisor, scalars.divisor);
    let v4 = select(max(v3, scalars.divisor) << (scalars.divisor & 31u), 0u, (scalars.divisor > 31u));
    let v5 = select((v4 << 3u) >> (scalars.divisor & 31u), 0u, (scalars.divisor > 31u));
    let v6 = ((0i >> min(scalars.divisor, 31u)) >> 31u) * i32(-2147483648);
    let v7 = (v5 >> 3u) / 7u + countOneBits(x_0) + countLeadingZeros(x_0) + countTrailingZeros(x_0);
    let v8 = v7 + reverseBits(x_0) + (~x_0);
    y[v0] = v8;
    z[v0] = v6 - abs(bitcast<i32>(x_0)) + dot4I8Packed(x_0, v8);
}
