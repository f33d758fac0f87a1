use crate::device::{cpu, filled, number, numbers};
use tilewright_kernels::{Format, Output, Scratch, WeightMatrix, gather, matmul};
use tilewright_runtime::{Device, Error};

fn scratch(device: &Device) -> Scratch {
    Scratch::new(device, 8, 256).unwrap()
}

/// Plain weights, and their values.
fn weights(device: &Device, n: u32, k: u32, limit: u64) -> (WeightMatrix, Vec<f32>) {
    let values: Vec<f32> = (0..n * k).map(|i| number(i, 1)).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|w| w.to_le_bytes()).collect();
    let w = WeightMatrix::upload_in_chunks(device, Format::F32, n, k, &bytes, limit).unwrap();
    (w, values)
}

#[test]
fn products_with_any_number_of_chunks_are_the_same() {
    let device = cpu();
    let (n, k) = (200u32, 64u32);
    for tokens in [1u32, 2, 5] {
        let x = numbers(&device, [tokens, k], 2);
        let mut results = Vec::new();
        for (limit, chunks) in [(u64::MAX, 1), (40_000, 2), (64 * 64 * 4, 4)] {
            let (w, values) = weights(&device, n, k, limit);
            assert_eq!(w.chunk_count(), chunks);
            let mut y = filled(&device, [tokens, n + 7], 0.5f32);
            matmul(&device, &w, &x, &mut y, 3, Output::Add, &scratch(&device)).unwrap();
            let y = y.download().unwrap();
            let x = x.download().unwrap();
            for (at, y) in y.iter().enumerate() {
                let (t, r) = (at / 207, (at % 207).wrapping_sub(3));
                if r >= 200 {
                    assert_eq!(*y, 0.5);
                    continue;
                }
                let terms = x[t * 64..][..64].iter().zip(&values[r * 64..][..64]);
                let sum: f64 = terms.map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
                assert!((f64::from(*y) - sum - 0.5).abs() < 1e-5);
            }
            results.push(y);
        }
        assert_eq!(results[0], results[1]);
        assert_eq!(results[0], results[2]);
    }
}

#[test]
fn storing_replaces_what_was_there() {
    let device = cpu();
    let (w, _) = weights(&device, 4, 32, u64::MAX);
    let x = filled(&device, [2, 32], 0.0f32);
    let mut y = filled(&device, [2, 6], 9.0f32);
    matmul(&device, &w, &x, &mut y, 1, Output::Store, &scratch(&device)).unwrap();
    let row = [9.0, 0.0, 0.0, 0.0, 0.0, 9.0];
    assert_eq!(y.download().unwrap(), [row, row].concat());
}

#[test]
fn every_format_has_its_kernels() {
    let device = cpu();
    for format in Format::ALL {
        let bytes = vec![0; 3 * 256 / format.weights_per_block() * format.block_bytes()];
        let w = WeightMatrix::upload(&device, format, 3, 256, &bytes).unwrap();
        for tokens in [1u32, 4] {
            let mut y = filled(&device, [tokens, 3], 1.0f32);
            let x = numbers(&device, [tokens, 256], 3);
            matmul(&device, &w, &x, &mut y, 0, Output::Store, &scratch(&device)).unwrap();
            assert!(y.download().unwrap().iter().all(|y| *y == 0.0), "{format}");
        }
        let tokens = device.upload([2], &[2u32, 0]).unwrap();
        let mut out = filled(&device, [2, 256], 1.0f32);
        gather(&device, &w, &tokens, &mut out).unwrap();
        assert!(out.download().unwrap().iter().all(|x| *x == 0.0), "{format}");
    }
}

#[test]
fn wrong_shapes_are_refused() {
    let device = cpu();
    let (w, _) = weights(&device, 4, 32, u64::MAX);
    let x = filled(&device, [2, 32], 0.0f32);
    let mut y = filled(&device, [2, 6], 9.0f32);
    let narrow = filled(&device, [2, 31], 0.0f32);
    let error =
        matmul(&device, &w, &narrow, &mut y, 0, Output::Store, &scratch(&device)).unwrap_err();
    let text = "x of matmul with a 4 x 32 matrix has shape [2, 31] where [2, 32] is needed";
    assert_eq!(error.to_string(), text);
    let error = matmul(&device, &w, &x, &mut y, 3, Output::Store, &scratch(&device)).unwrap_err();
    let text = "y of matmul with a 4 x 32 matrix from column 3 (or wider) has shape [2, 6] where \
                [2, 7] is needed";
    assert_eq!(error.to_string(), text);
    let mut short = filled(&device, [1, 6], 9.0f32);
    assert!(matmul(&device, &w, &x, &mut short, 0, Output::Store, &scratch(&device)).is_err());
    let far = matmul(&device, &w, &x, &mut y, u32::MAX, Output::Store, &scratch(&device));
    assert!(matches!(far, Err(Error::ShapeMismatch { .. })));
    let mut same = x.clone();
    let (square, _) = weights(&device, 32, 32, u64::MAX);
    let alias = matmul(&device, &square, &x, &mut same, 0, Output::Store, &scratch(&device));
    assert!(matches!(alias, Err(Error::Alias { .. })));
    let other = filled(&cpu(), [2, 32], 0.0f32);
    let foreign = matmul(&device, &w, &other, &mut y, 0, Output::Store, &scratch(&device));
    assert!(matches!(foreign, Err(Error::WrongDevice { .. })));
    assert_eq!(y.download().unwrap(), [9.0; 12]);
}

#[test]
fn gathered_rows_come_from_every_chunk() {
    let device = cpu();
    for limit in [u64::MAX, 64 * 32 * 4] {
        let (w, values) = weights(&device, 150, 32, limit);
        let tokens = device.upload([5], &[149u32, 0, 64, 63, 150]).unwrap();
        let mut out = filled(&device, [5, 32], 7.0f32);
        gather(&device, &w, &tokens, &mut out).unwrap();
        let expected = [149, 0, 64, 63].map(|row| &values[row * 32..][..32]).concat();
        assert_eq!(out.download().unwrap(), [expected, vec![0.0; 32]].concat());
        let mut wide = filled(&device, [5, 33], 7.0f32);
        assert!(gather(&device, &w, &tokens, &mut wide).is_err());
    }
}
