//! A kernel of one's own, and a quantisation format of one's own, with tiles of one's own, on whatever
//! device there is.
//!
//! `cargo build` compiles `softmax` and `ternary::product` to PTX and WGSL; `cargo run` launches them
//! through wgpu, or on the processor where there is no adapter, and checks what came back.

mod ternary;

use tilewright::{Device, Error, kernel};

/// `y[r, c] = exp(scale * x[r, c]) / sum_j exp(scale * x[r, j])`
///
/// One workgroup takes one row. A thread moves `VEC` numbers at once where rows allow it.
#[kernel(
    shapes(x: [rows, cols], y: [rows, cols]),
    grid = rows,
    threads = THREADS,
    tiles(THREADS, VEC) = first_of[(128, 4), (64, 1)],
    when(cols % VEC == 0),
    cost(bytes = 8 * rows * cols, flops = 5 * rows * cols),
    reference = softmax_reference,
)]
pub fn softmax<const THREADS: u32, const VEC: u32>(
    x: &[f32],
    y: &mut [f32],
    rows: u32,
    cols: u32,
    scale: f32,
) {
    let row = index(block_id()) * cols;

    // The largest of the row, so that no exponential overflows.
    let mut highest = -3.0e38f32;
    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [f32; VEC] = x.load(row + c);
        for i in unroll(0..VEC) {
            highest = max(highest, v[i] * scale);
        }
    }
    let highest = block_max(highest);

    let mut sum = 0.0f32;
    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [f32; VEC] = x.load(row + c);
        for i in unroll(0..VEC) {
            sum += exp(v[i] * scale - highest);
        }
    }
    let factor = 1.0 / block_sum(sum);

    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [f32; VEC] = x.load(row + c);
        y.store(row + c, map(VEC, |i| exp(v[i] * scale - highest) * factor));
    }
}

/// The same in plain Rust: the `cpu` device runs it, and the check below compares with it.
fn softmax_reference(x: &[f32], y: &mut [f32], _rows: u32, cols: u32, scale: f32) {
    for (x, y) in x.chunks(cols as usize).zip(y.chunks_mut(cols as usize)) {
        let highest = x.iter().fold(f32::MIN, |a, b| a.max(b * scale));
        for (x, y) in x.iter().zip(&mut *y) {
            *y = (x * scale - highest).exp();
        }
        let sum: f32 = y.iter().sum();
        y.iter_mut().for_each(|y| *y /= sum);
    }
}

/// The named device, or the first wgpu adapter, or the processor.
fn open(name: Option<&str>) -> Result<Device, Error> {
    if let Some(name) = name {
        return Device::open(&name.parse()?);
    }
    match Device::open(&"wgpu".parse()?) {
        Ok(device) => Ok(device),
        Err(error) => {
            eprintln!("no wgpu adapter ({error}): using the processor");
            Device::open(&"cpu".parse()?)
        }
    }
}

/// Rows on the device, and how far they are from the reference.
fn largest_error(device: &Device, rows: u32, cols: u32) -> Result<f32, Error> {
    let scale = 0.5;
    let len = rows * cols;
    let x: Vec<f32> =
        (0..len).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32 / 256.0).collect();
    let shape = [rows as usize, cols as usize];
    let input = device.upload(shape, &x)?;
    let mut output = device.zeros::<f32>(shape)?;
    softmax(device, &input, &mut output, scale)?;

    let mut expected = vec![0.0; len as usize];
    softmax_reference(&x, &mut expected, rows, cols, scale);
    let found = output.download()?;
    Ok(found.iter().zip(&expected).fold(0.0, |worst, (a, b)| (a - b).abs().max(worst)))
}

fn main() -> Result<(), Error> {
    let device = open(std::env::args().nth(1).as_deref())?;
    println!("device: {}", device.capabilities().name);
    for (rows, cols) in [(1, 1), (3, 37), (64, 576), (7, 4096)] {
        let error = largest_error(&device, rows, cols)?;
        println!("softmax of {rows} x {cols}: at most {error:e} from the reference");
        assert!(error < 1e-5, "the device computed something else");
    }
    for (tokens, n, k) in [(1, 5, 64), (1, 96, 256), (7, 33, 128)] {
        let error = ternary::largest_error(&device, tokens, n, k)?;
        println!("product of {tokens} x {k} with {n} ternary rows: at most {error:e} from f64");
        assert!(error < 1e-3, "the device computed something else");
    }
    // Shapes are checked before anything is launched.
    let x = device.zeros::<f32>([2, 8])?;
    let mut y = device.zeros::<f32>([2, 7])?;
    let refused = softmax(&device, &x, &mut y, 1.0);
    println!("a wrong shape: {}", refused.expect_err("2 x 7 is not 2 x 8"));
    Ok(())
}
