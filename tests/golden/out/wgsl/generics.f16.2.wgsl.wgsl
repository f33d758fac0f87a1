struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

// IEEE binary16 bits to f32, exactly: integer arithmetic, since unpack2x16float may flush subnormals.
fn f16_to_f32(bits: u32) -> f32 {
    let sign = (bits & 0x8000u) << 16u;
    let body = bits & 0x7fffu;
    let normal = (body << 13u) + select(0x38000000u, 0x70000000u, body >= 0x7c00u);
    // A subnormal is body * 2^-24: a product of normal numbers.
    let tiny = bitcast<u32>(f32(body) * 0x1p-24f);
    return bitcast<f32>(select(normal, tiny, body < 0x400u) | sign);
}

@compute @workgroup_size(32, 1, 1)
fn generics(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var sum: f32;
    let v0 = block * 32u + thread.x;
    if (v0 < scalars.n) {
        let x_0 = x[(v0 * 2u) >> 1u];
        let v1 = f16_to_f32(x_0 & 0xffffu);
        let v2 = f16_to_f32(x_0 >> 16u);
        sum = 0.0f;
        sum = sum + v1 * v1;
        sum = sum + v2 * v2;
        y[v0] = sum * 3.0f + 2.0f;
    }
}
