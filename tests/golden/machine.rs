//! Instructions and hints of one target: caches, orders, scopes, bit tricks, parts of a workgroup.

use half::{bf16, f16};
use tilewright_kernel_compiler::ir::Scalar;
use tilewright_kernel_compiler::target::{Dialect, Target};
use tilewright_tests::{Data, Run, check};

#[test]
fn named_barriers() {
    let y = (0..128).map(|t| if t < 64 { t } else { (127 - t) * (127 - t) });
    let y = Data::u32(y.collect::<Vec<_>>());
    check("named_barriers", |_| Run::default().output("y", y.clone()));
}

#[test]
fn cache_hints() {
    let x: Vec<f32> = (0..200).map(|i| i as f32).collect();
    check("cache_hints", |_| {
        Run::default()
            .input("w", Data::f32(x.iter().map(|v| v * 0.5)))
            .input("x", Data::f32(x.clone()))
            .output("y", Data::f32(x.iter().map(|v| v * 1.5)))
            .u32("n", 200)
    });
}

#[test]
fn ordered() {
    check("ordered", |_| {
        Run::default()
            .change("flag", Data::u32([0]), Data::u32([1]))
            .output("x", Data::u32((0..32).map(|i| i * 7)))
            .output("y", Data::u32((0..32).rev().map(|i| i * 7 + 1)))
    });
}

#[test]
fn float_atomics() {
    let x: Vec<f32> = (0..100).map(|i| i as f32 * 0.25).collect();
    let total: f32 = x.iter().sum();
    check("float_atomics", |_| {
        Run::default()
            .input("x", Data::f32(x.clone()))
            .change("sum", Data::f32([1.0, 0.0]), Data::f32([total + 1.0, total * 2.0]))
            .change("count", Data::new(Scalar::U64, [7.0]), Data::new(Scalar::U64, [307.0]))
            .u32("n", 100)
    });
}

/// The code of one of the few values that occur, by the format's definition.
fn small(value: f32, mantissa: u32, bias: i32) -> u32 {
    if value == 0.0 {
        return if value.is_sign_negative() { 0x80 } else { 0 };
    }
    let exponent = value.abs().log2().floor();
    let fraction = (value.abs() / exponent.exp2() - 1.0) * (1 << mantissa) as f32;
    let sign = if value < 0.0 { 0x80 } else { 0 };
    sign | ((exponent as i32 + bias) as u32) << mantissa | fraction as u32
}

#[test]
fn bits() {
    let x: Vec<u32> = (0..64u32).map(|i| i.wrapping_mul(0x9E37_79B9)).collect();
    let y = x.iter().flat_map(|v| {
        let bytes = [v.to_le_bytes(), 0x6464_6464u32.to_le_bytes()].concat();
        let selector = 0x4140 + (v & 3) * 16;
        let chosen = [0, 1, 2, 3].map(|i| bytes[(selector >> (4 * i) & 7) as usize]);
        let weights = [0xfe, 0x02, 0xff, 0x01].map(|b: u8| i32::from(b as i8));
        let terms = v.to_le_bytes().into_iter().zip(weights);
        let dot = terms.map(|(a, b)| i32::from(a as i8) * b).sum::<i32>() - 5;
        let kept = (v & 0x0001_0001) * 0x3c00;
        let [a, b] = [kept, kept >> 16].map(|h| f16::from_bits(h as u16).to_f32());
        let pair = |low: f32, high: f32, m, bias| small(low, m, bias) | small(high, m, bias) << 8;
        [
            v & 0x000f_000f | 0x6400_6400,
            u32::from_le_bytes(chosen),
            dot as u32,
            u32::from(bf16::from_f32(a + 1.0).to_bits())
                | u32::from(bf16::from_f32(b).to_bits()) << 16,
            pair(a * 1.5, -b, 3, 7),
            pair(a + 2.0, b * 4.0, 2, 15),
        ]
    });
    let y = Data::u32(y.collect::<Vec<_>>());
    check("bits", |_| {
        Run::default().input("x", Data::u32(x.clone())).output("y", y.clone()).u32("n", 64)
    });
}

#[test]
fn fences() {
    let y = (0..64u32).map(|t| (t ^ 1) * 100 + 63 - t + 8);
    let y = Data::u32(y.collect::<Vec<_>>());
    check("fences", |_| Run::default().output("y", y.clone()));
}

#[test]
fn web() {
    check("web", |case| {
        let (level, shared, subgroup, half) = match case.target {
            Target::Ptx(ptx) => (ptx.sm, if ptx.sm == 80 { 99 } else { 227 }, 32, 1),
            Target::Wgsl(wgsl) if wgsl.dialect == Dialect::Web => (1, 16, 7, 0),
            Target::Wgsl(_) => (2, 32, 32, 1),
        };
        Run::default()
            .output("y", Data::u32([level * 1_000_000 + shared * 1000 + subgroup * 2 + half; 32]))
    });
}
