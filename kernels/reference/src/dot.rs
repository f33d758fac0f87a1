//! Dot products in `f32` with eight partial sums: one order of additions, whatever runs beside.

const LANES: usize = 8;

/// `sum_i x[i] * rows[r][i]` for four rows of the length of `x`.
pub(crate) fn dot4(x: &[f32], rows: [&[f32]; 4]) -> [f32; 4] {
    let (blocks, tail) = x.as_chunks::<LANES>();
    let [(b0, t0), (b1, t1), (b2, t2), (b3, t3)] = rows.map(|row| row.as_chunks::<LANES>());
    let mut sums = [[0.0f32; LANES]; 4];
    for ((((x, w0), w1), w2), w3) in blocks.iter().zip(b0).zip(b1).zip(b2).zip(b3) {
        for lane in 0..LANES {
            sums[0][lane] += x[lane] * w0[lane];
            sums[1][lane] += x[lane] * w1[lane];
            sums[2][lane] += x[lane] * w2[lane];
            sums[3][lane] += x[lane] * w3[lane];
        }
    }
    let [s0, s1, s2, s3] = sums;
    [(s0, t0), (s1, t1), (s2, t2), (s3, t3)].map(|(sums, rest)| total(sums) + tail_sum(tail, rest))
}

/// `sum_i x[i] * w[i]`, the same bits as a row of [`dot4`].
pub(crate) fn dot(x: &[f32], w: &[f32]) -> f32 {
    let (blocks, tail) = x.as_chunks::<LANES>();
    let (others, rest) = w.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (x, w) in blocks.iter().zip(others) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * w[lane];
        }
    }
    total(sums) + tail_sum(tail, rest)
}

fn total(s: [f32; LANES]) -> f32 {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

fn tail_sum(x: &[f32], w: &[f32]) -> f32 {
    x.iter().zip(w).map(|(x, w)| x * w).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_any_length_are_exact_on_small_integers() {
        for len in 0..40 {
            let x: Vec<f32> = (0..len).map(|i| (i % 7) as f32 - 3.0).collect();
            let rows: [Vec<f32>; 4] = std::array::from_fn(|r| {
                (0..len).map(|i| ((i * (r + 2)) % 5) as f32 - 2.0).collect()
            });
            let exact = |row: &[f32]| x.iter().zip(row).map(|(a, b)| (a * b) as i64).sum::<i64>();
            let found = dot4(&x, [&rows[0], &rows[1], &rows[2], &rows[3]]);
            for (row, found) in rows.iter().zip(found) {
                assert_eq!(found, exact(row) as f32);
                assert_eq!(dot(&x, row).to_bits(), found.to_bits());
            }
        }
    }
}
