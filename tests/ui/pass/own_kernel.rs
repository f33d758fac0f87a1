//! A kernel of every form that a launcher has: elements, values, tiles, selected cases, device code.

use tilewright::{Device, bf16, kernel, kernel_module};

/// `y[i] = a * x[i]`, optionally squared.
#[kernel(
    shapes(x: [n], y: [n]),
    grid = n.div_ceil(THREADS),
    threads = THREADS,
    element(T = [f32, bf16]),
    values(SQUARED = [false, true]),
    when(n % 2 == 0),
    tiles(THREADS) = first_of[64, 32],
    reference = scale_reference,
)]
pub fn scale<T: Float, const THREADS: u32, const SQUARED: bool>(
    x: &[T],
    y: &mut [T],
    n: u32,
    a: f32,
) {
    let i = (block_id() * THREADS + thread_id()) * 2;
    if i < n {
        let v: [T; 2] = x.load(i);
        let scaled = map(2, |k| v[k].to_f32() * a);
        y.store(i, map(2, |k| T::from_f32(if SQUARED { square(scaled[k]) } else { scaled[k] })));
    }
}

fn scale_reference<T: Copy + Into<f32> + From32>(
    x: &[T],
    y: &mut [T],
    _n: u32,
    a: f32,
    squared: u32,
) {
    for (x, y) in x.iter().zip(y) {
        let scaled = (*x).into() * a;
        *y = T::from32(if squared == 1 { scaled * scaled } else { scaled });
    }
}

trait From32 {
    fn from32(x: f32) -> Self;
}

impl From32 for f32 {
    fn from32(x: f32) -> f32 {
        x
    }
}

impl From32 for bf16 {
    fn from32(x: f32) -> bf16 {
        bf16::from_f32(x)
    }
}

#[kernel_module]
mod shared_code {
    fn mixed(x: u32) -> u32 {
        x ^ (x >> 3)
    }

    #[kernel(shapes(y: [n]), grid = n.div_ceil(32), threads = 32, reference = super::super::mix)]
    pub fn first(y: &mut [u32], n: u32) {
        let i = block_id() * 32 + thread_id();
        if i < n {
            y[i] = mixed(i);
        }
    }
}

/// The reference of `shared_code::first`.
fn mix(y: &mut [u32], n: u32) {
    for (i, y) in (0..n).zip(y) {
        *y = i ^ (i >> 3);
    }
}

#[test]
fn launches_on_the_host() {
    let device = Device::open(&"cpu".parse().unwrap()).unwrap();
    let x = device.upload([4], &[1.0f32, 2.0, 3.0, 4.0]).unwrap();
    let mut y = device.zeros::<f32>([4]).unwrap();
    scale(&device, &x, &mut y, 2.0, true).unwrap();
    assert_eq!(y.download().unwrap(), [4.0, 16.0, 36.0, 64.0]);
    scale(&device, &x, &mut y, 2.0, false).unwrap();
    assert_eq!(y.download().unwrap(), [2.0, 4.0, 6.0, 8.0]);
    let mut z = device.zeros::<u32>([40]).unwrap();
    shared_code::first(&device, &mut z).unwrap();
    assert_eq!(z.download().unwrap()[39], 39 ^ 4);
}
