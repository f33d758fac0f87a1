use crate::random::Random;
use half::{bf16, f16};
use tilewright_kernels_reference::{Float, attention_decode, attention_prefill};

const PAGE: usize = 64;

struct Case {
    heads: usize,
    kv_heads: usize,
    hd: usize,
    /// `[sequences, max_pages]`, shuffled pages.
    table: Vec<u32>,
    sequences: usize,
    max_pages: usize,
    pages: usize,
}

impl Case {
    fn new(heads: usize, kv_heads: usize, hd: usize, random: &mut Random) -> Case {
        let (sequences, max_pages) = (3, 3);
        let pages = sequences * max_pages + 1;
        let table = random.permutation(pages)[..sequences * max_pages].to_vec();
        Case { heads, kv_heads, hd, table, sequences, max_pages, pages }
    }

    fn cache<K: Float>(&self, random: &mut Random) -> Vec<K> {
        let len = self.pages * self.kv_heads * PAGE * self.hd;
        (0..len).map(|_| K::from_f32(random.float())).collect()
    }

    /// One head's key or value of a position, gathered; `None` if it is not in the cache.
    fn row<'a, K>(&self, cache: &'a [K], s: usize, head: usize, at: usize) -> Option<&'a [K]> {
        if s >= self.sequences || at >= self.max_pages * PAGE {
            return None;
        }
        let page = self.table[s * self.max_pages + at / PAGE] as usize;
        let start = ((page * self.kv_heads + head) * PAGE + at % PAGE) * self.hd;
        if page >= self.pages { None } else { Some(&cache[start..start + self.hd]) }
    }

    /// `softmax(scale q K^T) V` in `f64`.
    fn naive<K: Float>(
        &self,
        (q, keys, values): (&[f32], &[K], &[K]),
        (s, head, position): (usize, usize, usize),
        scale: f64,
    ) -> Vec<f64> {
        let kv = head * self.kv_heads / self.heads;
        let mut seen = Vec::new();
        for at in 0..=position.min(self.max_pages * PAGE) {
            let (Some(k), Some(v)) = (self.row(keys, s, kv, at), self.row(values, s, kv, at))
            else {
                continue;
            };
            let dot = q.iter().zip(k).map(|(q, k)| f64::from(*q) * f64::from(k.to_f32()));
            seen.push((dot.sum::<f64>() * scale, v));
        }
        let best = seen.iter().map(|(score, _)| *score).fold(f64::MIN, f64::max);
        let total: f64 = seen.iter().map(|(score, _)| (score - best).exp()).sum();
        let mut out = vec![0.0; self.hd];
        for (score, v) in seen {
            let weight = (score - best).exp() / total;
            out.iter_mut().zip(v).for_each(|(out, v)| *out += weight * f64::from(v.to_f32()));
        }
        out
    }

    fn decode<K: Float>(
        &self,
        (q, keys, values): (&[f32], &[K], &[K]),
        sequence: &[u32],
        positions: &[u32],
        scale: f32,
    ) -> Vec<f32> {
        let mut out = vec![f32::NAN; q.len()];
        let mut statistics = vec![f32::NAN; 2 * positions.len() * self.heads];
        let sizes = [self.heads, self.kv_heads, self.pages, self.sequences, self.max_pages];
        let [h, g, p, s, m] = sizes.map(|size| size as u32);
        let (tokens, hd) = (positions.len() as u32, self.hd as u32);
        attention_decode(
            q,
            keys,
            values,
            &self.table,
            sequence,
            positions,
            &mut out,
            &mut statistics,
            tokens,
            tokens,
            1,
            h,
            g,
            p,
            s,
            m,
            0,
            scale,
            hd,
        );
        out
    }
}

fn agrees<K: Float>(case: &Case, random: &mut Random) {
    let (keys, values) = (case.cache::<K>(random), case.cache::<K>(random));
    let positions = [0u32, 62, 63, 64, 65, 127, 130, 191, 500];
    let sequence = [0u32, 1, 2, 0, 1, 2, 0, 1, 3];
    let width = case.heads * case.hd;
    let q = random.floats(positions.len() * width);
    let scale = 1.0 / (case.hd as f32).sqrt();
    let out = case.decode((&q, &keys, &values), &sequence, &positions, scale);
    for (t, (&s, &position)) in sequence.iter().zip(&positions).enumerate() {
        for head in 0..case.heads {
            let at = t * width + head * case.hd;
            let q = &q[at..at + case.hd];
            let place = (s as usize, head, position as usize);
            let expected = case.naive((q, &keys, &values), place, f64::from(scale));
            for (found, expected) in out[at..at + case.hd].iter().zip(expected) {
                // Values are under 1: up to 192 weighted terms and scores off by hd roundings.
                assert!((f64::from(*found) - expected).abs() < 2e-5, "{found} {expected}");
            }
        }
    }
}

#[test]
fn every_head_size_and_cache_type_agrees_with_a_gathered_f64_softmax() {
    let mut random = Random(6);
    for hd in [32, 64, 80, 96, 128, 256] {
        let case = Case::new(3, 1, hd, &mut random);
        agrees::<f32>(&case, &mut random);
        agrees::<f16>(&case, &mut random);
        agrees::<bf16>(&case, &mut random);
    }
    for (heads, kv_heads) in [(1, 1), (4, 2), (9, 3), (2, 2)] {
        agrees::<f32>(&Case::new(heads, kv_heads, 33, &mut random), &mut random);
    }
}

#[test]
fn masked_rows_are_zero_and_missing_pages_are_left_out() {
    let mut random = Random(7);
    let mut case = Case::new(2, 1, 32, &mut random);
    let (keys, values) = (case.cache::<f32>(&mut random), case.cache::<f32>(&mut random));
    let q = random.floats(3 * 64);
    // Sequence 1 has no page at all, sequence 2 not its first one; sequence 7 does not exist.
    case.table[3..6].fill(u32::MAX);
    case.table[6] = case.pages as u32;
    let out = case.decode((&q, &keys, &values), &[1, 2, 7], &[100, 100, 0], 1.0);
    assert_eq!(out[..64], [0.0; 64]);
    assert_eq!(out[128..], [0.0; 64]);
    for head in 0..2 {
        let at = 64 + 32 * head;
        let expected = case.naive((&q[at..at + 32], &keys, &values), (2, head, 100), 1.0);
        for (found, expected) in out[at..at + 32].iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 2e-5 && expected != 0.0);
        }
    }
}

#[test]
fn prefill_gives_the_bits_of_decode_and_touches_its_rows_only() {
    let mut random = Random(8);
    let case = Case::new(4, 2, 64, &mut random);
    let (keys, values) = (case.cache::<f16>(&mut random), case.cache::<f16>(&mut random));
    let width = 4 * 64;
    let total = 12;
    let q = random.floats(total * width);
    for (first, tokens, position) in [(0, 12, 0), (2, 7, 60), (11, 1, 191), (5, 0, 3)] {
        let mut out = vec![-9.0f32; q.len()];
        attention_prefill(
            &q,
            &keys,
            &values,
            &case.table,
            &mut out,
            12,
            4,
            2,
            10,
            3,
            3,
            1,
            first,
            tokens,
            position,
            0.125,
            64,
        );
        let positions: Vec<u32> = (0..total as u32).map(|t| position + t).collect();
        let range = first as usize * width..(first + tokens) as usize * width;
        let sequence = vec![1; tokens as usize];
        let positions = &positions[..tokens as usize];
        let qkv = (&q[range.clone()], &keys[..], &values[..]);
        let expected = case.decode(qkv, &sequence, positions, 0.125);
        assert_eq!(out[range.clone()], expected);
        assert!(out[..range.start].iter().chain(&out[range.end..]).all(|x| *x == -9.0));
    }
}
