struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> raw: array<u32, 256>;

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
fn shared_bytes(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 64u + thread.x;
    let v1 = thread.x * 16u;
    let x_0 = x[(v0 * 4u) >> 2u];
    let v2 = v1 >> 2u;
    raw[v2] = x_0.x;
    raw[v2 + 1u] = x_0.y;
    raw[v2 + 2u] = x_0.z;
    raw[v2 + 3u] = x_0.w;
    workgroupBarrier();
    let raw_0 = raw[v1 >> 2u];
    let raw_1 = raw[(v1 + 12u) >> 2u];
    let v3 = f16_to_f32((raw_0 >> ((v1 & 3u) * 8u)) & 0xffffu) + bitcast<f32>(raw_1);
    y[v0] = v3;
}
