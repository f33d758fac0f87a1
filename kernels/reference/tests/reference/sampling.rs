use tilewright_kernels_reference::sampling::philox4x32_10;
use tilewright_kernels_reference::{argmax, sample};

const COLS: u32 = 1000;

/// Steps of 1/64 in -8..8, so that there are ties.
fn logits(row: u32) -> Vec<f32> {
    let word = |c| philox4x32_10([c, row, 0, 0], [7, 0])[0];
    (0..COLS).map(|c| (word(c) % 1024) as f32 / 64.0 - 8.0).collect()
}

/// Parameters of [`sample`] for one row.
fn params(filters: [f32; 4], seed: u64, position: u32) -> [f32; 8] {
    let [temperature, top_k, top_p, min_p] = filters;
    let [low, high, position] = [seed as u32, (seed >> 32) as u32, position].map(f32::from_bits);
    [temperature, top_k, top_p, min_p, low, high, position, 0.0]
}

/// What the model's sampling chain on the host draws from `logits(case)` at positions 0, 977, ...
const DRAWN: [([f32; 4], u64, [u32; 8]); 7] = [
    ([0.8, 40.0, 0.95, 0.05], 0x0, [907, 63, 91, 768, 248, 689, 811, 340]),
    ([1.0, 0.0, 1.0, 0.0], 0x1, [132, 275, 586, 903, 818, 184, 651, 574]),
    ([1.5, 0.0, 0.9, 0.0], 0x123456789abcdef0, [275, 174, 736, 276, 72, 458, 273, 128]),
    ([2.0, 7.0, 1.0, 0.0], 0xffffffffffffffff, [274, 524, 979, 940, 940, 738, 524, 524]),
    ([0.3, 0.0, 1.0, 0.2], 0x2a, [410, 877, 397, 317, 939, 104, 208, 211]),
    ([0.0, 3.0, 0.5, 0.5], 0x9, [61, 61, 61, 61, 61, 61, 61, 61]),
    ([4.0, 100.0, 0.99, 0.01], 0x5, [74, 525, 689, 954, 185, 240, 877, 953]),
];

#[test]
fn the_draws_are_those_of_the_host() {
    for (case, (filters, seed, expected)) in DRAWN.into_iter().enumerate() {
        let logits = logits(case as u32).repeat(8);
        let params: Vec<f32> = (0..8).flat_map(|i| params(filters, seed, i * 977)).collect();
        let mut out = [u32::MAX; 8];
        sample(&logits, &params, &mut out, 8, COLS);
        assert_eq!(out, expected, "case {case}");
    }
}

#[test]
fn a_draw_follows_the_distribution() {
    // Probabilities 1/2, 1/4, 1/8, 1/8.
    let row = [0.5f32, 0.25, 0.125, 0.125].map(f32::ln);
    let rows = 8192;
    let params: Vec<f32> = (0..rows).flat_map(|i| params([1.0, 0.0, 1.0, 0.0], 3, i)).collect();
    let mut out = vec![0; rows as usize];
    sample(&row.repeat(rows as usize), &params, &mut out, rows, 4);
    for (id, expected) in [4096.0f64, 2048.0, 1024.0, 1024.0].into_iter().enumerate() {
        let found = out.iter().filter(|drawn| **drawn == id as u32).count() as f64;
        // Four standard deviations of a binomial distribution.
        let deviation = (expected * (1.0 - expected / f64::from(rows))).sqrt();
        assert!((found - expected).abs() < 4.0 * deviation, "{id}: {found}");
    }
}

#[test]
fn the_filters_cut_the_tail() {
    let row = [0.0f32, 3.0, 1.0, 2.0];
    let all = |filters: [f32; 4]| {
        let params: Vec<f32> = (0..500).flat_map(|i| params(filters, 11, i)).collect();
        let mut out = vec![9; 500];
        sample(&row.repeat(500), &params, &mut out, 500, 4);
        out.sort_unstable();
        out.dedup();
        out
    };
    assert_eq!(all([2.0, 0.0, 1.0, 0.0]), [0, 1, 2, 3]);
    assert_eq!(all([2.0, 2.0, 1.0, 0.0]), [1, 3]);
    // Weights 1, e^-0.5, e^-1, e^-1.5: the first two have 0.73 of the sum.
    assert_eq!(all([2.0, 0.0, 0.7, 0.0]), [1, 3]);
    assert_eq!(all([2.0, 0.0, 1.0, 0.3]), [1, 2, 3]);
    assert_eq!(all([0.0, 0.0, 1.0, 0.0]), [1]);
    assert_eq!(all([2.0, 1.0, 1.0, 0.0]), [1]);
}

#[test]
fn the_lowest_id_wins_ties() {
    let mut out = [9; 3];
    argmax(&[1.0, 5.0, 5.0, -1.0, -1.0, -2.0, f32::NEG_INFINITY, -3.0e38, -3.0e38], &mut out, 3, 3);
    assert_eq!(out, [1, 0, 1]);
}
