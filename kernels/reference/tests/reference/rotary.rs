use crate::random::Random;
use half::f16;
use tilewright_kernels_reference::{Float, rotary_append};

const PAGES: usize = 3;

struct Case {
    heads: usize,
    kv: usize,
    hd: usize,
    half: usize,
    magnitude: f32,
}

fn turned(head: &[f32], frequencies: &[f32], position: u32, magnitude: f32) -> Vec<f64> {
    let mut out: Vec<f64> = head.iter().map(|x| f64::from(*x)).collect();
    for (i, frequency) in frequencies.iter().enumerate() {
        let angle = f64::from(position as f32 * frequency);
        let (sin, cos) = (angle.sin(), angle.cos());
        let (a, b) = (f64::from(head[2 * i]), f64::from(head[2 * i + 1]));
        out[2 * i] = (a * cos - b * sin) * f64::from(magnitude);
        out[2 * i + 1] = (a * sin + b * cos) * f64::from(magnitude);
    }
    out
}

fn agrees<K: Float>(case: &Case, precision: f64, random: &mut Random) {
    let Case { heads, kv, hd, half, magnitude } = *case;
    let positions = [0u32, 1, 63, 64, 8191];
    let slots = [64u32, 5, 191, u32::MAX, 192];
    let width = (heads + 2 * kv) * hd;
    let qkv = random.floats(positions.len() * width);
    let frequencies: Vec<f32> =
        (0..half).map(|i| 10_000f32.powf(-(i as f32) / half as f32)).collect();
    let mut q_out = vec![f32::NAN; positions.len() * heads * hd];
    let sentinel = K::from_f32(-9.0);
    let mut keys = vec![sentinel; PAGES * kv * 64 * hd];
    let mut values = keys.clone();
    let sizes = [positions.len(), heads, kv, PAGES, half].map(|size| size as u32);
    let [t, h, g, p, r] = sizes;
    rotary_append(
        &qkv,
        &frequencies,
        &positions,
        &slots,
        &mut q_out,
        &mut keys,
        &mut values,
        t,
        h,
        g,
        p,
        r,
        magnitude,
        hd as u32,
    );
    let close = |found: f32, expected: f64| (f64::from(found) - expected).abs() <= precision;
    let mut written = 0;
    for (t, (&position, &slot)) in positions.iter().zip(&slots).enumerate() {
        let row = &qkv[t * width..][..width];
        for head in 0..heads {
            let expected = turned(&row[head * hd..][..hd], &frequencies, position, magnitude);
            let found = &q_out[(t * heads + head) * hd..][..hd];
            assert!(found.iter().zip(expected).all(|(a, b)| (f64::from(*a) - b).abs() < 2e-6));
        }
        if slot as usize >= 64 * PAGES {
            continue;
        }
        for head in 0..kv {
            let at = ((slot as usize / 64 * kv + head) * 64 + slot as usize % 64) * hd;
            let key = &row[(heads + head) * hd..][..hd];
            let expected = turned(key, &frequencies, position, magnitude);
            assert!(keys[at..at + hd].iter().zip(expected).all(|(a, b)| close(a.to_f32(), b)));
            let value = &row[(heads + kv + head) * hd..][..hd];
            let stored = values[at..at + hd].iter().map(|v| v.to_f32());
            assert!(stored.zip(value).all(|(a, b)| a == K::from_f32(*b).to_f32()));
            written += hd;
        }
    }
    let kept = keys.iter().filter(|x| x.to_f32() == -9.0).count();
    assert_eq!(kept, keys.len() - written, "a key was written outside of its slot");
    let kept = values.iter().filter(|x| x.to_f32() == -9.0).count();
    assert_eq!(kept, values.len() - written, "a value was written outside of its slot");
}

#[test]
fn rotation_and_cache_agree_with_f64() {
    let mut random = Random(9);
    for (heads, kv, hd, half) in [(1, 1, 32, 16), (3, 1, 80, 40), (9, 3, 64, 32), (2, 2, 96, 10)] {
        for magnitude in [1.0, 1.25] {
            let case = Case { heads, kv, hd, half, magnitude };
            agrees::<f32>(&case, 2e-6, &mut random);
            agrees::<f16>(&case, 2e-3, &mut random);
        }
    }
}

#[test]
fn position_zero_changes_nothing() {
    let qkv = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0];
    let (mut q, mut k, mut v) = ([0.0f32; 2], [0.0f32; 128], [0.0f32; 128]);
    rotary_append(&qkv, &[1.0], &[0], &[3], &mut q, &mut k, &mut v, 1, 1, 1, 1, 1, 1.0, 2);
    assert_eq!((q, &k[6..8], &v[6..8]), ([1.0, 2.0], &[3.0, 4.0][..], &[5.0, 6.0][..]));
}
