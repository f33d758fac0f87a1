//! Products with weights as fragments: from a file's blocks to the result, against f64, by the reference
//! and by the interpreter of the text for Hopper.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "weights/blocks.rs"]
mod random_blocks;

use random_blocks::{BESIDE, NO_WEIGHTS, blocks};
use tilewright_kernels_matmul::fragments::{dequantise_fragments, matvec};
use tilewright_kernels_reference::formats::{Format, Fragments, dequantise_row, pack};
use tilewright_runtime::{BackendKind, CudaCapabilities, Device, Error, f16};
use tilewright_testing::{Guarded, Random, devices_or, hopper_interpreter, interpreters};

/// The reference, the interpreter, and a Hopper GPU where one is asked for.
fn devices() -> Vec<Device> {
    let mut all = vec![Device::open(&"cpu".parse().unwrap()).unwrap(), hopper_interpreter()];
    all.extend(devices_or("").into_iter().filter(|device| {
        device.capabilities().cuda.as_ref().is_some_and(CudaCapabilities::is_hopper)
    }));
    all
}

/// The exact sum, and how far the kernel's may be from it.
fn exact(format: Format, row: &[f32], x: &[f32]) -> (f64, f64) {
    let (mut sum, mut size, mut activations) = (0.0, 0.0, 0.0);
    for (w, x) in row.iter().zip(x) {
        let product = f64::from(*w) * f64::from(*x);
        sum += product;
        size += product.abs();
        activations += f64::from(x.abs());
    }
    // Activations are off by half an ulp of bf16 or f16. Quantised numbers enter with offsets of up to
    // 1024 + 240, whose share cancels: what f32 loses of it (an ulp for each of two products of a group,
    // for its offset and for their sum) stands, times a scale, of which `blocks` has none over 0.05. An
    // activation under 2^-10 that is divided by 16 loses up to 2^-25 of f16's subnormals more, times that.
    let small = x.iter().filter(|x| x.abs() < 1.0 / 1024.0).count() as f64;
    match format {
        Format::Bf16 => (sum, size * (-8.0f64).exp2() + 1e-6),
        _ => {
            let offset = 1264.0 * 0.05;
            let lost = activations * (-22.0f64).exp2() + small * (-25.0f64).exp2();
            (sum, size * (-10.0f64).exp2() + offset * lost + 1e-6)
        }
    }
}

fn check(device: &Device, format: Format, [tokens, n, k]: [usize; 3], accumulate: u32) {
    let mut random = Random::new((tokens * 31 + n) as u64);
    let bytes = blocks(format, n, k, &mut random);
    let words = Fragments::new(format, n, k).unwrap().pack(&bytes).unwrap();
    let x: Vec<f32> = (0..tokens * k).map(|_| random.float()).collect();
    let (column, stride) = (3, n + 5);
    let before: Vec<f32> = (0..tokens * stride).map(|_| random.float()).collect();
    let given = Guarded::aligned(device, [tokens, k], &x, BESIDE);
    let w = Guarded::aligned(device, [words.len()], &words, NO_WEIGHTS);
    let mut y = Guarded::aligned(device, [tokens, stride], &before, BESIDE);
    let name = format.name();
    matvec(device, &given.view, &w.view, &mut y.view, n as u32, column, accumulate, name).unwrap();
    let found = y.read();
    let packed = pack(format, n, k, &bytes).unwrap();
    let mut row = vec![0.0f32; k];
    for r in 0..n {
        dequantise_row(format, n, &packed, r, &mut row).unwrap();
        for t in 0..tokens {
            let at = t * stride + column as usize + r;
            let (sum, tolerance) = exact(format, &row, &x[t * k..][..k]);
            let sum = sum + f64::from(before[at]) * f64::from(accumulate);
            let error = (f64::from(found[at]) - sum).abs();
            assert!(
                error <= tolerance + sum.abs() * 1e-6,
                "{format} {tokens}x{n}x{k} on {}: y[{t}, {r}] is off by {error} of {tolerance}",
                device.capabilities().name
            );
        }
    }
    for (at, (found, before)) in found.iter().zip(&before).enumerate() {
        let owned = (3..n + 3).contains(&(at % stride));
        assert!(owned || found == before, "a sentinel at {at}");
    }
}

#[test]
fn one_to_eight_tokens_agree_with_f64() {
    for device in devices() {
        for (format, slots) in [(Format::Q4_0, 2048), (Format::Q8_0, 1024), (Format::Bf16, 512)] {
            for tokens in 1..=8 {
                let n = if tokens % 2 == 1 { 16 } else { 48 };
                check(&device, format, [tokens, n, slots], tokens as u32 % 3 % 2);
            }
            // Several slots a warp, and the wider tile.
            check(&device, format, [1, 16, 3 * slots], 0);
            check(&device, format, [3, 32, 2 * slots], 1);
        }
    }
}

#[test]
fn workgroups_take_several_tiles() {
    for device in devices().iter().filter(|device| device.kind() == BackendKind::Cuda) {
        for format in [Format::Q4_0, Format::Q8_0, Format::Bf16] {
            // More tiles than workgroups, the last round of them not whole, and the widest rows.
            for shape in [[1, 4272, 4096], [2, 4272, 2048], [4, 2160, 14_336], [8, 2160, 4096]] {
                check(device, format, shape, 1);
            }
            check_rows(device, format, [4272, 4096, 32, 4240]);
        }
    }
}

#[test]
fn other_sizes_are_refused() {
    let device = hopper_interpreter();
    let w = device.zeros::<u32>(64).unwrap();
    for [tokens, n, k] in [[9u32, 16, 2048], [1, 24, 2048], [1, 16, 2080], [8, 16, 14_336]] {
        let x = device.zeros::<f32>([tokens, k]).unwrap();
        let mut y = device.zeros::<f32>([tokens, n]).unwrap();
        let refused = matvec(&device, &x, &w, &mut y, n, 0, 0, "Q4_0");
        assert!(matches!(refused, Err(Error::NoCase { .. })), "{tokens} {n} {k}: {refused:?}");
    }
}

/// What `dequantise_fragments` makes of rows, and what lies beside them.
fn check_rows(device: &Device, format: Format, [n, k, first, rows]: [usize; 4]) {
    let mut random = Random::new((n + k) as u64);
    let bytes = blocks(format, n, k, &mut random);
    let words = Fragments::new(format, n, k).unwrap().pack(&bytes).unwrap();
    let w = Guarded::aligned(device, [words.len()], &words, NO_WEIGHTS);
    let zeros = vec![0; rows * k / 2];
    let mut out = Guarded::aligned(device, [rows, k / 2], &zeros, NO_WEIGHTS);
    dequantise_fragments(device, &w.view, &mut out.view, first as u32, format.name()).unwrap();
    let packed = pack(format, n, k, &bytes).unwrap();
    let mut row = vec![0.0f32; k];
    for (at, found) in out.read().chunks(k / 2).enumerate() {
        dequantise_row(format, n, &packed, first + at, &mut row).unwrap();
        for (c, exact) in row.iter().enumerate() {
            let found = f16::from_bits((found[c / 2] >> (c % 2 * 16)) as u16);
            // A product of a scale and a small number, rounded once: the very same bits, but a zero's sign.
            let expected = f16::from_f32(*exact);
            assert!(
                found == expected,
                "{format} {n}x{k} on {}: w[{}, {c}] is {found}, not {expected}",
                device.capabilities().name,
                first + at
            );
        }
    }
}

#[test]
fn rows_become_f16_in_their_natural_order() {
    let ampere = interpreters().remove(0);
    for device in devices().iter().chain([&ampere]) {
        for (format, slots) in [(Format::Q4_0, 2048), (Format::Q8_0, 1024), (Format::Bf16, 512)] {
            check_rows(device, format, [16, slots, 0, 16]);
            check_rows(device, format, [64, 2 * slots, 16, 32]);
        }
    }
}

#[test]
fn rows_beyond_the_matrix_are_refused() {
    let device = hopper_interpreter();
    // Q8_0, 32 x 1024.
    let w = device.zeros::<u32>(32 * 1024 / 4 + 32 * 32 / 2).unwrap();
    for ([rows, k2, first], passes) in [
        ([32, 512, 0], true),
        ([16, 512, 16], true),
        ([16, 512, 32], false),
        ([8, 512, 0], false),
        ([16, 512, 8], false),
        ([16, 256, 0], false),
    ] {
        let mut out = device.zeros::<u32>([rows, k2]).unwrap();
        let done = dequantise_fragments(&device, &w, &mut out, first, "Q8_0");
        match done {
            Ok(()) => assert!(passes, "{rows} {k2} {first}"),
            Err(error) => {
                let refused = !passes && matches!(error, Error::NoCase { .. });
                assert!(refused, "{rows} {k2} {first}: {error}");
            }
        }
    }
}

#[test]
fn texts_read_and_write_sixteen_bytes() {
    let kernel = &tilewright_kernels_matmul::fragments::dequantise_fragments::KERNEL;
    let mut texts = 0;
    for case in kernel.info.cases {
        for text in case.texts {
            // Four of a slot, and its scales: 32, 16 or no bytes a row.
            let reads = text.code.matches("ld.global.nc").count();
            let wide = text.code.matches("ld.global.nc.v4").count()
                + text.code.matches("ld.global.nc.L1::no_allocate.v4").count();
            assert!(reads == wide && (4..=6).contains(&wide), "{}: {reads}", text.entry);
            let writes = text.code.matches("st.global").count();
            let wide = text.code.matches("st.global.v4").count();
            assert!(writes == wide && wide >= 4, "{}: {writes}", text.entry);
            texts += 1;
        }
    }
    assert_eq!(texts, 3);
}
