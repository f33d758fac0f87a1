struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

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
        let x_0 = x[(v0 * 4u) >> 2u];
        let v1 = bitcast<f32>((x_0.x & 0xffffu) << 16u);
        let v2 = bitcast<f32>(x_0.x & 0xffff0000u);
        let v3 = bitcast<f32>((x_0.y & 0xffffu) << 16u);
        let v4 = bitcast<f32>(x_0.y & 0xffff0000u);
        sum = 0.0f;
        sum = sum + v1 * v1;
        sum = sum + v2 * v2;
        sum = sum + v3 * v3;
        sum = sum + v4 * v4;
        y[v0] = sum * 5.0f + 2.0f;
    }
}
