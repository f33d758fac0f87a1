//! Rotation and the cache.

use half::{bf16, f16};
use tilewright_kernels_layers::rotary_append;
use tilewright_kernels_reference::{Float, PAGE};
use tilewright_runtime::{Device, Element, Error, Shape};
use tilewright_testing::{Guarded, Random, ULP, assert_close, devices};

/// A step: sizes, and what its buffers hold.
struct Step {
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    pages: usize,
    qkv: Vec<f32>,
    frequencies: Vec<f32>,
    positions: Vec<u32>,
    slots: Vec<u32>,
    magnitude: f32,
}

impl Step {
    fn width(&self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.head_dim
    }

    /// Element `i` of a head after rotation by functions of f32 or of f64. The angle is an f32.
    fn rotated(&self, t: usize, head: usize, i: usize, in_f32: bool) -> f64 {
        let row = &self.qkv[t * self.width() + head * self.head_dim..][..self.head_dim];
        let Some(frequency) = self.frequencies.get(i / 2) else { return f64::from(row[i]) };
        let angle = self.positions[t] as f32 * frequency;
        let (a, b, is_first) = (row[i & !1], row[i | 1], i & 1 == 0);
        if in_f32 {
            let (sin, cos) = (angle.sin() * self.magnitude, angle.cos() * self.magnitude);
            return f64::from(if is_first { a * cos - b * sin } else { a * sin + b * cos });
        }
        let magnitude = f64::from(self.magnitude);
        let (sin, cos) = f64::from(angle).sin_cos();
        let (a, b) = (f64::from(a) * magnitude, f64::from(b) * magnitude);
        if is_first { a * cos - b * sin } else { a * sin + b * cos }
    }

    /// All elements of the heads from `first` on, of all tokens.
    fn all(&self, first: usize, heads: usize, in_f32: bool) -> Vec<f64> {
        let tokens = 0..self.positions.len();
        let places = tokens
            .flat_map(|t| (0..heads).flat_map(move |h| (0..self.head_dim).map(move |i| (t, h, i))));
        places.map(|(t, h, i)| self.rotated(t, first + h, i, in_f32)).collect()
    }
}

/// What the caches hold before.
const OLD: f32 = 0.75;

/// Queries, keys, values.
type Appended<K> = (Vec<f32>, Vec<K>, Vec<K>);

/// A view that starts at a whole pair: pairs move together.
fn paired<T: Element + PartialEq + std::fmt::Debug>(
    device: &Device,
    shape: impl Into<Shape>,
    data: &[T],
    sentinel: T,
) -> Guarded<T> {
    let bytes = device.capabilities().wgpu.as_ref().map_or(0, |wgpu| wgpu.storage_alignment);
    Guarded::at(device, shape, data, sentinel, (bytes as usize / size_of::<T>()).max(2))
}

fn run<K>(device: &Device, step: &Step) -> Result<Appended<K>, Error>
where
    K: Element + Float + PartialEq + std::fmt::Debug,
    K: tilewright_kernels_layers::rotary_append::ElementK,
{
    let tokens = step.positions.len();
    let cache = step.pages * step.kv_heads * PAGE as usize * step.head_dim;
    let shape = [step.pages, step.kv_heads, PAGE as usize, step.head_dim];
    let old = vec![K::from_f32(OLD); cache];
    let qkv = paired(device, [tokens, step.width()], &step.qkv, f32::NAN);
    let frequencies = Guarded::new(device, [step.frequencies.len()], &step.frequencies, f32::NAN);
    let positions = Guarded::new(device, [tokens], &step.positions, 99);
    let slots = Guarded::new(device, [tokens], &step.slots, 0);
    let out = vec![5.0; tokens * step.heads * step.head_dim];
    let mut q = paired(device, [tokens, step.heads, step.head_dim], &out, -7.0);
    let mut k = paired(device, shape, &old, K::from_f32(-7.0));
    let mut v = paired(device, shape, &old, K::from_f32(-7.0));
    rotary_append(
        device,
        &qkv.view,
        &frequencies.view,
        &positions.view,
        &slots.view,
        &mut q.view,
        &mut k.view,
        &mut v.view,
        step.magnitude,
    )?;
    Ok((q.read(), k.read(), v.read()))
}

fn check<K>(device: &Device, step: &Step, ulp: f64)
where
    K: Element + Float + PartialEq + std::fmt::Debug,
    K: tilewright_kernels_layers::rotary_append::ElementK,
{
    let (q, k, v) = run::<K>(device, step).unwrap();
    let (heads, kv_heads, hd) = (step.heads, step.kv_heads, step.head_dim);
    // Sine and cosine to 4 ulp of 1, products and sums of numbers up to 1.
    let floor = 8.0 * ULP * f64::from(step.magnitude.abs());
    let naive = |first, heads| -> Vec<f32> {
        step.all(first, heads, true).iter().map(|x| *x as f32).collect()
    };
    let what = format!("rotary_append of {heads} + {kv_heads} heads of {hd}");
    let exact = step.all(0, heads, false);
    assert_close(device, &format!("{what}, queries"), &q, &naive(0, heads), &exact, |_| floor);

    let (keys, naive) = (step.all(heads, kv_heads, false), naive(heads, kv_heads));
    let mut written = vec![false; k.len()];
    let (mut found, mut wanted, mut from) = (Vec::new(), Vec::new(), Vec::new());
    for (t, slot) in step.slots.iter().enumerate() {
        let (page, offset) = ((slot / PAGE) as usize, (slot % PAGE) as usize);
        if page >= step.pages {
            continue;
        }
        for h in 0..kv_heads {
            for i in 0..hd {
                let at = ((page * kv_heads + h) * PAGE as usize + offset) * hd + i;
                let source = (t * kv_heads + h) * hd + i;
                written[at] = true;
                found.push(k[at].to_f32());
                wanted.push(keys[source]);
                from.push(naive[source]);
                let value = step.qkv[t * step.width() + (heads + kv_heads + h) * hd + i];
                assert_eq!(v[at], K::from_f32(value), "{what}: value {at}");
            }
        }
    }
    let rounding = |i: usize| floor + ulp * wanted[i].abs() + 1e-7;
    assert_close(device, &format!("{what}, keys"), &found, &from, &wanted, rounding);
    let old = K::from_f32(OLD);
    let untouched = written.iter().zip(k.iter().zip(&v)).filter(|(written, _)| !**written);
    assert!(untouched.into_iter().all(|(_, (k, v))| *k == old && *v == old), "{what}: others");
}

fn step(
    random: &mut Random,
    tokens: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
) -> Step {
    let pages = 3;
    // No two tokens share a slot: steps of 37 through the cache. The third is nowhere.
    let slot = |t: usize| match t {
        2 => u32::MAX,
        5 => pages as u32 * PAGE,
        _ => (t as u32 * 37 + 11) % (pages as u32 * PAGE),
    };
    Step {
        heads,
        kv_heads,
        head_dim,
        pages,
        qkv: random.floats(tokens * (heads + 2 * kv_heads) * head_dim),
        frequencies: (0..head_dim / 2)
            .map(|i| 10_000f32.powf(-2.0 * i as f32 / head_dim as f32))
            .collect(),
        positions: (0..tokens as u32)
            .map(|t| [0, 1, 7, 511, 8191, 131_071][t as usize % 6])
            .collect(),
        slots: (0..tokens).map(slot).collect(),
        magnitude: 1.0,
    }
}

#[test]
fn tokens_are_turned_and_appended_on_every_device() {
    for device in devices() {
        let mut random = Random::new(6);
        let ragged = [(1, 1, 1, 2), (3, 2, 1, 6), (7, 3, 1, 10), (2, 1, 2, 66)];
        let plain = [(1, 9, 3, 64), (9, 4, 2, 32), (5, 2, 2, 80), (6, 4, 1, 128), (2, 2, 1, 256)];
        for (tokens, heads, kv_heads, head_dim) in ragged.into_iter().chain(plain) {
            let mut step = step(&mut random, tokens, heads, kv_heads, head_dim);
            check::<f32>(&device, &step, 0.0);
            check::<f16>(&device, &step, f64::from(f16::EPSILON) / 2.0);
            check::<bf16>(&device, &step, f64::from(bf16::EPSILON) / 2.0);
            // A part of each head turns, and is scaled.
            step.frequencies.truncate(head_dim.div_ceil(6));
            step.magnitude = 1.25;
            check::<f32>(&device, &step, 0.0);
            check::<bf16>(&device, &step, f64::from(bf16::EPSILON) / 2.0);
        }
    }
}

#[test]
fn other_shapes_are_refused() {
    for device in devices() {
        let mut random = Random::new(7);
        let odd = step(&mut random, 2, 1, 1, 5);
        assert!(matches!(run::<f32>(&device, &odd), Err(Error::NoCase { .. })));
        let qkv = device.zeros::<f32>([2, 32]).unwrap();
        let frequencies = device.zeros::<f32>([4]).unwrap();
        let ids = device.zeros::<u32>([2]).unwrap();
        // Four heads of eight: two queries, one key, one value.
        let mut q = device.zeros::<f32>([2, 2, 8]).unwrap();
        for shape in [[3, 1, 32, 8], [3, 2, 64, 8], [3, 1, 64, 10]] {
            let mut k = device.zeros::<f32>(shape).unwrap();
            let mut v = device.zeros::<f32>(shape).unwrap();
            let refused =
                rotary_append(&device, &qkv, &frequencies, &ids, &ids, &mut q, &mut k, &mut v, 1.0);
            assert!(matches!(refused, Err(Error::NoCase { .. })), "{refused:?}");
        }
    }
}
