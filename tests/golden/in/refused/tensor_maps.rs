//! Tensors as tensor maps, and what their copies take.

#[kernel(
    shapes(y: [rows, 32]),
    grid = rows / 4,
    threads = 32,
    tensor_map(y, tile = [32, 4], swizzle = b128),
    targets = [sm_90a],
)]
fn stored_through_a_shared_reference(y: &TensorMap<f32>, rows: u32) {
    let tile = shared_aligned::<f32, 128, 1024>();
    y.store(tile, 0, (0, block_id() * 4));
    bulk_commit();
    bulk_wait::<0>();
}

#[kernel(
    shapes(x: [rows, 32]),
    grid = rows,
    threads = 32,
    tensor_map(x, tile = [8, 4, 1], swizzle = b32),
    targets = [sm_90a],
)]
fn box_of_other_rank(x: &TensorMap<f32>, rows: u32) {
    x.prefetch();
}

#[kernel(
    shapes(x: [rows, 32]),
    grid = rows,
    threads = 32,
    tensor_map(x, tile = [8, 4, 1], dims = [8, rows, 4], strides = [32], swizzle = b32),
    targets = [sm_90a],
)]
fn a_stride_too_few(x: &TensorMap<f32>, rows: u32) {
    x.prefetch();
}

#[kernel(shapes(x: [64]), grid = 1, threads = 32, targets = [sm_90a])]
fn hint_of_a_copy(x: &[u32]) {
    let tile = shared_aligned::<u32, 64, 128>();
    let bars = shared::<u64, 1>();
    bulk_load(tile, 0, x, 0, 256, bars, 0, "l1::evict_first");
}

#[kernel(shapes(x: [64]), grid = 2, threads = 32, cluster = 2, targets = [sm_90a])]
fn scope_of_an_arrival(x: &[u32]) {
    let bars = shared::<u64, 1>();
    mbarrier_arrive_remote(bars, 0, 1, "device");
}
