struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read_write> count: array<atomic<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(32, 1, 1)
fn compound(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    for (var i0 = 0u; i0 < 2u; i0 += 1u) {
        let old_0 = atomicAdd(&count[0u], 1u);
        let v0 = old_0 % 64u;
        let y_0 = y[v0];
        y[v0] = y_0 + 5u;
    }
}
