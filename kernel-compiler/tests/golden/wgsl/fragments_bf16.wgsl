struct Scalars {
    depth: u32,
    width: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<uniform> scalars: Scalars;

fn load_a8_rows_a(fragment: ptr<function, array<f32, 8>>, first: u32, stride: u32, lane: u32) {
    let start = first + (lane / 4u * 1u) * stride + 0u;
    (*fragment)[0] = read_a(start + 0u * stride + 0u);
    (*fragment)[1] = read_a(start + 0u * stride + 1u);
    (*fragment)[2] = read_a(start + 0u * stride + 2u);
    (*fragment)[3] = read_a(start + 0u * stride + 3u);
    (*fragment)[4] = read_a(start + 0u * stride + 4u);
    (*fragment)[5] = read_a(start + 0u * stride + 5u);
    (*fragment)[6] = read_a(start + 0u * stride + 6u);
    (*fragment)[7] = read_a(start + 0u * stride + 7u);
}

fn load_b8_columns_b(fragment: ptr<function, array<f32, 16>>, first: u32, stride: u32, lane: u32) {
    let start = first + (lane % 4u * 2u) * stride + 0u;
    (*fragment)[0] = read_b(start + 0u * stride + 0u);
    (*fragment)[1] = read_b(start + 1u * stride + 0u);
    (*fragment)[2] = read_b(start + 0u * stride + 1u);
    (*fragment)[3] = read_b(start + 1u * stride + 1u);
    (*fragment)[4] = read_b(start + 0u * stride + 2u);
    (*fragment)[5] = read_b(start + 1u * stride + 2u);
    (*fragment)[6] = read_b(start + 0u * stride + 3u);
    (*fragment)[7] = read_b(start + 1u * stride + 3u);
    (*fragment)[8] = read_b(start + 0u * stride + 4u);
    (*fragment)[9] = read_b(start + 1u * stride + 4u);
    (*fragment)[10] = read_b(start + 0u * stride + 5u);
    (*fragment)[11] = read_b(start + 1u * stride + 5u);
    (*fragment)[12] = read_b(start + 0u * stride + 6u);
    (*fragment)[13] = read_b(start + 1u * stride + 6u);
    (*fragment)[14] = read_b(start + 0u * stride + 7u);
    (*fragment)[15] = read_b(start + 1u * stride + 7u);
}

fn multiply_add_8(a: ptr<function, array<f32, 8>>, b: ptr<function, array<f32, 16>>, c: ptr<function, array<f32, 2>>) {
    var sum_0 = (*c)[0];
    sum_0 = fma((*a)[0], (*b)[0], sum_0);
    sum_0 = fma((*a)[1], (*b)[2], sum_0);
    sum_0 = fma((*a)[2], (*b)[4], sum_0);
    sum_0 = fma((*a)[3], (*b)[6], sum_0);
    sum_0 = fma((*a)[4], (*b)[8], sum_0);
    sum_0 = fma((*a)[5], (*b)[10], sum_0);
    sum_0 = fma((*a)[6], (*b)[12], sum_0);
    sum_0 = fma((*a)[7], (*b)[14], sum_0);
    (*c)[0] = sum_0;
    var sum_1 = (*c)[1];
    sum_1 = fma((*a)[0], (*b)[1], sum_1);
    sum_1 = fma((*a)[1], (*b)[3], sum_1);
    sum_1 = fma((*a)[2], (*b)[5], sum_1);
    sum_1 = fma((*a)[3], (*b)[7], sum_1);
    sum_1 = fma((*a)[4], (*b)[9], sum_1);
    sum_1 = fma((*a)[5], (*b)[11], sum_1);
    sum_1 = fma((*a)[6], (*b)[13], sum_1);
    sum_1 = fma((*a)[7], (*b)[15], sum_1);
    (*c)[1] = sum_1;
}

fn read_a(i: u32) -> f32 {
    return bitcast<f32>(((a[i >> 1u] >> ((i & 1u) * 16u)) & 0xffffu) << 16u);
}

fn read_b(i: u32) -> f32 {
    return bitcast<f32>(((b[i >> 1u] >> ((i & 1u) * 16u)) & 0xffffu) << 16u);
}

fn store_c8_rows_c(fragment: ptr<function, array<f32, 2>>, first: u32, stride: u32, lane: u32) {
    let start = first + (lane / 4u * 1u) * stride + lane % 4u * 2u;
    c[start + 0u * stride + 0u] = (*fragment)[0];
    c[start + 0u * stride + 1u] = (*fragment)[1];
}

@compute @workgroup_size(32, 1, 1)
fn matrix_product(
    @builtin(local_invocation_index) thread_index: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var fragment_0: array<f32, 8>;
    var fragment_1: array<f32, 16>;
    var fragment_2: array<f32, 2>;
    let v0 = block * 8u;
    let v1 = v0 * scalars.depth;
    fragment_2 = array<f32, 2>();
    for (var i0 = 0u; i0 < scalars.depth; i0 = select(scalars.depth, i0 + 8u, (scalars.depth - i0 > 8u))) {
        let v2 = v1 + i0;
        load_a8_rows_a(&fragment_0, v2, scalars.depth, thread_index % 32u);
        load_b8_columns_b(&fragment_1, i0, scalars.depth, thread_index % 32u);
        multiply_add_8(&fragment_0, &fragment_1, &fragment_2);
    }
    fragment_2[0] *= 0.5f;
    fragment_2[1] *= 0.5f;
    let v3 = v0 * scalars.width;
    store_c8_rows_c(&fragment_2, v3, scalars.width, thread_index % 32u);
}
