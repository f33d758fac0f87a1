//! [`Expected`]: some elements of a result, in f64, and how far a kernel may be from each.

use half::bf16;

use crate::Agreement;

/// Half a unit in the last place of bf16, relative.
const HALF_UNIT: f64 = 1.0 / 256.0;

/// Elements that both sides are compared with.
#[derive(Debug, Clone, Default)]
pub(super) struct Expected {
    /// Their places in the result, of all buffers one after the other.
    pub places: Vec<u64>,
    values: Vec<f64>,
    tolerances: Vec<f64>,
}

impl Expected {
    /// Adds an element.
    pub fn add(&mut self, place: u64, value: f64, tolerance: f64) {
        self.places.push(place);
        self.values.push(value);
        self.tolerances.push(tolerance);
    }

    /// Adds a row, whose first element is at `place`.
    pub fn add_row(&mut self, place: u64, row: &Row) {
        for (at, (value, tolerance)) in (place..).zip(row.values.iter().zip(&row.tolerances)) {
            self.add(at, *value, *tolerance);
        }
    }

    /// Moves an element to where nothing is near it.
    #[cfg(test)]
    pub fn displace(&mut self) {
        if let Some(value) = self.values.last_mut() {
            *value += 1e3;
        }
    }

    /// A whole result's elements at [`Expected::places`]; what lies beyond it is left out.
    pub fn sample<T: Copy>(&self, all: &[T], number: impl Fn(T) -> f64) -> Vec<f64> {
        let at = |place: &u64| usize::try_from(*place).ok().and_then(|place| all.get(place));
        self.places.iter().filter_map(at).map(|x| number(*x)).collect()
    }

    /// Compares what a side has at [`Expected::places`].
    pub fn compare(&self, found: &[f64]) -> Agreement {
        let mut worst = Agreement::default();
        if found.len() != self.values.len() {
            worst.lengths("the sample", found.len(), self.values.len());
            return worst;
        }
        let allowed = self.values.iter().zip(&self.tolerances);
        for ((place, found), (expected, tolerance)) in self.places.iter().zip(found).zip(allowed) {
            worst.add_element("result", *place, *found, *expected, *tolerance);
        }
        worst
    }
}

/// A row of attention.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub values: Vec<f64>,
    tolerances: Vec<f64>,
    /// The logarithm of the sum of its weights.
    pub lse: f64,
}

impl Row {
    /// `softmax(scale * q k^T) v` over the keys that `keys` gives, in f64. Vaswani et al. 2017, equation 1.
    ///
    /// Kernels round weights to bf16, and the result. Roundings of weights are as good as random: a sum of
    /// their products with values is off by the root of the products' squares times half a unit, and six
    /// times that is never seen. The result's own rounding is half a unit of it. Scores, summed in f32, are
    /// off by far less than either: 2^-16 of the mean size of a value covers them.
    pub fn attention<'d>(
        q: &[bf16],
        keys: impl Iterator<Item = &'d [bf16]>,
        values: impl Iterator<Item = &'d [bf16]>,
    ) -> Row {
        let scale = 1.0 / (q.len() as f64).sqrt();
        let q: Vec<f64> = q.iter().map(|x| x.to_f64()).collect();
        let dot = |key: &[bf16]| q.iter().zip(key).map(|(q, k)| q * k.to_f64()).sum::<f64>();
        let scores: Vec<f64> = keys.map(|key| dot(key) * scale).collect();
        let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = scores.iter().map(|score| (score - best).exp()).collect();
        let total: f64 = weights.iter().sum();
        let mut sums = vec![[0.0; 3]; q.len()];
        for (weight, value) in weights.iter().zip(values) {
            for (sum, value) in sums.iter_mut().zip(value) {
                let product = weight / total * value.to_f64();
                *sum = [sum[0] + product, sum[1] + product * product, sum[2] + product.abs()];
            }
        }
        let tolerance = |[mean, squares, sizes]: [f64; 3]| {
            HALF_UNIT * (mean.abs() + 6.0 * squares.sqrt()) + sizes / 65536.0
        };
        Row {
            values: sums.iter().map(|sum| sum[0]).collect(),
            tolerances: sums.iter().map(|sum| tolerance(*sum)).collect(),
            lse: total.ln() + best,
        }
    }
}

/// A sum of products and how far it may be off: half a unit for its rounding to bf16, and what matrix units
/// cut off in f32 with each of the terms, a unit of a partial sum that stays within twice the root of
/// the products' squares.
pub(super) fn product(x: &[bf16], w: &[bf16]) -> (f64, f64) {
    let products = x.iter().zip(w).map(|(x, w)| x.to_f64() * w.to_f64());
    let (sum, squares) =
        products.fold((0.0, 0.0), |(sum, squares), p: f64| (sum + p, squares + p * p));
    let cut = x.len() as f64 * f64::from(f32::EPSILON) * 2.0 * f64::sqrt(squares);
    (sum, HALF_UNIT * f64::abs(sum) + cut)
}

#[cfg(test)]
mod tests {
    use super::{Expected, Row, product};
    use half::bf16;

    fn numbers(values: &[f32]) -> Vec<bf16> {
        values.iter().map(|x| bf16::from_f32(*x)).collect()
    }

    #[test]
    fn a_row_is_the_weighted_mean() {
        let (q, keys) = (numbers(&[2.0, 0.0, 0.0, 0.0]), numbers(&[1.0, 0.0, 0.0, 0.0]));
        let rows = [keys.as_slice(), &[bf16::ZERO; 4]];
        let (one, three) = (numbers(&[1.0; 4]), numbers(&[3.0; 4]));
        let row = Row::attention(&q, rows.into_iter(), [&*one, &*three].into_iter());
        // Scores 1 and 0.
        let e = 1.0f64.exp();
        assert!((row.values[0] - (e + 3.0) / (e + 1.0)).abs() < 1e-12);
        assert!((row.lse - (e + 1.0).ln()).abs() < 1e-12);
    }

    #[test]
    fn rounding_passes_and_a_missing_key_does_not() {
        let tensor = |seed| crate::rivals::inputs::tensor(256 * 64, seed);
        let (q, k, v) = (tensor(1), tensor(2), tensor(3));
        let rows = |x: &'static [bf16], count| x.chunks(64).take(count);
        let (k, v): (&'static [bf16], &'static [bf16]) = (k.leak(), v.leak());
        let whole = Row::attention(&q[..64], rows(k, 256), rows(v, 256));
        let short = Row::attention(&q[..64], rows(k, 192), rows(v, 192));
        let mut expected = Expected::default();
        expected.add_row(64, &whole);
        let rounded: Vec<f64> = whole.values.iter().map(|x| bf16::from_f64(*x).to_f64()).collect();
        assert!(expected.compare(&rounded).passed());
        let worst = expected.compare(&short.values);
        assert!(!worst.passed() && worst.place.starts_with("result["), "{worst:?}");
        assert!(!expected.compare(&rounded[1..]).passed());
    }

    #[test]
    fn a_product_in_f32_passes_and_one_without_a_step_does_not() {
        let tensor = |seed| crate::rivals::inputs::tensor(4096, seed);
        let (x, w) = (tensor(1), tensor(2));
        let (sum, tolerance) = product(&x, &w);
        let f32_sum: f32 = x.iter().zip(&w).map(|(x, w)| x.to_f32() * w.to_f32()).sum();
        let rounded = bf16::from_f32(f32_sum).to_f64();
        assert!((rounded - sum).abs() <= tolerance, "{rounded}, {sum}, {tolerance}");
        let (short, _) = product(&x[16..], &w[16..]);
        assert!((short - sum).abs() > tolerance, "{short}, {sum}, {tolerance}");
    }
}
