struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
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
        sum = 0.0f;
        sum = sum + x_0.x * x_0.x;
        sum = sum + x_0.y * x_0.y;
        sum = sum + x_0.z * x_0.z;
        sum = sum + x_0.w * x_0.w;
        y[v0] = sum * 5.0f + 4.0f;
    }
}
