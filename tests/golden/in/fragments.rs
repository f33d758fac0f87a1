//! Portable matrix fragments: the tensor cores on PTX, cooperative matrices or plain code on WGSL.

#[kernel(
    shapes(a: [16, 16], b: [16, 16], y: [16, 16]),
    grid = 1,
    threads = 32,
    targets = [sm_80, sm_90a, wgsl(native, f16, subgroup = 32, cooperative_matrix = 16)],
)]
fn fragments(a: &[f16], b: &[f16], y: &mut [f32]) {
    let mut left = fragment_a::<f16, 16>();
    let mut right = fragment_b::<f16, 16>();
    let mut sum = fragment_c::<f32, 16>();
    sum.fill(0.0);
    left.load(a, 0, 16);
    right.load_transposed(b, 0, 16);
    sum.multiply_add(left, right);
    sum.scale(0.5);
    sum.multiply_add(left, right);
    sum.store(y, 0, 16);
}
