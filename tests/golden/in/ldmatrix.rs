//! `ldmatrix`: four 8 x 8 matrices of 16-bit elements, as they are or transposed.

#[kernel(
    shapes(x: [16, 16], y: [32, 4]),
    grid = 1,
    threads = 32,
    values(TRANSPOSED = [false, true]),
    targets = [sm_80, sm_90a],
)]
fn ldmatrix_words<const TRANSPOSED: bool>(x: &[u16], y: &mut [u32]) {
    let tile = shared::<u16, 256>();
    let lane = lane_id();
    let v: [u16; 8] = x.load(lane * 8);
    tile.store(lane * 8, v);
    barrier();
    let row = (lane % 16) * 16 + lane / 16 * 8;
    let words = if TRANSPOSED { ldmatrix_trans::<4>(tile, row) } else { ldmatrix::<4>(tile, row) };
    y.store(lane * 4, words);
}
