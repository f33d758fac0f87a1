struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(32, 1, 1)
fn captures(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var sum: u32;
    var grid_0_0: u32;
    var grid_0_1: u32;
    var grid_1_0: u32;
    var grid_1_1: u32;
    let v0 = block * 32u + thread.x;
    if (v0 < scalars.n) {
        sum = 0u;
        grid_0_0 = 0u;
        grid_0_1 = 0u;
        grid_1_0 = 0u;
        grid_1_1 = 0u;
        let x_0 = x[v0];
        for (var i0 = 0u; i0 < x_0; i0 += 1u) {
            sum = sum + i0;
        }
        sum = sum + 100u;
        grid_0_1 = sum;
        grid_1_0 = sum + 1u;
        y[v0] = grid_0_1 * 1000u + grid_1_0 + grid_0_0;
    }
}
