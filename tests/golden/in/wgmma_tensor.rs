//! Tensor copies with the 128-byte swizzle into `wgmma`, four steps of k, B also MN-major.

#[kernel(
    shapes(y: [64, 64]),
    grid = 1,
    threads = 128,
    values(B_TRANSPOSED = [false, true]),
    tensor_map(a, tile = [64, 64], swizzle = b128),
    tensor_map(b, tile = [64, 64], swizzle = b128),
    targets = [sm_90a],
)]
fn wgmma_tensor<const B_TRANSPOSED: bool>(a: &TensorMap<bf16>, b: &TensorMap<bf16>, y: &mut [f32]) {
    let left = shared_aligned::<bf16, 4096, 1024>();
    let right = shared_aligned::<bf16, 4096, 1024>();
    let bars = shared::<u64, 1>();
    if thread_id() == 0 {
        a.prefetch();
        mbarrier_init(bars, 0, 1);
        fence_mbarrier_init();
        mbarrier_expect(bars, 0, 16384);
        a.load(left, 0, bars, 0, (0, 0));
        b.load(right, 0, bars, 0, (0, 0));
    }
    barrier();
    mbarrier_wait(bars, 0, 0);
    let mut sum = [0.0f32; 32];
    wgmma_fence();
    for k in unroll(0..4) {
        let a = left.descriptor(k * 16, 16, 1024, "swizzle_128");
        if B_TRANSPOSED {
            let b = right.descriptor(k * 1024, 8192, 1024, "swizzle_128");
            wgmma::<64, bf16, bf16>(&mut sum, a, b, k > 0, "transpose_b");
        } else {
            let b = right.descriptor(k * 16, 16, 1024, "swizzle_128");
            wgmma::<64, bf16, bf16>(&mut sum, a, b, k > 0);
        }
    }
    wgmma_commit();
    wgmma_wait::<0>();
    let row = subgroup_id() * 16 + lane_id() / 4;
    for i in unroll(0..32) {
        y[(row + i / 2 % 2 * 8) * 64 + i / 4 * 8 + lane_id() % 4 * 2 + i % 2] = sum[i];
    }
}
