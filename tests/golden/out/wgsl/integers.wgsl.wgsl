struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> w: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
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

@compute @workgroup_size(32, 1, 1)
fn integers(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 32u + thread.x;
    if (v0 < scalars.n) {
        let x_0 = x[v0];
        let w_0 = w[v0];
        let v1 = bitcast<i32>(x_0);
        let v2 = bitcast<i32>(w_0);
        let v3 = v0 * 12u;
        y[v3] = x_0 * w_0 + (x_0 - w_0);
        y[v3 + 1u] = select(x_0 / w_0, 0u, (w_0 == 0u));
        y[v3 + 2u] = x_0 % w_0;
        y[v3 + 3u] = bitcast<u32>(select(v1 / v2, 0i, (v2 == 0i)));
        y[v3 + 4u] = bitcast<u32>(v1 % v2);
        let v4 = select(x_0 << (w_0 & 31u), 0u, (w_0 > 31u)) ^ select(x_0 >> (w_0 & 31u), 0u, (w_0 > 31u));
        y[v3 + 5u] = v4;
        y[v3 + 6u] = bitcast<u32>(v1 >> min(w_0, 31u));
        y[v3 + 7u] = mul_high_u32(x_0, w_0) + min(x_0, w_0) + max(x_0, w_0);
        let v5 = countOneBits(x_0) + countLeadingZeros(w_0) * 64u + countTrailingZeros(x_0) * 0x1000u;
        y[v3 + 8u] = v5;
        y[v3 + 9u] = reverseBits(x_0) ^ extractBits(w_0, 3u, 5u);
        let v6 = w_0 | 1u;
        let v7 = select(x_0 / v6, 0u, (v6 == 0u)) + select(0u, 1u, (x_0 % v6 != 0u));
        y[v3 + 10u] = v7 + select(9u, 7u, (v1 < v2));
        y[v3 + 11u] = bitcast<u32>(extractBits(v1, 4u, 8u));
    }
}
