enable f16;
enable wgpu_cooperative_matrix;
struct Scalars {
    depth: u32,
    width: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f16>;
@group(0) @binding(1) var<storage, read> b: array<f16>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<uniform> scalars: Scalars;

@compute @workgroup_size(32, 1, 1)
fn matrix_product(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var fragment_0 = coop_mat16x16<f16, A>();
    var fragment_1 = coop_mat16x16<f16, B>();
    var fragment_2 = coop_mat16x16<f32, C>();
    let v0 = block * 16u;
    let v1 = v0 * scalars.depth;
    fragment_2 = coop_mat16x16<f32, C>();
    for (var i0 = 0u; i0 < scalars.depth; i0 = select(scalars.depth, i0 + 16u, (scalars.depth - i0 > 16u))) {
        let v2 = v1 + i0;
        fragment_0 = coopLoadT<coop_mat16x16<f16, A>>(&a[v2], scalars.depth);
        fragment_1 = coopLoad<coop_mat16x16<f16, B>>(&b[i0], scalars.depth);
        fragment_2 = coopMultiplyAdd(fragment_0, fragment_1, fragment_2);
    }
    fragment_2 = fragment_2 * 0.5f;
    let v3 = v0 * scalars.width;
    let result_0 = fragment_2;
    let stride_0 = scalars.width;
    coopStoreT(result_0, &c[v3], stride_0);
}
