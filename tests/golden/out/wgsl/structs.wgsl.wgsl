struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(64, 1, 1)
fn structs(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var pair_0_0_0: f32;
    var pair_0_0_1: f32;
    var pair_0_1: u32;
    var pair_1: f32;
    let v0 = block * 64u + thread.x;
    if (v0 < scalars.n) {
        pair_0_0_0 = 0.0f;
        pair_0_0_1 = 0.0f;
        pair_0_1 = 0u;
        pair_1 = 3.0f;
        for (var i0 = 0u; i0 < 3u; i0 += 1u) {
            let x_0 = x[v0];
            let v1 = x_0 + f32(i0);
            pair_0_0_0 = pair_0_0_0 + v1;
            pair_0_1 = pair_0_1 + 1u;
            pair_0_0_1 = pair_0_0_1 + v1 * pair_1;
            pair_0_1 = pair_0_1 + 1u;
            pair_1 = pair_1 * 2.0f;
        }
        let v2 = pair_0_0_0 / f32(pair_0_1) + pair_0_0_1 / f32(pair_0_1) + 4.0f;
        y[v0] = v2 + pair_1;
    }
}
