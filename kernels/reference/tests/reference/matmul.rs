use crate::encode::encode;
use crate::random::Random;
use tilewright_kernels_reference::formats::{self, Format, pack};
use tilewright_kernels_reference::{quantized_gather, quantized_matmul};

type Matmul = fn(&[f32], &[u32], &mut [f32], u32, u32, u32, u32, u32, u32, u32);
type Gather = fn(&[u32], &[u32], &mut [f32], u32, u32, u32, u32, u32);

fn of(format: Format) -> (Matmul, Gather) {
    macro_rules! by_format {
        ($($name:ident: $ty:ident),*) => {
            match format {
                $(Format::$name => (
                    quantized_matmul::<formats::$ty, f32>,
                    quantized_gather::<formats::$ty, f32>,
                ),)*
            }
        };
    }
    by_format!(
        F32: F32, F16: F16, Bf16: Bf16, Q4_0: Q4_0, Q4_1: Q4_1, Q5_0: Q5_0, Q5_1: Q5_1, Q8_0: Q8_0,
        Q4K: Q4_K, Q5K: Q5_K, Q6K: Q6_K
    )
}

/// (tokens, rows, columns of 256)
const SHAPES: [(usize, usize, usize); 8] =
    [(1, 1, 1), (1, 3, 2), (1, 17, 1), (1, 35, 1), (2, 5, 3), (3, 16, 1), (5, 19, 2), (17, 33, 1)];

#[test]
fn products_agree_with_f64_and_leave_the_other_columns() {
    let mut random = Random(3);
    for format in Format::ALL {
        for (tokens, n, wide) in SHAPES {
            let k = 256 * wide;
            let w = encode(format, n * k / format.weights_per_block(), &mut random);
            let packed = pack(format, n, k, &w.bytes).unwrap();
            let x = random.floats(tokens * k);
            let (column, stride) = (2, n + 5);
            let before = random.floats(tokens * stride);
            for accumulate in [0, 1] {
                let mut y = before.clone();
                let sizes = [tokens, k, stride, n, column].map(|size| size as u32);
                let [a, b, c, d, e] = sizes;
                of(format).0(&x, &packed, &mut y, a, b, c, 0, d, e, accumulate);
                for (at, (y, before)) in y.iter().zip(&before).enumerate() {
                    let (t, r) = (at / stride, (at % stride).wrapping_sub(column));
                    if r >= n {
                        assert_eq!(y.to_bits(), before.to_bits(), "column {r} was written");
                        continue;
                    }
                    let start = f64::from(*before) * f64::from(accumulate);
                    let terms = x[t * k..][..k].iter().zip(&w.weights[r * k..][..k]);
                    let terms = terms.map(|(x, w)| f64::from(*x) * w);
                    let (mut sum, mut largest) = (start, start.abs());
                    terms.for_each(|term| (sum, largest) = (sum + term, largest + term.abs()));
                    // k/8 additions per lane, each within half a unit of the sum of magnitudes;
                    // a weight itself is within two units.
                    let bound = (k as f64 / 8.0 + 16.0) * f64::from(f32::EPSILON) * largest + 1e-6;
                    assert!((f64::from(*y) - sum).abs() <= bound, "{format} {y} {sum}");
                }
            }
        }
    }
}

#[test]
fn a_token_alone_gives_the_bits_that_it_gives_among_others() {
    let mut random = Random(4);
    let (tokens, n, k) = (6, 23, 288);
    let w = encode(Format::Q4_1, n * k / 32, &mut random);
    let packed = pack(Format::Q4_1, n, k, &w.bytes).unwrap();
    let x = random.floats(tokens * k);
    let mut all = vec![0.0; tokens * n];
    let (matmul, _) = of(Format::Q4_1);
    let sizes = (k as u32, n as u32, n as u32);
    matmul(&x, &packed, &mut all, 6, sizes.0, sizes.1, 0, sizes.2, 0, 0);
    for t in 0..tokens {
        let mut one = vec![0.0; n];
        let x = &x[t * k..][..k];
        matmul(x, &packed, &mut one, 1, sizes.0, sizes.1, 0, sizes.2, 0, 0);
        let bits = |row: &[f32]| row.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&one), bits(&all[t * n..][..n]));
    }
}

#[test]
fn empty_products_write_nothing() {
    let mut y = [7.0f32; 4];
    of(Format::F32).0(&[], &[], &mut y, 0, 4, 4, 0, 4, 0, 0);
    of(Format::F32).0(&[1.0], &[], &mut y, 1, 1, 4, 0, 0, 0, 0);
    assert_eq!(y, [7.0; 4]);
}

#[test]
fn gathered_rows_are_the_tables_and_chunks_fill_in() {
    let mut random = Random(5);
    for format in Format::ALL {
        let (n, d) = (9usize, 256usize);
        let w = encode(format, n * d / format.weights_per_block(), &mut random);
        let row = w.bytes.len() / n;
        let first = pack(format, 4, d, &w.bytes[..4 * row]).unwrap();
        let second = pack(format, 5, d, &w.bytes[4 * row..]).unwrap();
        let tokens = [8u32, 0, 3, 4, 0, 9, u32::MAX];
        let mut out = vec![f32::NAN; tokens.len() * d];
        of(format).1(&tokens, &first, &mut out, 7, d as u32, 0, 4, 0);
        of(format).1(&tokens, &second, &mut out, 7, d as u32, 0, 5, 4);
        for (&token, out) in tokens.iter().zip(out.chunks_exact(d)) {
            let expected = w.weights.get(token as usize * d..).and_then(|w| w.get(..d));
            for (c, found) in out.iter().enumerate() {
                let expected = expected.map_or(0.0, |row| row[c]);
                let bound = 3.0 * f64::from(f32::EPSILON) * (expected.abs() + 6.4);
                assert!((f64::from(*found) - expected).abs() <= bound, "{format} token {token}");
            }
        }
    }
}
