//! `stmatrix`: the way back, of one, two and four matrices.

#[kernel(
    shapes(x: [32, 4], y: [16, 16]),
    grid = 1,
    threads = 32,
    values(TRANSPOSED = [false, true]),
    targets = [sm_90a],
)]
fn stmatrix_words<const TRANSPOSED: bool>(x: &[u32], y: &mut [u16]) {
    let tile = shared::<u16, 256>();
    let lane = lane_id();
    let words: [u32; 4] = x.load(lane * 4);
    let row = (lane % 16) * 16 + lane / 16 * 8;
    if TRANSPOSED {
        stmatrix_trans(tile, row, words);
    } else {
        stmatrix(tile, (lane % 16) * 16, [words[0], words[1]]);
        stmatrix(tile, (lane % 8) * 16 + 8, [words[2]]);
        stmatrix(tile, (lane % 8) * 16 + 136, [words[3]]);
    }
    barrier();
    let v: [u16; 8] = tile.load(lane * 8);
    y.store(lane * 8, v);
}
