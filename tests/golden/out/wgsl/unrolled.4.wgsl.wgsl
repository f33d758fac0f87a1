struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(32, 1, 1)
fn unrolled(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var values_0: u32;
    var values_1: u32;
    var values_2: u32;
    var values_3: u32;
    var total: u32;
    let v0 = block * 32u + thread.x;
    if (v0 < scalars.n) {
        values_0 = 0u;
        values_1 = 0u;
        values_2 = 0u;
        values_3 = 0u;
        let v1 = v0 * 4u;
        let x_0 = x[v1];
        values_0 = x_0;
        let x_1 = x[v1 + 1u];
        values_1 = x_1;
        let x_2 = x[v1 + 2u];
        values_2 = x_2;
        let x_3 = x[v1 + 3u];
        values_3 = x_3;
        total = 0u;
        total = total + values_0 * values_2;
        total = total + values_0 * values_1;
        total = total + values_0 * values_0;
        total = total + values_2 * values_3;
        total = total + values_2 * values_2;
        y[v0] = total;
    }
}
