struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> bytes: array<u32>;
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

@compute @workgroup_size(64, 1, 1)
fn masked(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var joined: f32;
    let v0 = block * 64u + thread.x;
    let v1 = v0 < scalars.n;
    if (v1 & (v0 % 2u == 0u)) {
        let x_0 = x[v0];
        joined = x_0;
    } else {
        joined = -1.0f;
    }
    let v2 = joined;
    if (v1) {
        let v3 = v0 * 4u;
        let bytes_0 = bytes[v3 >> 2u];
        let bytes_1 = bytes[v3 >> 2u];
        let v4 = v2 + f32(bytes_0 & 255u) + f16_to_f32(bytes_1 & 0xffffu) + f16_to_f32(bytes_1 >> 16u);
        y[v0] = v4;
    }
}
