//! Rotary frequencies.

use tilewright_model::config::{Rope, RopeScaling, Yarn};

fn rope(scaling: RopeScaling) -> Rope {
    Rope { dimension_count: 64, freq_base: 10_000.0, scaling }
}

fn yarn() -> Yarn {
    Yarn {
        factor: 4.0,
        original_context: 2048,
        ext_factor: 1.0,
        attn_factor: 1.0,
        beta_fast: 32.0,
        beta_slow: 1.0,
    }
}

#[test]
fn a_geometric_series() {
    let plain = rope(RopeScaling::None).frequencies(None);
    assert_eq!((plain.len(), plain[0]), (32, 1.0));
    assert!((plain[16] - 0.01).abs() < 1e-7);
    let linear = rope(RopeScaling::Linear { factor: 2.0 }).frequencies(None);
    assert!(linear.iter().zip(&plain).all(|(half, whole)| half * 2.0 == *whole));
}

#[test]
fn factors_divide() {
    let plain = rope(RopeScaling::None).frequencies(None);
    let factors: Vec<f32> = (1..=32).map(|i| i as f32).collect();
    let divided = rope(RopeScaling::None).frequencies(Some(&factors));
    for ((divided, plain), factor) in divided.iter().zip(&plain).zip(&factors) {
        assert_eq!(*divided, plain / factor);
    }
}

/// High frequencies are kept, low ones divided, and the ramp lies where the paper's formula puts
/// it: a pair turns `r` times in 2048 positions at index 64 ln(2048 / 2 pi r) / (2 ln 10000).
#[test]
fn yarn_keeps_fast_pairs_and_stretches_slow_ones() {
    let plain = rope(RopeScaling::None).frequencies(None);
    let stretched = rope(RopeScaling::Yarn(yarn())).frequencies(None);
    let pair = |rotations: f32| 32.0 * (2048.0 / (6.283_185_5 * rotations)).ln() / 10_000f32.ln();
    let (low, high) = (pair(32.0).floor() as usize, pair(1.0).ceil() as usize);
    assert_eq!((low, high), (8, 21));
    for i in 0..32 {
        let ratio = plain[i] / stretched[i];
        match i {
            _ if i <= low => assert!((ratio - 1.0).abs() < 1e-6),
            _ if i >= high => assert!((ratio - 4.0).abs() < 1e-5),
            _ => assert!(ratio > 1.0 && ratio < 4.0),
        }
    }
    let magnitude = rope(RopeScaling::Yarn(yarn())).magnitude();
    assert!((magnitude - (1.0 + 0.1 * 4f32.ln())).abs() < 1e-6);
}

#[test]
fn yarn_without_its_ramp_is_linear() {
    let flat = Yarn { ext_factor: 0.0, ..yarn() };
    let linear = rope(RopeScaling::Linear { factor: 4.0 });
    assert_eq!(rope(RopeScaling::Yarn(flat)).frequencies(None), linear.frequencies(None));
    assert_eq!(rope(RopeScaling::Yarn(flat)).magnitude(), 1.0);
}
