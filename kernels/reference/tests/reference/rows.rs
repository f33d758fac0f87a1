use crate::random::Random;
use tilewright_kernels_reference::{add, rms_norm, select_rows, swiglu};

const SHAPES: [(usize, usize); 6] = [(1, 1), (1, 33), (3, 7), (2, 576), (17, 96), (0, 5)];

#[test]
fn rms_norm_agrees_with_f64() {
    let mut random = Random(10);
    for (rows, cols) in SHAPES {
        let (x, w) = (random.floats(rows * cols), random.floats(cols));
        let mut y = vec![f32::NAN; rows * cols];
        rms_norm(&x, &w, &mut y, rows as u32, cols as u32, 1e-5);
        for (x, y) in x.chunks_exact(cols).zip(y.chunks_exact(cols)) {
            let mean = x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / cols as f64;
            for ((x, y), w) in x.iter().zip(y).zip(&w) {
                let eps = f64::from(1e-5f32);
                let expected = f64::from(*x) / (mean + eps).sqrt() * f64::from(*w);
                let bound = 2.0 * f64::from(f32::EPSILON) * expected.abs();
                assert!((f64::from(*y) - expected).abs() <= bound);
            }
        }
    }
}

#[test]
fn a_row_of_zeros_stays_zero() {
    let mut y = [1.0; 4];
    rms_norm(&[0.0; 4], &[3.0; 4], &mut y, 1, 4, 1e-5);
    assert_eq!(y, [0.0; 4]);
}

#[test]
fn swiglu_agrees_with_f64_and_survives_large_gates() {
    let mut random = Random(11);
    for (rows, cols) in SHAPES {
        let gate_up: Vec<f32> = random.floats(rows * 2 * cols).iter().map(|x| x * 20.0).collect();
        let mut y = vec![f32::NAN; rows * cols];
        swiglu(&gate_up, &mut y, rows as u32, cols as u32);
        for (at, y) in y.iter().enumerate() {
            let (r, c) = (at / cols, at % cols);
            let (g, u) = (gate_up[2 * r * cols + c], gate_up[(2 * r + 1) * cols + c]);
            let (g, u) = (f64::from(g), f64::from(u));
            let expected = g / (1.0 + (-g).exp()) * u;
            let bound = 4.0 * f64::from(f32::EPSILON) * expected.abs() + 1e-30;
            assert!((f64::from(*y) - expected).abs() <= bound, "{y} {expected}");
        }
    }
    let mut y = [f32::NAN; 2];
    swiglu(&[-200.0, 200.0, 2.0, 2.0], &mut y, 1, 2);
    assert_eq!(y, [0.0, 400.0]);
}

#[test]
fn add_is_in_place_and_stops_at_n() {
    let mut y = [1.0, 2.0, 3.0];
    add(&[10.0, 20.0, 30.0], &mut y, 2);
    assert_eq!(y, [11.0, 22.0, 3.0]);
}

#[test]
fn rows_are_selected_and_absent_ones_are_zero() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let mut out = [9.0; 8];
    select_rows(&x, &[2, 0, 3, u32::MAX], &mut out, 3, 2, 4);
    assert_eq!(out, [5.0, 6.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
}
