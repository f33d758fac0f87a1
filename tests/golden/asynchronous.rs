//! Copies that complete later, barriers that count them, and kernels that overlap.

use tilewright_tests::{Data, Run, check};

#[test]
fn cp_async() {
    let (n, rounds) = (1100, 9);
    let x: Vec<u32> = (0..n).map(|i| i * 5 + 1).collect();
    let y = (0..rounds as usize * 128).map(|i| {
        let (round, place) = (i / 128, i % 128);
        let from = if place < 32 { 127 - place } else { place - 32 };
        x.get(round * 128 + from).copied().unwrap_or(0)
    });
    let y: Vec<u32> = y.collect();
    check("cp_async", |_| {
        Run::default()
            .input("x", Data::u32(x.clone()))
            .output("y", Data::u32(y.clone()))
            .u32("n", n)
            .u32("rounds", rounds)
    });
}

#[test]
fn cp_async_mbarrier() {
    check("cp_async_mbarrier", |_| {
        Run::default()
            .input("x", Data::u32((0..96).map(|i| i * i)))
            .output("y", Data::u32((0..96).rev().map(|i| i * i)))
    });
}

/// A tensor of six rows of ten, and the part that an 8 x 4 box at (4, 3) covers.
#[test]
fn tensor() {
    let x: Vec<f32> = (0..60).map(|i| i as f32 * 0.5).collect();
    let inside = |i: usize| i % 10 >= 4 && i / 10 >= 3;
    let y = (0..60).map(|i| if inside(i) { x[i] + 1.0 } else { -9.0 });
    let y: Vec<f32> = y.collect();
    let z = (0..32).map(|i| {
        let (column, row) = (i % 8 + 4, i / 8 + 3);
        let loaded = if column < 10 && row < 6 { x[row * 10 + column] } else { 0.0 };
        100.0 + loaded + 1.0
    });
    let z: Vec<f32> = z.collect();
    // Rows of a tensor map are multiples of 16 bytes: two more columns lie between.
    let pad = |rows: &[f32], fill: f32| {
        Data::f32(rows.chunks(10).flat_map(|row| [row, &[fill; 2]].concat()).collect::<Vec<_>>())
    };
    check("tensor", |_| {
        Run::default()
            .input("source", pad(&x, 7.0))
            .change("clipped", pad(&[-9.0; 60], -9.0), pad(&y, -9.0))
            .change("sums", Data::f32([100.0; 32]), Data::f32(z.clone()))
            .strided_tensor("x", "source", &[10, 6], 48)
            .strided_tensor("y", "clipped", &[10, 6], 48)
            .tensor("z", "sums", &[8, 4])
    });
}

#[test]
fn tensor_of() {
    let x: Vec<f32> = (0..8 * 32).map(|i| i as f32 * 0.5).collect();
    check("tensor_of", |_| {
        Run::default()
            .input("x", Data::f32(x.clone()))
            .output("y", Data::f32(x.iter().map(|v| v * 2.0).collect::<Vec<_>>()))
            .u32("rows", 8)
            .u32("cols", 32)
    });
}

#[test]
fn multicast() {
    let y = (0..2).flat_map(|_| (0..64).rev().map(|i| i * 11));
    let y = Data::u32(y.collect::<Vec<_>>());
    check("multicast", |_| {
        Run::default()
            .input("source", Data::u32((0..64).map(|i| i * 11)))
            .tensor("x", "source", &[32, 2])
            .output("y", y.clone())
    });
}

#[test]
fn bulk() {
    let x: Vec<u32> = (0..192).map(|i| i * 17).collect();
    // The first 32 words of each tile gain one.
    let moved = (0..192).map(|i| x[i] + u32::from(i % 64 < 32));
    let y: Vec<u32> = moved.collect();
    check("bulk", |_| {
        Run::default()
            .input("x", Data::u32(x.clone()))
            .output("y", Data::u32(y.clone()))
            .change("z", Data::u32(vec![1000; 192]), Data::u32(y.iter().map(|v| v + 1000)))
            .u32("n", 192)
    });
}

#[test]
fn roles() {
    let x: Vec<u32> = (0..7 * 128).map(|i| i * i).collect();
    let y: Vec<u32> = x.chunks(128).flat_map(|row| row.iter().rev().map(|v| v * 3)).collect();
    check("roles", |_| {
        Run::default()
            .input("x", Data::u32(x.clone()))
            .output("y", Data::u32(y.clone()))
            .u32("rounds", 7)
    });
}

#[test]
fn grid_dependency() {
    let x: Vec<f32> = (0..100).map(|i| i as f32 * 0.25).collect();
    check("grid_dependency", |_| {
        Run::default()
            .input("x", Data::f32(x.clone()))
            .input("w", Data::f32(x.clone()))
            .output("y", Data::f32(x.iter().map(|v| v * 2.0)))
            .output("z", Data::f32(x.iter().map(|v| v * v * 2.0)))
            .u32("n", 100)
    });
}

#[test]
fn clusters() {
    let y = (0..2u32).flat_map(|rank| {
        let other = 1 - rank;
        let remote = (0..32).map(move |t| 31 - t + other * 100);
        let stored = (0..32).map(move |t| t * 2 + other);
        let sums = (0..32).map(|t| if t < 16 { 5 + 4 * t + 1 } else { 5 });
        remote.chain(stored).chain(sums).collect::<Vec<_>>()
    });
    let y = Data::u32(y.collect::<Vec<_>>());
    check("clusters", |_| Run::default().output("y", y.clone()));
}
