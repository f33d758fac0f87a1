use crate::device::{cpu, filled, numbers};
use tilewright_kernels::{add, rms_norm, select_rows, swiglu};
use tilewright_runtime::Error;

#[test]
fn rms_norm_normalises_each_row() {
    let device = cpu();
    let x = device.upload([2, 2], &[3.0f32, 4.0, -1.0, 1.0]).unwrap();
    let w = device.upload([2], &[1.0f32, 2.0]).unwrap();
    let mut y = filled(&device, [2, 2], 0.0f32);
    rms_norm(&device, &x, &w, &mut y, 0.0).unwrap();
    let scale = 1.0 / 12.5f32.sqrt();
    let expected = [3.0 * scale, 8.0 * scale, -1.0, 2.0];
    for (y, expected) in y.download().unwrap().into_iter().zip(expected) {
        assert!((y - expected).abs() < 1e-6);
    }
    let error = rms_norm(&device, &x, &x, &mut y, 0.0).unwrap_err();
    assert!(matches!(error, Error::NoCase { .. }), "{error}");
    let narrow = filled(&device, [3], 0.0f32);
    let error = rms_norm(&device, &x, &narrow, &mut y, 0.0).unwrap_err().to_string();
    assert!(error.contains("w has shape [3] where [2] is needed"), "{error}");
    let mut same = x.clone();
    assert!(matches!(rms_norm(&device, &x, &w, &mut same, 0.0), Err(Error::Alias { .. })));
}

#[test]
fn swiglu_multiplies_the_halves() {
    let device = cpu();
    let x = device.upload([2, 4], &[0.0f32, 100.0, 5.0, 2.0, -100.0, 1.0, 3.0, 0.0]).unwrap();
    let mut y = filled(&device, [2, 2], 9.0f32);
    swiglu(&device, &x, &mut y).unwrap();
    assert_eq!(y.download().unwrap(), [0.0, 200.0, 0.0, 0.0]);
    let mut wide = filled(&device, [2, 3], 9.0f32);
    let error = swiglu(&device, &x, &mut wide).unwrap_err().to_string();
    assert!(error.contains("gate_up has shape [2, 4] where [2, 6] is needed"), "{error}");
}

#[test]
fn add_takes_any_shape_and_two_equal_ones() {
    let device = cpu();
    let x = numbers(&device, [2, 3, 2], 1);
    let mut y = filled(&device, [2, 3, 2], 1.0f32);
    add(&device, &x, &mut y).unwrap();
    let expected: Vec<f32> = x.download().unwrap().iter().map(|x| x + 1.0).collect();
    assert_eq!(y.download().unwrap(), expected);
    let mut other = filled(&device, [3, 2, 2], 1.0f32);
    let error = add(&device, &x, &mut other).unwrap_err().to_string();
    assert_eq!(error, "x of add has shape [2, 3, 2] where [3, 2, 2] is needed");
}

#[test]
fn rows_are_selected() {
    let device = cpu();
    let x = device.upload([3, 2], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    let rows = device.upload([2], &[2u32, 7]).unwrap();
    let mut out = filled(&device, [2, 2], 9.0f32);
    select_rows(&device, &x, &rows, &mut out).unwrap();
    assert_eq!(out.download().unwrap(), [5.0, 6.0, 0.0, 0.0]);
    let mut wrong = filled(&device, [3, 2], 9.0f32);
    let error = select_rows(&device, &x, &rows, &mut wrong);
    assert!(matches!(error, Err(Error::NoCase { .. })));
}

#[test]
fn a_recorded_step_reads_what_the_buffers_hold_at_its_replay() {
    let device = cpu();
    let x = device.upload([3, 1], &[1.0f32, 2.0, 3.0]).unwrap();
    let rows = device.upload([1], &[0u32]).unwrap();
    let mut out = filled(&device, [1, 1], 9.0f32);
    let step = device.record(|| select_rows(&device, &x, &rows, &mut out)).unwrap();
    assert_eq!(out.download().unwrap(), [9.0]);
    for (row, expected) in [(1, 2.0), (2, 3.0)] {
        rows.write(0, &[row]).unwrap();
        step.replay().unwrap();
        assert_eq!(out.download().unwrap(), [expected]);
    }
}
