struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(32, 1, 1)
fn tuples_arrays(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var state_0: u32;
    var state_1_0: u32;
    var state_1_1: u32;
    var values_0: u32;
    var values_1: u32;
    var values_2: u32;
    var values_3: u32;
    var a: u32;
    var b: u32;
    let v0 = block * 32u + thread.x;
    if (v0 < scalars.n) {
        let x_0 = x[v0];
        let v1 = x_0 % 10u;
        state_0 = x_0 / 10u;
        state_1_0 = v1;
        state_1_1 = v1 + 1u;
        state_0 = state_0 + 5u;
        state_1_1 = state_1_1 * 2u;
        values_0 = state_0;
        values_1 = state_1_0;
        values_2 = state_1_1;
        values_3 = 4u;
        for (var i0 = 0u; i0 < 2u; i0 += 1u) {
            let v2 = values_0;
            values_0 = values_1;
            values_1 = values_2;
            values_2 = values_3;
            values_3 = v2;
        }
        a = values_0;
        b = values_3;
        let v3 = a;
        a = b;
        b = v3;
        values_0 = a;
        values_3 = b;
        y[(v0 * 4u) >> 2u] = vec4<u32>(values_3, values_2, values_1, values_0 + 4u);
    }
}
