//! A kernel of one's own: compiled by the attribute, launched on every device here, checked.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use tilewright::{Device, bf16, kernel};

/// `y[r, c] = x[r, c] / sqrt(mean(x[r, :]^2) + eps) * w[c]`
#[kernel(
    shapes(x: [rows, cols], w: [cols], y: [rows, cols]),
    grid = rows,
    threads = THREADS,
    element(T = [f32, bf16]),
    when(cols % VEC == 0 && VEC * size_of::<T>() <= 16 && VEC * size_of::<T>() >= 4),
    tiles(THREADS, VEC) = first_of[(256, 8), (128, 4), (128, 2), (128, 1)],
    reference = rms_norm_reference,
    cost(bytes = 2 * rows * cols * size_of::<T>(), flops = 4 * rows * cols),
)]
pub fn rms_norm<T: Float, const THREADS: u32, const VEC: u32>(
    x: &[T],
    w: &[T],
    y: &mut [T],
    rows: u32,
    cols: u32,
    eps: f32,
) {
    let row = index(block_id()) * cols;
    let mut sum = 0.0f32;
    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [T; VEC] = x.load(row + c);
        for i in unroll(0..VEC) {
            sum += square(v[i].to_f32());
        }
    }
    let scale = rsqrt(block_sum(sum) / cols as f32 + eps);
    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [T; VEC] = x.load(row + c);
        let g: [T; VEC] = w.load(c);
        y.store(row + c, map(VEC, |i| T::from_f32(v[i].to_f32() * scale * g[i].to_f32())));
    }
}

fn rms_norm_reference<T>(x: &[T], w: &[T], y: &mut [T], _rows: u32, cols: u32, eps: f32)
where
    f32: From<T>,
    T: tilewright::Element + FromF32,
{
    for (x, y) in x.chunks(cols as usize).zip(y.chunks_mut(cols as usize)) {
        let sum: f32 = x.iter().map(|v| f32::from(*v).powi(2)).sum();
        let scale = 1.0 / (sum / cols as f32 + eps).sqrt();
        for ((x, w), y) in x.iter().zip(w).zip(y) {
            *y = T::from_f32(f32::from(*x) * scale * f32::from(*w));
        }
    }
}

trait FromF32 {
    fn from_f32(x: f32) -> Self;
}

impl FromF32 for f32 {
    fn from_f32(x: f32) -> f32 {
        x
    }
}

impl FromF32 for bf16 {
    fn from_f32(x: f32) -> bf16 {
        bf16::from_f32(x)
    }
}

fn run(device: &Device, rows: usize, cols: usize) -> Vec<f32> {
    let values = |n: usize, seed: u32| -> Vec<f32> {
        (0..n as u32)
            .map(|i| ((i.wrapping_mul(2654435761) ^ seed) % 1000) as f32 / 500.0 - 1.0)
            .collect()
    };
    let x = device.upload([rows, cols], &values(rows * cols, 1)).unwrap();
    let w = device.upload([cols], &values(cols, 2)).unwrap();
    let mut y = device.zeros::<f32>([rows, cols]).unwrap();
    rms_norm(device, &x, &w, &mut y, 1e-5).unwrap();
    y.download().unwrap()
}

#[test]
fn own_kernel_agrees_on_cpu_and_wgpu() {
    let cpu = Device::open(&"cpu".parse().unwrap()).unwrap();
    let wgpu = Device::open(&"wgpu".parse().unwrap()).expect("install Mesa's software Vulkan");
    for (rows, cols) in [(1, 1), (3, 37), (2, 64), (5, 576), (70_000, 4)] {
        let (expected, found) = (run(&cpu, rows, cols), run(&wgpu, rows, cols));
        for (a, b) in expected.iter().zip(&found) {
            assert!((a - b).abs() <= 1e-5 * a.abs().max(1.0), "{rows} x {cols}: {a} and {b}");
        }
    }
}
