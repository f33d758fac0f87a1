//! Arithmetic: integers at their edges, conversions, functions.

use half::{bf16, f16};
use tilewright_tests::{Data, Run, check};

fn edges() -> Vec<(u32, u32)> {
    let words = [0, 1, 2, 7, 31, 32, 33, 100, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1234_5678];
    words.iter().flat_map(|a| words.iter().map(|b| (*a, *b))).collect()
}

fn integer_results(a: u32, b: u32) -> [u32; 12] {
    let (s, t) = (a as i32, b as i32);
    let high = ((u64::from(a) * u64::from(b)) >> 32) as u32;
    [
        a.wrapping_mul(b).wrapping_add(a.wrapping_sub(b)),
        a.checked_div(b).unwrap_or(0),
        a.checked_rem(b).unwrap_or(0),
        if t == 0 { 0 } else { s.wrapping_div(t) as u32 },
        if t == 0 { 0 } else { s.wrapping_rem(t) as u32 },
        a.checked_shl(b).unwrap_or(0) ^ a.checked_shr(b).unwrap_or(0),
        (s >> b.min(31)) as u32,
        high.wrapping_add(a.min(b)).wrapping_add(a.max(b)),
        a.count_ones() + b.leading_zeros() * 64 + a.trailing_zeros() * 4096,
        a.reverse_bits() ^ (b >> 3 & 31),
        a.div_ceil(b | 1).wrapping_add(if s < t { 7 } else { 9 }),
        (s << 20 >> 24) as u32,
    ]
}

#[test]
fn integers() {
    let pairs = edges();
    let y: Vec<u32> = pairs.iter().flat_map(|(a, b)| integer_results(*a, *b)).collect();
    check("integers", |_| {
        Run::default()
            .input("x", Data::u32(pairs.iter().map(|p| p.0)))
            .input("w", Data::u32(pairs.iter().map(|p| p.1)))
            .output("y", Data::u32(y.clone()))
            .u32("n", pairs.len() as u32)
    });
}

#[test]
fn casts() {
    let x = [0.0f32, 1.5, -1.5, 2.5, 255.7, 300.0, -40000.0, 3.0e9, 5.0e9, -3.0e9, 0.1, 1.0e-5];
    let pair = |a: u16, b: u16| u32::from(a) | u32::from(b) << 16;
    let y = x.iter().flat_map(|x| {
        let (half, brain) = (f16::from_f32(*x), bf16::from_f32(*x));
        [
            *x as u32,
            *x as i32 as u32,
            u32::from(*x as u8),
            *x as i16 as u32,
            x.to_bits(),
            pair(half.to_bits(), f16::from_f32(-x).to_bits()),
            pair(brain.to_bits(), bf16::ONE.to_bits()),
            pair(brain.to_bits(), half.to_bits()),
        ]
    });
    let y: Vec<u32> = y.collect();
    let z = x.iter().flat_map(|x| {
        [
            f16::from_f32(*x).to_f32() + 0.5,
            -x,
            (*x as i32) as f32 + (*x as u32 & 0xff) as f32,
            bf16::from_f32(*x).to_f32(),
        ]
    });
    let z: Vec<f32> = z.collect();
    check("casts", |_| {
        Run::default()
            .input("x", Data::f32(x))
            .output("y", Data::u32(y.clone()))
            .output("z", Data::f32(z.clone()))
            .u32("n", x.len() as u32)
    });
}

#[test]
fn math() {
    let x: Vec<f32> = (1..40).map(|i| i as f32 * 0.19).collect();
    let y = x.iter().flat_map(|x| {
        let v = f64::from(*x);
        [
            v.sqrt() + 1.0 / v.sqrt(),
            2.0 / v,
            (-v).exp() + (v * 0.5).exp2(),
            v.ln() + v.log2(),
            v.sin() + v.cos(),
            v.tanh() + (v * 0.25).tanh(),
            v.floor() + v.ceil() * 10.0 + (-v).trunc() * 100.0 + v.round_ties_even() * 1000.0,
            v.exp2() + v.log2() + 1.0 / v.sqrt(),
            v * v + 1.0 + v + v.min(2.0) + v.max(3.0),
            v.clamp(1.0, 2.5) - f64::from(x % 0.75),
            3.0 * v + v * v - 1.0,
            if v > 2.0 { v } else { -v },
        ]
    });
    let y = Data::f32(y.map(|v| v as f32).collect::<Vec<_>>()).within(2e-6);
    check("math", |_| {
        Run::default()
            .input("x", Data::f32(x.clone()))
            .output("y", y.clone())
            .u32("n", x.len() as u32)
    });
}
