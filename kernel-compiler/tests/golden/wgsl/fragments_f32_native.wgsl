struct Scalars {
    depth: u32,
    width: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<uniform> scalars: Scalars;

fn load_a16_rows_a(fragment: ptr<function, array<f32, 64>>, first: u32, stride: u32, lane: u32) {
    let start = first + (lane / 8u * 4u) * stride + 0u;
    (*fragment)[0] = read_a(start + 0u * stride + 0u);
    (*fragment)[1] = read_a(start + 0u * stride + 1u);
    (*fragment)[2] = read_a(start + 0u * stride + 2u);
    (*fragment)[3] = read_a(start + 0u * stride + 3u);
    (*fragment)[4] = read_a(start + 0u * stride + 4u);
    (*fragment)[5] = read_a(start + 0u * stride + 5u);
    (*fragment)[6] = read_a(start + 0u * stride + 6u);
    (*fragment)[7] = read_a(start + 0u * stride + 7u);
    (*fragment)[8] = read_a(start + 0u * stride + 8u);
    (*fragment)[9] = read_a(start + 0u * stride + 9u);
    (*fragment)[10] = read_a(start + 0u * stride + 10u);
    (*fragment)[11] = read_a(start + 0u * stride + 11u);
    (*fragment)[12] = read_a(start + 0u * stride + 12u);
    (*fragment)[13] = read_a(start + 0u * stride + 13u);
    (*fragment)[14] = read_a(start + 0u * stride + 14u);
    (*fragment)[15] = read_a(start + 0u * stride + 15u);
    (*fragment)[16] = read_a(start + 1u * stride + 0u);
    (*fragment)[17] = read_a(start + 1u * stride + 1u);
    (*fragment)[18] = read_a(start + 1u * stride + 2u);
    (*fragment)[19] = read_a(start + 1u * stride + 3u);
    (*fragment)[20] = read_a(start + 1u * stride + 4u);
    (*fragment)[21] = read_a(start + 1u * stride + 5u);
    (*fragment)[22] = read_a(start + 1u * stride + 6u);
    (*fragment)[23] = read_a(start + 1u * stride + 7u);
    (*fragment)[24] = read_a(start + 1u * stride + 8u);
    (*fragment)[25] = read_a(start + 1u * stride + 9u);
    (*fragment)[26] = read_a(start + 1u * stride + 10u);
    (*fragment)[27] = read_a(start + 1u * stride + 11u);
    (*fragment)[28] = read_a(start + 1u * stride + 12u);
    (*fragment)[29] = read_a(start + 1u * stride + 13u);
    (*fragment)[30] = read_a(start + 1u * stride + 14u);
    (*fragment)[31] = read_a(start + 1u * stride + 15u);
    (*fragment)[32] = read_a(start + 2u * stride + 0u);
    (*fragment)[33] = read_a(start + 2u * stride + 1u);
    (*fragment)[34] = read_a(start + 2u * stride + 2u);
    (*fragment)[35] = read_a(start + 2u * stride + 3u);
    (*fragment)[36] = read_a(start + 2u * stride + 4u);
    (*fragment)[37] = read_a(start + 2u * stride + 5u);
    (*fragment)[38] = read_a(start + 2u * stride + 6u);
    (*fragment)[39] = read_a(start + 2u * stride + 7u);
    (*fragment)[40] = read_a(start + 2u * stride + 8u);
    (*fragment)[41] = read_a(start + 2u * stride + 9u);
    (*fragment)[42] = read_a(start + 2u * stride + 10u);
    (*fragment)[43] = read_a(start + 2u * stride + 11u);
    (*fragment)[44] = read_a(start + 2u * stride + 12u);
    (*fragment)[45] = read_a(start + 2u * stride + 13u);
    (*fragment)[46] = read_a(start + 2u * stride + 14u);
    (*fragment)[47] = read_a(start + 2u * stride + 15u);
    (*fragment)[48] = read_a(start + 3u * stride + 0u);
    (*fragment)[49] = read_a(start + 3u * stride + 1u);
    (*fragment)[50] = read_a(start + 3u * stride + 2u);
    (*fragment)[51] = read_a(start + 3u * stride + 3u);
    (*fragment)[52] = read_a(start + 3u * stride + 4u);
    (*fragment)[53] = read_a(start + 3u * stride + 5u);
    (*fragment)[54] = read_a(start + 3u * stride + 6u);
    (*fragment)[55] = read_a(start + 3u * stride + 7u);
    (*fragment)[56] = read_a(start + 3u * stride + 8u);
    (*fragment)[57] = read_a(start + 3u * stride + 9u);
    (*fragment)[58] = read_a(start + 3u * stride + 10u);
    (*fragment)[59] = read_a(start + 3u * stride + 11u);
    (*fragment)[60] = read_a(start + 3u * stride + 12u);
    (*fragment)[61] = read_a(start + 3u * stride + 13u);
    (*fragment)[62] = read_a(start + 3u * stride + 14u);
    (*fragment)[63] = read_a(start + 3u * stride + 15u);
}

fn load_b16_columns_b(fragment: ptr<function, array<f32, 32>>, first: u32, stride: u32, lane: u32) {
    let start = first + (lane % 8u * 2u) * stride + 0u;
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
    (*fragment)[16] = read_b(start + 0u * stride + 8u);
    (*fragment)[17] = read_b(start + 1u * stride + 8u);
    (*fragment)[18] = read_b(start + 0u * stride + 9u);
    (*fragment)[19] = read_b(start + 1u * stride + 9u);
    (*fragment)[20] = read_b(start + 0u * stride + 10u);
    (*fragment)[21] = read_b(start + 1u * stride + 10u);
    (*fragment)[22] = read_b(start + 0u * stride + 11u);
    (*fragment)[23] = read_b(start + 1u * stride + 11u);
    (*fragment)[24] = read_b(start + 0u * stride + 12u);
    (*fragment)[25] = read_b(start + 1u * stride + 12u);
    (*fragment)[26] = read_b(start + 0u * stride + 13u);
    (*fragment)[27] = read_b(start + 1u * stride + 13u);
    (*fragment)[28] = read_b(start + 0u * stride + 14u);
    (*fragment)[29] = read_b(start + 1u * stride + 14u);
    (*fragment)[30] = read_b(start + 0u * stride + 15u);
    (*fragment)[31] = read_b(start + 1u * stride + 15u);
}

fn multiply_add_16(a: ptr<function, array<f32, 64>>, b: ptr<function, array<f32, 32>>, c: ptr<function, array<f32, 8>>) {
    var sum_0 = (*c)[0];
    sum_0 = fma((*a)[0], (*b)[0], sum_0);
    sum_0 = fma((*a)[1], (*b)[2], sum_0);
    sum_0 = fma((*a)[2], (*b)[4], sum_0);
    sum_0 = fma((*a)[3], (*b)[6], sum_0);
    sum_0 = fma((*a)[4], (*b)[8], sum_0);
    sum_0 = fma((*a)[5], (*b)[10], sum_0);
    sum_0 = fma((*a)[6], (*b)[12], sum_0);
    sum_0 = fma((*a)[7], (*b)[14], sum_0);
    sum_0 = fma((*a)[8], (*b)[16], sum_0);
    sum_0 = fma((*a)[9], (*b)[18], sum_0);
    sum_0 = fma((*a)[10], (*b)[20], sum_0);
    sum_0 = fma((*a)[11], (*b)[22], sum_0);
    sum_0 = fma((*a)[12], (*b)[24], sum_0);
    sum_0 = fma((*a)[13], (*b)[26], sum_0);
    sum_0 = fma((*a)[14], (*b)[28], sum_0);
    sum_0 = fma((*a)[15], (*b)[30], sum_0);
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
    sum_1 = fma((*a)[8], (*b)[17], sum_1);
    sum_1 = fma((*a)[9], (*b)[19], sum_1);
    sum_1 = fma((*a)[10], (*b)[21], sum_1);
    sum_1 = fma((*a)[11], (*b)[23], sum_1);
    sum_1 = fma((*a)[12], (*b)[25], sum_1);
    sum_1 = fma((*a)[13], (*b)[27], sum_1);
    sum_1 = fma((*a)[14], (*b)[29], sum_1);
    sum_1 = fma((*a)[15], (*b)[31], sum_1);
    (*c)[1] = sum_1;
    var sum_2 = (*c)[2];
    sum_2 = fma((*a)[16], (*b)[0], sum_2);
    sum_2 = fma((*a)[17], (*b)[2], sum_2);
    sum_2 = fma((*a)[18], (*b)[4], sum_2);
    sum_2 = fma((*a)[19], (*b)[6], sum_2);
    sum_2 = fma((*a)[20], (*b)[8], sum_2);
    sum_2 = fma((*a)[21], (*b)[10], sum_2);
    sum_2 = fma((*a)[22], (*b)[12], sum_2);
    sum_2 = fma((*a)[23], (*b)[14], sum_2);
    sum_2 = fma((*a)[24], (*b)[16], sum_2);
    sum_2 = fma((*a)[25], (*b)[18], sum_2);
    sum_2 = fma((*a)[26], (*b)[20], sum_2);
    sum_2 = fma((*a)[27], (*b)[22], sum_2);
    sum_2 = fma((*a)[28], (*b)[24], sum_2);
    sum_2 = fma((*a)[29], (*b)[26], sum_2);
    sum_2 = fma((*a)[30], (*b)[28], sum_2);
    sum_2 = fma((*a)[31], (*b)[30], sum_2);
    (*c)[2] = sum_2;
    var sum_3 = (*c)[3];
    sum_3 = fma((*a)[16], (*b)[1], sum_3);
    sum_3 = fma((*a)[17], (*b)[3], sum_3);
    sum_3 = fma((*a)[18], (*b)[5], sum_3);
    sum_3 = fma((*a)[19], (*b)[7], sum_3);
    sum_3 = fma((*a)[20], (*b)[9], sum_3);
    sum_3 = fma((*a)[21], (*b)[11], sum_3);
    sum_3 = fma((*a)[22], (*b)[13], sum_3);
    sum_3 = fma((*a)[23], (*b)[15], sum_3);
    sum_3 = fma((*a)[24], (*b)[17], sum_3);
    sum_3 = fma((*a)[25], (*b)[19], sum_3);
    sum_3 = fma((*a)[26], (*b)[21], sum_3);
    sum_3 = fma((*a)[27], (*b)[23], sum_3);
    sum_3 = fma((*a)[28], (*b)[25], sum_3);
    sum_3 = fma((*a)[29], (*b)[27], sum_3);
    sum_3 = fma((*a)[30], (*b)[29], sum_3);
    sum_3 = fma((*a)[31], (*b)[31], sum_3);
    (*c)[3] = sum_3;
    var sum_4 = (*c)[4];
    sum_4 = fma((*a)[32], (*b)[0], sum_4);
    sum_4 = fma((*a)[33], (*b)[2], sum_4);
    sum_4 = fma((*a)[34], (*b)[4], sum_4);
    sum_4 = fma((*a)[35], (*b)[6], sum_4);
    sum_4 = fma((*a)[36], (*b)[8], sum_4);
    sum_4 = fma((*a)[37], (*b)[10], sum_4);
    sum_4 = fma((*a)[38], (*b)[12], sum_4);
    sum_4 = fma((*a)[39], (*b)[14], sum_4);
    sum_4 = fma((*a)[40], (*b)[16], sum_4);
    sum_4 = fma((*a)[41], (*b)[18], sum_4);
    sum_4 = fma((*a)[42], (*b)[20], sum_4);
    sum_4 = fma((*a)[43], (*b)[22], sum_4);
    sum_4 = fma((*a)[44], (*b)[24], sum_4);
    sum_4 = fma((*a)[45], (*b)[26], sum_4);
    sum_4 = fma((*a)[46], (*b)[28], sum_4);
    sum_4 = fma((*a)[47], (*b)[30], sum_4);
    (*c)[4] = sum_4;
    var sum_5 = (*c)[5];
    sum_5 = fma((*a)[32], (*b)[1], sum_5);
    sum_5 = fma((*a)[33], (*b)[3], sum_5);
    sum_5 = fma((*a)[34], (*b)[5], sum_5);
    sum_5 = fma((*a)[35], (*b)[7], sum_5);
    sum_5 = fma((*a)[36], (*b)[9], sum_5);
    sum_5 = fma((*a)[37], (*b)[11], sum_5);
    sum_5 = fma((*a)[38], (*b)[13], sum_5);
    sum_5 = fma((*a)[39], (*b)[15], sum_5);
    sum_5 = fma((*a)[40], (*b)[17], sum_5);
    sum_5 = fma((*a)[41], (*b)[19], sum_5);
    sum_5 = fma((*a)[42], (*b)[21], sum_5);
    sum_5 = fma((*a)[43], (*b)[23], sum_5);
    sum_5 = fma((*a)[44], (*b)[25], sum_5);
    sum_5 = fma((*a)[45], (*b)[27], sum_5);
    sum_5 = fma((*a)[46], (*b)[29], sum_5);
    sum_5 = fma((*a)[47], (*b)[31], sum_5);
    (*c)[5] = sum_5;
    var sum_6 = (*c)[6];
    sum_6 = fma((*a)[48], (*b)[0], sum_6);
    sum_6 = fma((*a)[49], (*b)[2], sum_6);
    sum_6 = fma((*a)[50], (*b)[4], sum_6);
    sum_6 = fma((*a)[51], (*b)[6], sum_6);
    sum_6 = fma((*a)[52], (*b)[8], sum_6);
    sum_6 = fma((*a)[53], (*b)[10], sum_6);
    sum_6 = fma((*a)[54], (*b)[12], sum_6);
    sum_6 = fma((*a)[55], (*b)[14], sum_6);
    sum_6 = fma((*a)[56], (*b)[16], sum_6);
    sum_6 = fma((*a)[57], (*b)[18], sum_6);
    sum_6 = fma((*a)[58], (*b)[20], sum_6);
    sum_6 = fma((*a)[59], (*b)[22], sum_6);
    sum_6 = fma((*a)[60], (*b)[24], sum_6);
    sum_6 = fma((*a)[61], (*b)[26], sum_6);
    sum_6 = fma((*a)[62], (*b)[28], sum_6);
    sum_6 = fma((*a)[63], (*b)[30], sum_6);
    (*c)[6] = sum_6;
    var sum_7 = (*c)[7];
    sum_7 = fma((*a)[48], (*b)[1], sum_7);
    sum_7 = fma((*a)[49], (*b)[3], sum_7);
    sum_7 = fma((*a)[50], (*b)[5], sum_7);
    sum_7 = fma((*a)[51], (*b)[7], sum_7);
    sum_7 = fma((*a)[52], (*b)[9], sum_7);
    sum_7 = fma((*a)[53], (*b)[11], sum_7);
    sum_7 = fma((*a)[54], (*b)[13], sum_7);
    sum_7 = fma((*a)[55], (*b)[15], sum_7);
    sum_7 = fma((*a)[56], (*b)[17], sum_7);
    sum_7 = fma((*a)[57], (*b)[19], sum_7);
    sum_7 = fma((*a)[58], (*b)[21], sum_7);
    sum_7 = fma((*a)[59], (*b)[23], sum_7);
    sum_7 = fma((*a)[60], (*b)[25], sum_7);
    sum_7 = fma((*a)[61], (*b)[27], sum_7);
    sum_7 = fma((*a)[62], (*b)[29], sum_7);
    sum_7 = fma((*a)[63], (*b)[31], sum_7);
    (*c)[7] = sum_7;
}

fn read_a(i: u32) -> f32 {
    return a[i];
}

fn read_b(i: u32) -> f32 {
    return b[i];
}

fn store_c16_rows_c(fragment: ptr<function, array<f32, 8>>, first: u32, stride: u32, lane: u32) {
    let start = first + (lane / 8u * 4u) * stride + lane % 8u * 2u;
    c[start + 0u * stride + 0u] = (*fragment)[0];
    c[start + 0u * stride + 1u] = (*fragment)[1];
    c[start + 1u * stride + 0u] = (*fragment)[2];
    c[start + 1u * stride + 1u] = (*fragment)[3];
    c[start + 2u * stride + 0u] = (*fragment)[4];
    c[start + 2u * stride + 1u] = (*fragment)[5];
    c[start + 3u * stride + 0u] = (*fragment)[6];
    c[start + 3u * stride + 1u] = (*fragment)[7];
}

@compute @workgroup_size(32, 1, 1)
fn matrix_product(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var fragment_0: array<f32, 64>;
    var fragment_1: array<f32, 32>;
    var fragment_2: array<f32, 8>;
    let v0 = block * 16u;
    let v1 = v0 * scalars.depth;
    fragment_2 = array<f32, 8>();
    for (var i0 = 0u; i0 < scalars.depth; i0 = select(scalars.depth, i0 + 16u, (scalars.depth - i0 > 16u))) {
        let v2 = v1 + i0;
        load_a16_rows_a(&fragment_0, v2, scalars.depth, lane);
        load_b16_columns_b(&fragment_1, i0, scalars.depth, lane);
        multiply_add_16(&fragment_0, &fragment_1, &fragment_2);
    }
    fragment_2[0] *= 0.5f;
    fragment_2[1] *= 0.5f;
    fragment_2[2] *= 0.5f;
    fragment_2[3] *= 0.5f;
    fragment_2[4] *= 0.5f;
    fragment_2[5] *= 0.5f;
    fragment_2[6] *= 0.5f;
    fragment_2[7] *= 0.5f;
    let v3 = v0 * scalars.width;
    store_c16_rows_c(&fragment_2, v3, scalars.width, lane);
}
