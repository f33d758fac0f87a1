//! Tensors that the launcher turns into tensor maps: one by its shape, one through a view with a third
//! axis of eight columns each.

#[kernel(
    shapes(x: [rows, cols], y: [rows, cols]),
    when(cols % 16 == 0 && rows % 4 == 0),
    grid = (rows / 4, cols / 16, 1),
    threads = 64,
    tensor_map(x, tile = [16, 4], swizzle = none),
    tensor_map(y, tile = [8, 4, 2], dims = [8, rows, cols / 8], strides = [cols, 8], swizzle = b32),
    targets = [sm_90a],
)]
fn tensor_of(x: &TensorMap<f32>, y: &mut TensorMap<f32>, rows: u32, cols: u32) {
    let read = shared_aligned::<f32, 64, 128>();
    let written = shared_aligned::<f32, 64, 1024>();
    let bars = shared::<u64, 1>();
    let (row, col) = (block_id() * 4, block_id_y() * 16);
    if thread_id() == 0 {
        mbarrier_init(bars, 0, 1);
        fence_mbarrier_init();
        mbarrier_expect(bars, 0, 256);
        x.load(read, 0, bars, 0, (col, row));
    }
    barrier();
    mbarrier_wait(bars, 0, 0);
    // Row r, column c of the box: 32-byte rows of eight columns, the halves of which trade places by
    // the 128-byte line.
    let (r, c) = (thread_id() / 16, thread_id() % 16);
    let line = c / 8 * 4 + r;
    let at = line * 8 + (c % 8 / 4 ^ line / 4 % 2) * 4 + c % 4;
    written[at] = read[thread_id()] * 2.0;
    fence_proxy_async();
    barrier();
    if thread_id() == 0 {
        y.store(written, 0, (0, row, col / 8));
        bulk_commit();
        bulk_wait::<0>();
    }
}
