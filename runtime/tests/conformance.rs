//! The behaviour of every device, written once and run on each.
//!
//! `cuda` runs where there is a driver; where there is none, `selection.rs` pins the error.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod kernels;

use kernels::{BROKEN, FUTURE, NUMBER, SAXPY, open, saxpy};
use tilewright_runtime::{Arg, DType, Device, DeviceSelector, Error, Launch, Options, Tensor};

fn ramp(n: usize) -> Vec<f32> {
    (0..n).map(|i| i as f32 * 0.5 - 3.0).collect()
}

/// Ragged lengths, with sentinels after the last element that the kernel may touch.
fn kernels_agree_with_the_host(device: &Device) {
    for n in [1usize, 63, 64, 65, 1000] {
        let (x, y) = (ramp(n + 3), vec![2.0f32; n + 3]);
        let (dx, dy) = (device.upload(n + 3, &x).unwrap(), device.upload(n + 3, &y).unwrap());
        saxpy(device, &dx, &dy, 1.5, n as u32).unwrap();
        let expected: Vec<f32> =
            (0..n + 3).map(|i| if i < n { 1.5 * x[i] + 2.0 } else { 2.0 }).collect();
        assert_eq!(dy.download().unwrap(), expected, "n = {n}");
    }
}

fn uploads_are_ordered_with_launches(device: &Device) {
    let n = 40_000;
    let x = device.upload(n, &vec![1.0f32; n]).unwrap();
    let y = device.zeros::<f32>(n).unwrap();
    saxpy(device, &x, &y, 1.0, n as u32).unwrap();
    // A small write and one too large to join the batch, each between two launches.
    x.write(0, &[10.0]).unwrap();
    saxpy(device, &x, &y, 1.0, n as u32).unwrap();
    x.write(0, &vec![100.0; n]).unwrap();
    saxpy(device, &x, &y, 1.0, n as u32).unwrap();
    let got = y.download().unwrap();
    assert_eq!((got[0], got[1], got[n - 1]), (111.0, 102.0, 102.0));
}

fn recordings_replay(device: &Device) {
    let x = device.upload(5, &[1.0f32; 5]).unwrap();
    let (y, z) = (device.zeros::<f32>(5).unwrap(), device.zeros::<f32>(5).unwrap());
    let recording = device
        .record(|| {
            saxpy(device, &x, &y, 2.0, 5)?;
            z.copy_from(&y)?;
            saxpy(device, &y, &z, 10.0, 5)
        })
        .unwrap();
    assert_eq!(recording.len(), 3);
    assert_eq!(y.download().unwrap(), [0.0; 5], "recording runs nothing");
    recording.replay().unwrap();
    recording.replay().unwrap();
    x.write(0, &[5.0]).unwrap();
    recording.replay().unwrap();
    assert_eq!(y.download().unwrap(), [14.0, 6.0, 6.0, 6.0, 6.0]);
    assert_eq!(z.download().unwrap(), [154.0, 66.0, 66.0, 66.0, 66.0]);
    // The recording keeps its memory alive.
    drop((x, y));
    recording.replay().unwrap();
    assert_eq!(z.download().unwrap(), [264.0, 88.0, 88.0, 88.0, 88.0]);
}

fn recordings_refuse_what_cannot_replay(device: &Device) {
    let x = device.zeros::<f32>(4).unwrap();
    let outside = |error| matches!(error, Err(Error::InRecording { .. }));
    assert!(outside(device.record(|| x.write(0, &[1.0])).map(drop)));
    assert!(outside(device.record(|| x.download().map(drop)).map(drop)));
    assert!(outside(device.record(|| device.synchronise()).map(drop)));
    assert!(outside(device.record(|| device.record(|| Ok(())).map(drop)).map(drop)));
    // The failed recordings are over.
    x.write(0, &[1.0]).unwrap();
    let empty = device.record(|| Ok(())).unwrap();
    assert!(empty.is_empty());
    empty.replay().unwrap();
    assert_eq!(x.download().unwrap(), [1.0, 0.0, 0.0, 0.0]);
}

fn another_thread_is_not_recorded(device: &Device) {
    let x = device.upload(4, &[1.0f32; 4]).unwrap();
    let y = device.zeros::<f32>(4).unwrap();
    let recording = device.record(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| saxpy(device, &x, &y, 1.0, 4)).join().expect("no panic")
        })
    });
    assert!(recording.unwrap().is_empty());
    assert_eq!(y.download().unwrap(), [1.0; 4]);
}

fn threads_share_a_device(device: &Device) {
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            scope.spawn(move || {
                let x = device.upload(100, &[thread as f32; 100]).unwrap();
                let y = device.zeros::<f32>(100).unwrap();
                for _ in 0..20 {
                    saxpy(device, &x, &y, 1.0, 100).unwrap();
                }
                assert_eq!(y.download().unwrap(), [20.0 * thread as f32; 100]);
            });
        }
    });
}

fn narrow_elements_are_written_at_any_offset(device: &Device) {
    let t = device.upload(11, &[9u8; 11]).unwrap();
    t.write(1, &[1, 2]).unwrap();
    t.write(10, &[3]).unwrap();
    t.write(5, &[4, 5, 6, 7]).unwrap();
    assert_eq!(t.download().unwrap(), [9, 1, 2, 9, 9, 4, 5, 6, 7, 9, 3]);
    assert_eq!(t.read(2, 4).unwrap(), [2, 9, 9, 4]);
    let h = device.upload(3, &[half::f16::ONE; 3]).unwrap();
    h.write(1, &[half::f16::ZERO]).unwrap();
    assert_eq!(h.download().unwrap(), [half::f16::ONE, half::f16::ZERO, half::f16::ONE]);
    assert!(matches!(t.write(10, &[0; 2]), Err(Error::OutOfRange { start: 10, end: 12, len: 11 })));
    assert!(matches!(t.read(u64::MAX, 2), Err(Error::OutOfRange { .. })));
}

fn zeros_copies_and_views(device: &Device) {
    let a = device.upload([2, 64], &ramp(128)).unwrap();
    let b = device.upload([2, 64], &vec![7.0f32; 128]).unwrap();
    b.view(64, 64).unwrap().copy_from(&a.view(0, 64).unwrap()).unwrap();
    assert_eq!(b.download().unwrap(), [vec![7.0; 64], ramp(64)].concat());
    b.view(64, 64).unwrap().fill_zero().unwrap();
    assert_eq!(b.download().unwrap(), [vec![7.0; 64], vec![0.0; 64]].concat());
    saxpy(device, &a.view(64, 64).unwrap(), &b, 1.0, 64).unwrap();
    let sum: Vec<f32> = ramp(128)[64..].iter().map(|x| x + 7.0).collect();
    assert_eq!(b.download().unwrap(), [sum, vec![0.0; 64]].concat());
    let narrow = device.upload(7, &[1u8; 7]).unwrap();
    narrow.fill_zero().unwrap();
    assert_eq!(narrow.download().unwrap(), [0; 7]);
}

fn empty_tensors_and_grids_are_nothing(device: &Device) {
    let x = device.upload::<f32>([0, 4], &[]).unwrap();
    let y = device.zeros::<f32>([0, 4]).unwrap();
    saxpy(device, &x, &y, 1.0, 0).unwrap();
    y.fill_zero().unwrap();
    y.copy_from(&x).unwrap();
    assert_eq!(y.download().unwrap(), []);
    device.synchronise().unwrap();
}

fn a_long_linear_grid_folds(device: &Device) {
    for n in [1u64, 65_535, 65_536, 200_001] {
        let y = device.zeros::<u32>(n + 1).unwrap();
        let launch = Launch { kernel: &NUMBER, case: 0, grid: [n, 1, 1], args: &[Arg::write(&y)] };
        device.launch(&launch).unwrap();
        let got = y.download().unwrap();
        let wrong = (0..n).find(|&i| got[i as usize] != i as u32 + 1);
        assert_eq!((wrong, got[n as usize]), (None, 0), "n = {n}");
    }
}

fn bad_launches_are_refused(device: &Device) {
    let (x, y) = (device.zeros::<f32>(4).unwrap(), device.zeros::<f32>(4).unwrap());
    let u = device.zeros::<u32>(4).unwrap();
    let (a, n) = (Arg::scalar(1.0f32), Arg::scalar(4u32));
    let launch = |case, args: &[Arg<'_>]| {
        device.launch(&Launch { kernel: &SAXPY, case, grid: [1, 1, 1], args }).unwrap_err()
    };
    let text = |args: &[Arg<'_>]| launch(0, args).to_string();
    assert_eq!(text(&[]), "kernel saxpy takes 4 arguments and was given 0");
    assert_eq!(
        text(&[Arg::read(&x), Arg::read(&y), a, n]),
        "argument y of kernel saxpy must be a read and written buffer, not a read buffer"
    );
    assert_eq!(
        text(&[Arg::read(&u), Arg::read_write(&y), a, n]),
        "argument x of saxpy must hold f32, not u32: convert it first"
    );
    assert!(matches!(
        launch(0, &[Arg::read(&x), Arg::read_write(&y), a, a]),
        Error::DTypeMismatch { argument: "n", .. }
    ));
    assert!(matches!(
        launch(0, &[Arg::read(&y.view(0, 1).unwrap()), Arg::read_write(&y), a, n]),
        Error::Alias { first: "x", second: "y", .. }
    ));
    assert!(matches!(
        launch(9, &[Arg::read(&x), Arg::read_write(&y), a, n]),
        Error::NoSuchCase { case: 9, cases: 1, .. }
    ));
    let elsewhere = open("null").zeros::<f32>(4).unwrap();
    assert!(matches!(
        launch(0, &[Arg::read(&elsewhere), Arg::read_write(&y), a, n]),
        Error::WrongDevice { .. }
    ));
    assert_eq!(y.download().unwrap(), [0.0; 4]);
}

fn texts_that_cannot_run_are_errors(device: &Device) {
    let y = device.zeros::<u32>(4).unwrap();
    let args = [Arg::write(&y)];
    let launch =
        |kernel, args| device.launch(&Launch { kernel, case: 0, grid: [1; 3], args }).unwrap_err();
    let broken = launch(&BROKEN, &args);
    let future = launch(&FUTURE, &[]);
    if device.kind() == tilewright_runtime::BackendKind::Cpu {
        assert!(matches!(broken, Error::MissingReference { kernel: "broken", .. }));
        assert!(future.to_string().contains("T = bf16, HEAD_DIM = 128"), "{future}");
    } else {
        assert!(matches!(broken, Error::Jit { .. }), "{broken:?}");
        assert!(matches!(future, Error::MissingCase { kernel: "future", .. }), "{future:?}");
    }
    for error in [broken, future] {
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    // The device goes on.
    y.write(0, &[1]).unwrap();
    assert_eq!(y.download().unwrap(), [1, 0, 0, 0]);
}

fn impossible_sizes_are_errors(device: &Device) {
    let error = device.zeros::<f32>([1u64 << 40, 1 << 40]).unwrap_err();
    assert!(matches!(error, Error::ShapeOverflow { .. }));
    let error = device.zeros::<f32>(1u64 << 50).unwrap_err();
    assert!(
        matches!(error, Error::OutOfMemory { asked, .. } if asked == 4 << 50)
            || matches!(error, Error::TensorTooLarge { .. }),
        "{error:?}"
    );
    let error = device.upload([2, 2], &[0.0f32; 3]).unwrap_err();
    assert_eq!(error.to_string(), "uploaded data has shape [3] where [2, 2] is needed");
}

fn untyped_tensors(device: &Device) {
    let raw = device.raw_upload(DType::U8, [2, 8], &(0..16).collect::<Vec<u8>>()).unwrap();
    let words = raw.reinterpret(DType::U32).unwrap();
    assert_eq!((words.shape().dims(), words.len()), (&[2u64, 2][..], 4));
    let words = Tensor::<u32>::from_raw(words).unwrap().download().unwrap();
    assert_eq!(words[0], u32::from_le_bytes([0, 1, 2, 3]));
    assert!(matches!(Tensor::<f32>::from_raw(raw.clone()), Err(Error::DTypeMismatch { .. })));
    assert!(device.raw_zeros(DType::U8, [2, 3]).unwrap().reinterpret(DType::U16).is_err());
    assert!(raw.reshape([4, 4]).is_ok() && raw.reshape([4, 5]).is_err());
}

/// Scalars in uniform buffers, as where the adapter has no immediates.
fn without_immediates() -> Device {
    let options = Options { immediates: false, ..Options::default() };
    Device::open_with(&DeviceSelector::Wgpu(None), &options)
        .unwrap_or_else(|error| panic!("this test needs wgpu: {error}"))
}

macro_rules! on_every_device {
    ($($test:ident),* $(,)?) => {
        mod cpu { $(#[test] fn $test() { super::$test(&super::open("cpu")); })* }
        mod wgpu { $(#[test] fn $test() { super::$test(&super::open("wgpu")); })* }
        mod wgpu_without_immediates {
            $(#[test] fn $test() { super::$test(&super::without_immediates()); })*
        }
        mod cuda { $(#[test] fn $test() {
            match tilewright_runtime::Device::open(&"cuda".parse().unwrap()) {
                Ok(device) => super::$test(&device),
                Err(error) => assert!(
                    matches!(error, tilewright_runtime::Error::NoDriver { .. }),
                    "{error}"
                ),
            }
        })* }
    };
}

on_every_device! {
    kernels_agree_with_the_host,
    uploads_are_ordered_with_launches,
    recordings_replay,
    recordings_refuse_what_cannot_replay,
    another_thread_is_not_recorded,
    threads_share_a_device,
    narrow_elements_are_written_at_any_offset,
    zeros_copies_and_views,
    empty_tensors_and_grids_are_nothing,
    a_long_linear_grid_folds,
    bad_launches_are_refused,
    texts_that_cannot_run_are_errors,
    impossible_sizes_are_errors,
    untyped_tensors,
}
