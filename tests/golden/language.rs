//! The language: abstraction and control flow.

use tilewright_tests::{Data, Run, check};

fn values(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i * 7 % 23) as f32 * 0.25 - 2.0).collect()
}

fn counts(n: u32) -> Vec<u32> {
    (0..n).map(|i| i * 37 % 53).collect()
}

#[test]
fn structs() {
    let x = values(100);
    let y = x.iter().map(|x| {
        let mean = |scales: [f32; 3]| {
            let terms = scales.iter().enumerate().map(|(k, s)| (x + k as f32) * s);
            terms.sum::<f32>() / 6.0
        };
        mean([1.0; 3]) + mean([3.0, 6.0, 12.0]) + 4.0 + 24.0
    });
    let y = Data::f32(y).within(1e-6);
    check("structs", |_| {
        Run::default().input("x", Data::f32(x.clone())).output("y", y.clone()).u32("n", 100)
    });
}

#[test]
fn generics() {
    check("generics", |case| {
        let (ty, width) = (case.element("T"), case.number("VEC"));
        let x = values(40 * width);
        let y = x
            .chunks(width)
            .map(|v| v.iter().map(|x| x * x).sum::<f32>() * (width + 1) as f32 + ty.size() as f32);
        let y = Data::f32(y).within(1e-6);
        Run::default()
            .input("x", Data::new(ty, x.iter().map(|x| f64::from(*x))))
            .output("y", y)
            .u32("n", 40)
    });
}

#[test]
fn closures() {
    let x = values(70);
    let y = x.iter().map(|x| {
        let step = |v: f32, k: f32| v * 3.0 + 1.0 + k;
        let values = [0.0, 1.0, 2.0, 3.0].map(|k| step(step(*x, k), k));
        let largest = values.into_iter().fold(f32::MIN, f32::max);
        largest + values.iter().map(|v| (largest - v).powi(2)).sum::<f32>()
    });
    let y = Data::f32(y).within(1e-6);
    check("closures", |_| {
        Run::default()
            .input("x", Data::f32(x.clone()))
            .output("y", y.clone())
            .u32("n", 70)
            .f32("a", 1.5)
    });
}

#[test]
fn captures() {
    let x = counts(40);
    let y = x.iter().map(|x| {
        let sum = (0..*x).sum::<u32>() + 100;
        sum * 1000 + sum + 1
    });
    let y: Vec<u32> = y.collect();
    check("captures", |_| {
        Run::default()
            .input("x", Data::u32(x.clone()))
            .output("y", Data::u32(y.clone()))
            .u32("n", 40)
    });
}

#[test]
fn enums() {
    check("enums", |case| {
        let mask = case.variant("MASK").to_owned();
        let seen = (0..256u32).map(|i| {
            let (query, key) = (i / 16, i % 16);
            let causal = key <= query;
            u32::from(match mask.as_str() {
                "Full" => true,
                "Causal" => causal,
                _ => causal && key + 4 > query,
            })
        });
        Run::default().output("y", Data::u32(seen))
    });
}

fn hashed(limit: u32) -> u32 {
    let mix = |hash: u32, k: u32| hash.wrapping_mul(31).wrapping_add(k);
    let mut hash = (0..limit).fold(17, mix);
    hash = (0..limit).rev().fold(hash, mix);
    hash = (1..=limit).step_by(3).fold(hash, mix);
    let stepped: Vec<u32> = (2..limit).step_by(4).collect();
    hash = stepped.into_iter().rev().fold(hash, mix);
    let mut left = limit;
    while left > 3 && hash != 0 {
        left /= 2;
        hash ^= left;
    }
    for k in (1..=limit).step_by(2) {
        hash = mix(hash, k);
        let below = (0..k).take_while(|j| j * j <= limit).filter(|j| *j != 2);
        hash = below.fold(hash, u32::wrapping_add);
    }
    hash
}

#[test]
fn loops() {
    let x = counts(70);
    let y = x.iter().map(|x| hashed(*x)).collect::<Vec<_>>();
    check("loops", |_| {
        Run::default()
            .input("x", Data::u32(x.clone()))
            .output("y", Data::u32(y.clone()))
            .u32("n", 70)
    });
}

#[test]
fn tuples_arrays() {
    let x = counts(40);
    // [tens + 5, ones, 2 ones + 2, 4], rotated by two, the ends exchanged, read backwards.
    let y = x.iter().flat_map(|x| {
        let (tens, ones) = (x / 10 + 5, x % 10);
        let rotated = [ones, 4, tens, 2 * ones + 2];
        [rotated[3], rotated[2], rotated[1], rotated[0] + 4]
    });
    let y: Vec<u32> = y.collect();
    check("tuples_arrays", |_| {
        Run::default()
            .input("x", Data::u32(x.clone()))
            .output("y", Data::u32(y.clone()))
            .u32("n", 40)
    });
}

#[test]
fn unrolled() {
    check("unrolled", |case| {
        let width = case.number("N");
        let x = counts(40 * width as u32);
        let y = x.chunks(width).map(|v| {
            let mut total = 0;
            for a in (0..width).step_by(2).filter(|a| *a != 6) {
                total += (a..width).filter(|b| *b != a + 3).map(|b| v[a] * v[b]).sum::<u32>();
            }
            // The break stands after the continue: at a = 6 the first b that is not 9 leaves.
            total
        });
        let y = Data::u32(y.collect::<Vec<_>>());
        Run::default().input("x", Data::u32(x)).output("y", y).u32("n", 40)
    });
}

#[test]
fn functions() {
    let x = counts(90);
    let y = x.iter().map(|x| {
        let kind = match x % 7 {
            0 => 100,
            1 | 2 => 200 + x,
            5 | 6 => 300,
            _ => (x + 1) * (x + 1),
        };
        let place = match x.cmp(&42) {
            std::cmp::Ordering::Greater => 1,
            std::cmp::Ordering::Equal => 2,
            std::cmp::Ordering::Less => 3,
        };
        (x + 1 + 2 * x + kind + place) as i32 + (*x as i32 - 20).clamp(-9, 9)
    });
    let y: Vec<i32> = y.collect();
    check("functions", |_| {
        Run::default()
            .input("x", Data::u32(x.clone()))
            .output("y", Data::i32(y.clone()))
            .u32("n", 90)
    });
}

#[test]
fn grids() {
    let (w, h, d) = (11u32, 6, 3);
    let y = (0..w * h * d).map(|i| {
        let sizes = 2 + 2 * 16 + 2 * 256 + 64 * 4096;
        sizes + i % w + i / w % h * 1_000_000 + i / (w * h) * 10_000_000
    });
    let y = Data::u32(y.collect::<Vec<_>>());
    check("grids", |_| Run::default().output("y", y.clone()).u32("w", w).u32("h", h).u32("d", d));
}

#[test]
fn linear_grid() {
    let y = Data::u32((0..700).map(|i| i * 3));
    check("linear_grid", |_| Run::default().output("y", y.clone()).u32("n", 700));
}
