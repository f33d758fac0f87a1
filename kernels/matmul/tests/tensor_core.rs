//! Products on tensor cores against f64, for every format, number of tokens and size of activations.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod weights;

use tilewright_kernels_matmul::tensor_core::{
    dequantise, multiply_few, multiply_many, multiply_normed, multiply_one, round_activations,
};
use tilewright_kernels_reference::formats::{Format, dequantise_row, pack};
use tilewright_runtime::{Device, Error, Tensor, f16};
use tilewright_testing::{Guarded, Random, devices, is_affordable, is_interpreter};
use weights::{BESIDE, NO_WEIGHTS, blocks, upload};

/// One product: `y[t, 3 + r] += x w`.
struct Product<'a> {
    device: &'a Device,
    format: Format,
    x: Guarded<f32>,
    w: Guarded<u32>,
    tokens: u32,
    n: u32,
    k: u32,
}

impl Product<'_> {
    fn one(&self, y: &mut Tensor<f32>) -> Result<(), Error> {
        // Fewer workgroups than tiles, so that one takes several.
        multiply_one(
            self.device,
            &self.x.view,
            &self.w.view,
            y,
            self.n,
            3,
            1,
            2,
            self.format.name(),
        )
    }

    fn rounded(&self) -> (Guarded<u32>, Guarded<f32>) {
        let (tokens, half) = (self.tokens as usize, self.k as usize / 2);
        let zeros = vec![0; tokens * half];
        let mut halves = Guarded::aligned(self.device, [tokens, half], &zeros, NO_WEIGHTS);
        let mut units = Guarded::aligned(self.device, [tokens], &vec![0.0; tokens], BESIDE);
        let (to, units_to) = (&mut halves.view, &mut units.view);
        round_activations(self.device, &self.x.view, to, units_to, false).unwrap();
        halves.read();
        units.read();
        (halves, units)
    }

    fn few(&self, y: &mut Tensor<f32>) -> Result<(), Error> {
        let (halves, units) = self.rounded();
        let format = self.format.name();
        multiply_few(
            self.device,
            &halves.view,
            &units.view,
            &self.w.view,
            y,
            self.n,
            3,
            1,
            2,
            format,
        )
    }

    fn many(&self, y: &mut Tensor<f32>) -> Result<(), Error> {
        let (halves, units) = self.rounded();
        let format = self.format.name();
        multiply_many(self.device, &halves.view, &units.view, &self.w.view, y, self.n, 3, 1, format)
    }
}

/// Devices that have these kernels: they are for CUDA.
fn with_tensor_cores() -> Vec<Device> {
    devices().into_iter().filter(|device| device.capabilities().wgpu.is_none()).collect()
}

/// The exact sum, and how far a product of values rounded to 16 bits may be from it.
fn exact(row: &[f32], x: &[f32]) -> (f64, f64) {
    let (mut sum, mut size, mut weights) = (0.0, 0.0, 0.0);
    for (w, x) in row.iter().zip(x) {
        let product = f64::from(*w) * f64::from(*x);
        sum += product;
        size += product.abs();
        weights += f64::from(w.abs());
    }
    let largest = x.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    // Both factors are off by half an ulp of f16; subnormal f16 weights by 2^-25, and activations by
    // as much of 256 times the largest.
    let absolute = (weights + row.len() as f64) * f64::from(largest) * (-17.0f64).exp2();
    (sum, size * (-10.0f64).exp2() + absolute * 0.02 + 1e-6)
}

fn check(device: &Device, format: Format, tokens: usize, n: usize, k: usize, scale: f32) {
    let mut random = Random::new((tokens * 31 + n) as u64);
    let bytes = blocks(format, n, k, &mut random);
    let x: Vec<f32> = (0..tokens * k).map(|_| random.float() * scale).collect();
    let stride = n + 5;
    let before: Vec<f32> = (0..tokens * stride).map(|_| random.float()).collect();
    let product = Product {
        device,
        format,
        x: Guarded::aligned(device, [tokens, k], &x, BESIDE),
        w: upload(device, format, n, k, &bytes),
        tokens: tokens as u32,
        n: n as u32,
        k: k as u32,
    };
    let packed = pack(format, n, k, &bytes).unwrap();
    let mut rows = vec![vec![0.0f32; k]; n];
    for (r, row) in rows.iter_mut().enumerate() {
        dequantise_row(format, n, &packed, r, row).unwrap();
    }
    let run = |name: &str, multiply: &dyn Fn(&mut Tensor<f32>) -> Result<(), Error>| {
        let mut y = Guarded::aligned(device, [tokens, stride], &before, BESIDE);
        multiply(&mut y.view).unwrap();
        let found = y.read();
        for (at, (found, before)) in found.iter().zip(&before).enumerate() {
            let (t, column) = (at / stride, at % stride);
            if !(3..n + 3).contains(&column) {
                assert_eq!(found, before, "a sentinel");
                continue;
            }
            let (sum, tolerance) = exact(&rows[column - 3], &x[t * k..][..k]);
            let error = (f64::from(*found) - f64::from(*before) - sum).abs();
            let allowed = tolerance + f64::from(before.abs() + found.abs()) * 1e-6;
            assert!(
                error <= allowed,
                "{name} {format} {tokens}x{n}x{k} times {scale} on {}: y[{t}, {}] is off by {error} \
                 of {allowed}",
                device.capabilities().name,
                column - 3,
            );
        }
    };
    if tokens == 1 {
        run("one", &|y| product.one(y));
    }
    run("few", &|y| product.few(y));
    run("many", &|y| product.many(y));
}

#[test]
fn products_agree_with_f64() {
    for device in with_tensor_cores() {
        for format in Format::ALL.into_iter().filter(|format| *format != Format::F32) {
            let wide = if format.weights_per_block() == 256 { 256 } else { 32 };
            let shapes = [
                (1, 1, 1),
                (1, 40, 3),
                (1, 33, 17),
                (2, 5, 1),
                (9, 33, 5),
                (17, 20, 2),
                (70, 130, 5),
            ];
            for (tokens, n, blocks) in shapes {
                let k = blocks * wide;
                if is_affordable(&device, tokens * n * k / 64) {
                    check(&device, format, tokens, n, k, 1.0);
                }
            }
        }
    }
}

#[test]
fn activations_of_any_size_are_brought_into_range() {
    for device in with_tensor_cores() {
        for scale in [3e6, 1e-5, 0.0] {
            for format in [Format::Q4_0, Format::Bf16] {
                check(&device, format, 1, 17, 64, scale);
                check(&device, format, 3, 17, 64, scale);
            }
        }
    }
}

#[test]
fn a_wide_token_takes_the_wider_tile() {
    for device in with_tensor_cores().into_iter().filter(|device| !is_interpreter(device)) {
        check(&device, Format::Q4_0, 1, 19, 14_336, 1.0);
        check(&device, Format::Q8_0, 1, 300, 4096, 1.0);
    }
}

#[test]
fn a_token_is_normalised_on_the_way() {
    let mut random = Random::new(78);
    for device in with_tensor_cores() {
        for (format, n, k, scale) in [
            (Format::Q4_0, 33, 96, 1.0f32),
            (Format::F16, 17, 544, 1e-4),
            (Format::Q6K, 19, 512, 1e5),
            (Format::Q8_0, 16, 4128, 1.0),
        ] {
            if !is_affordable(&device, n * k / 64) {
                continue;
            }
            let bytes = blocks(format, n, k, &mut random);
            let w = upload(&device, format, n, k, &bytes);
            let x: Vec<f32> = (0..k).map(|_| random.float() * scale).collect();
            let gains: Vec<f32> = (0..k).map(|_| random.float() + 1.5).collect();
            let before = vec![7.0; n + 5];
            let (of_x, of_gains) = ([1, k], [k]);
            let of_x = Guarded::aligned(&device, of_x, &x, BESIDE);
            let of_gains = Guarded::aligned(&device, of_gains, &gains, BESIDE);
            let mut y = Guarded::aligned(&device, [1, n + 5], &before, BESIDE);
            let (to, eps, name) = (&mut y.view, 1e-5, format.name());
            multiply_normed(
                &device,
                &of_x.view,
                &of_gains.view,
                &w.view,
                to,
                n as u32,
                3,
                eps,
                2,
                name,
            )
            .unwrap();
            let found = y.read();
            assert_eq!((&found[..3], &found[n + 3..]), (&before[..3], &before[n + 3..]));
            let mean = x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / k as f64;
            let by = 1.0 / (mean + f64::from(eps)).sqrt();
            let pairs = x.iter().zip(&gains);
            let normed: Vec<f32> =
                pairs.map(|(x, gain)| (f64::from(*x) * by * f64::from(*gain)) as f32).collect();
            let packed = pack(format, n, k, &bytes).unwrap();
            for (r, found) in found[3..][..n].iter().enumerate() {
                let mut row = vec![0.0f32; k];
                dequantise_row(format, n, &packed, r, &mut row).unwrap();
                let (sum, tolerance) = exact(&row, &normed);
                let allowed = tolerance + f64::from(found.abs()) * 2e-6;
                let error = (f64::from(*found) - sum).abs();
                assert!(
                    error <= allowed,
                    "{format} {n}x{k}: y[{r}] is off by {error} of {allowed}"
                );
            }
        }
    }
}

/// The two f16 of each word.
fn halves(words: &[u32]) -> Vec<f32> {
    let both = words.iter().flat_map(|word| [*word as u16, (word >> 16) as u16]);
    both.map(|bits| f16::from_bits(bits).to_f32()).collect()
}

#[test]
fn rows_of_weights_become_f16_in_order() {
    let mut random = Random::new(77);
    let formats = || Format::ALL.into_iter().filter(|f| !matches!(f, Format::F32 | Format::F16));
    for device in with_tensor_cores() {
        for format in formats() {
            let (n, k, first, rows) = (11, 256, 4, 6);
            let bytes = blocks(format, n, k, &mut random);
            let w = upload(&device, format, n, k, &bytes);
            let zeros = vec![0; rows * k / 2];
            let mut out = Guarded::aligned(&device, [rows, k / 2], &zeros, NO_WEIGHTS);
            let (total, name) = (n as u32, format.name());
            dequantise(&device, &w.view, &mut out.view, total, first, name).unwrap();
            let packed = pack(format, n, k, &bytes).unwrap();
            for (at, found) in halves(&out.read()).chunks(k).enumerate() {
                let mut row = vec![0.0f32; k];
                dequantise_row(format, n, &packed, first as usize + at, &mut row).unwrap();
                for (found, exact) in found.iter().zip(&row) {
                    // One unit in the last place of f16, and of the scale that a minimum is added to.
                    let allowed = exact.abs() / 1024.0 + 1e-3;
                    assert!((found - exact).abs() <= allowed, "{format}: {found}, not {exact}");
                }
            }
        }
    }
}

#[test]
fn activations_keep_their_order_where_they_are_asked_to() {
    for device in with_tensor_cores() {
        let x: Vec<f32> = (0..2 * 64).map(|i| i as f32 * 1000.0).collect();
        let tokens = device.upload([2, 64], &x).unwrap();
        let mut pairs = device.zeros([2, 32]).unwrap();
        let mut units = device.zeros(2).unwrap();
        round_activations(&device, &tokens, &mut pairs, &mut units, true).unwrap();
        let units = units.download().unwrap();
        for (at, half) in halves(&pairs.download().unwrap()).iter().enumerate() {
            let found = half * units[at / 64];
            assert!((found - x[at]).abs() <= x[at] / 1024.0, "{at}: {found}, not {}", x[at]);
        }
    }
}
