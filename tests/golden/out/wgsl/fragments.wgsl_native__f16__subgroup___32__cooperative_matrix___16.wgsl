enable f16;
enable wgpu_cooperative_matrix;
struct Scalars {
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f16>;
@group(0) @binding(1) var<storage, read> b: array<f16>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> scalars: Scalars;

@compute @workgroup_size(32, 1, 1)
fn fragments(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var fragment_0 = coop_mat16x16<f16, A>();
    var fragment_1 = coop_mat16x16<f16, B>();
    var fragment_2 = coop_mat16x16<f32, C>();
    fragment_2 = coop_mat16x16<f32, C>();
    fragment_0 = coopLoadT<coop_mat16x16<f16, A>>(&a[0u], 16u);
    fragment_1 = coopLoad<coop_mat16x16<f16, B>>(&b[0u], 16u);
    fragment_2 = coopMultiplyAdd(fragment_0, fragment_1, fragment_2);
    fragment_2 = fragment_2 * 0.5f;
    fragment_2 = coopMultiplyAdd(fragment_0, fragment_1, fragment_2);
    let result_0 = fragment_2;
    let stride_0 = 16u;
    coopStoreT(result_0, &y[0u], stride_0);
}
