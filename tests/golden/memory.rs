//! Portable memory: workgroup arrays, vectors, atomics, subgroups, fragments.

use tilewright_kernel_compiler::ir::Scalar;
use tilewright_kernel_compiler::target::Target;
use tilewright_tests::{Data, Run, check, noise};

#[test]
fn shared_memory() {
    let x: Vec<f32> = (0..256).map(|i| noise(i) as f32).collect();
    let y = x.chunks(128).flat_map(|x| {
        let mut tile = x.to_vec();
        for step in 0..3 {
            let before = tile.clone();
            for t in 0..128 {
                tile[t] = before[127 - t] + before[t] * step as f32;
            }
        }
        (0..128usize).map(|t| tile[(t + 1) % 128] + ((t / 2) * (t / 2)) as f32).collect::<Vec<_>>()
    });
    let y = Data::f32(y.collect::<Vec<_>>());
    check("shared_memory", |_| {
        Run::default().input("x", Data::f32(x.clone())).output("y", y.clone()).u32("n", 256)
    });
}

#[test]
fn vectors() {
    check("vectors", |case| {
        let (ty, width) = (case.element("T"), case.number("VEC"));
        let n = 48 * width;
        let number = |i: usize| {
            f64::from(noise(i)) + if ty.is_signed() || ty.is_float() { 0.0 } else { 20.0 }
        };
        let forward = Data::new(ty, (0..n).map(number));
        let turned =
            Data::new(ty, (0..n).map(|i| number(i / width * width + width - 1 - i % width)));
        Run::default()
            .input("x", forward.clone())
            .output("y", turned)
            .output("z", forward)
            .u32("n", n as u32)
    });
}

#[test]
fn masked() {
    let x: Vec<f32> = (0..70).map(|i| i as f32 * 0.5).collect();
    let halves: Vec<f64> = (0..140).map(|i| f64::from(noise(i)) * 0.25).collect();
    let bytes = Data::new(Scalar::F16, halves.clone());
    let y = x.iter().enumerate().map(|(i, x)| {
        let masked = if i % 2 == 0 { *x } else { -1.0 };
        masked + f32::from(bytes.bytes[4 * i]) + (halves[2 * i] + halves[2 * i + 1]) as f32
    });
    let y = Data::f32(y.collect::<Vec<_>>()).within(1e-6);
    check("masked", |_| {
        Run::default()
            .input("x", Data::f32(x.clone()))
            .output("y", y.clone())
            .input("bytes", bytes.clone())
            .u32("n", 70)
    });
}

#[test]
fn subgroups() {
    let x: Vec<u32> = (0..128).map(|i| i * 29 % 201).collect();
    let y = (0..128usize).flat_map(|i| {
        let (group, lane) = (&x[i / 32 * 32..][..32], i % 32);
        let v = group[lane];
        let fold = |f: fn(u32, u32) -> u32| group.iter().copied().reduce(f).unwrap();
        [
            group[(lane * 5 + 1) % 32],
            group[lane ^ 8],
            if lane >= 3 { group[lane - 3] } else { v },
            if lane < 30 { group[lane + 2] } else { v },
            group.iter().sum(),
            fold(u32::min) * 256 + fold(u32::max),
            fold(|a, b| a & b & 0xff | (a | 0xf0) & (b | 0xf0)),
            fold(|a, b| a | b),
            fold(|a, b| a ^ b),
            u32::from(group.contains(&3)) + 2 * u32::from(group.iter().all(|v| *v < 200)),
            (0..32).map(|l| u32::from(group[l] % 3 == 0) << l).sum(),
            group[0] + (i / 32 % 2) as u32 * 1000 + lane as u32,
        ]
    });
    let y = Data::u32(y.collect::<Vec<_>>());
    check("subgroups", |_| {
        Run::default().input("x", Data::u32(x.clone())).output("y", y.clone()).u32("n", 128)
    });
}

#[test]
fn reductions() {
    let x: Vec<f32> = (0..3 * 150).map(|i| noise(i) as f32).collect();
    let y = x
        .chunks(150)
        .flat_map(|row| [row.iter().sum(), row.iter().copied().fold(f32::MIN, f32::max)]);
    let y = Data::f32(y.collect::<Vec<_>>());
    check("reductions", |_| {
        Run::default()
            .input("x", Data::f32(x.clone()))
            .output("y", y.clone())
            .u32("rows", 3)
            .u32("cols", 150)
    });
}

#[test]
fn atomics() {
    let x: Vec<u32> = (0..100).map(|i| i * 13 % 97).collect();
    let before = [0, 0, 1000, 0, 0xff, 0, 0, 0];
    let cleared = x.iter().fold(0xff, |mask, v| mask & !(1 << (v % 4)));
    let local = |x: &[u32]| x.iter().sum::<u32>() + x.iter().max().unwrap();
    let after = [
        100,
        *x.iter().max().unwrap(),
        *x.iter().min().unwrap(),
        x.iter().fold(0, |a, b| a ^ b),
        cleared,
        100,
        77,
        local(&x[..64]).max(local(&x[64..])),
    ];
    check("atomics", |_| {
        Run::default()
            .input("x", Data::u32(x.clone()))
            .change("total", Data::u32(before), Data::u32(after))
            .output("seen", Data::u32(vec![1; 100]))
            .u32("n", 100)
    });
}

#[test]
fn compound() {
    check("compound", |_| {
        Run::default().change("count", Data::u32([0]), Data::u32([64])).change(
            "y",
            Data::u32(0..64),
            Data::u32(5..69),
        )
    });
}

#[test]
fn fragments() {
    let number = |i: usize| f64::from(noise(i));
    let y = (0..256usize).map(|i| {
        let sum: f64 =
            (0..16).map(|k| number(i / 16 * 16 + k) * number(1000 + i % 16 * 16 + k)).sum();
        (1.5 * sum) as f32
    });
    let y = Data::f32(y.collect::<Vec<_>>());
    check("fragments", |case| {
        assert!(matches!(case.target, Target::Ptx(_) | Target::Wgsl(_)));
        Run::default()
            .input("a", Data::new(Scalar::F16, (0..256).map(number)))
            .input("b", Data::new(Scalar::F16, (0..256).map(|i| number(i + 1000))))
            .output("y", y.clone())
    });
}
