//! `split(x: rows)`: launches over buffers that are larger than what the device binds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod kernels;

use kernels::SAXPY;
use tilewright_runtime::rule::{Comparison, Condition, Cost, Rule, Size, SizeOp};
use tilewright_runtime::{
    Arg, Capabilities, Device, DeviceSelector, Error, KernelInfo, LaunchCost, Options, Tensor,
    TypedKernel,
};

/// `x: [n], y: [n]`, in ranges of `n`.
static SPLIT: TypedKernel = TypedKernel {
    info: &SAXPY,
    rules: &[Rule {
        shapes: &[&[Size::Param(3)], &[Size::Param(3)], &[], &[]],
        grid: [
            Size::Op(SizeOp::CeilDiv, &Size::Param(3), &Size::Const(64)),
            Size::Const(1),
            Size::Const(1),
        ],
        conditions: &[],
        split: Some(3),
        index_bits: 32,
        cost: Some(Cost {
            bytes: Size::Op(SizeOp::Mul, &Size::Const(12), &Size::Param(3)),
            flops: Size::Op(SizeOp::Mul, &Size::Const(2), &Size::Param(3)),
        }),
    }],
};

/// `x: [n, 1]`, which is cut, and `y`, which is not.
static HALF: TypedKernel = TypedKernel {
    info: &SAXPY,
    rules: &[Rule {
        shapes: &[&[Size::Param(3)], &[Size::Const(1 << 19)], &[], &[]],
        conditions: &[Condition::Compare(Size::Param(3), Comparison::Gt, Size::Const(0))],
        ..SPLIT_RULE
    }],
};

const SPLIT_RULE: Rule = Rule {
    shapes: &[],
    grid: [Size::Const(1), Size::Const(1), Size::Const(1)],
    conditions: &[],
    split: Some(3),
    index_bits: 32,
    cost: None,
};

fn limited(selector: DeviceSelector) -> Device {
    let pretend = Device::open(&"wgpu".parse().unwrap()).map(|d| d.capabilities().clone());
    let options = Options {
        max_binding: Some(1 << 20),
        pretend: pretend.ok().map(|real| Capabilities { name: "pretended".to_owned(), ..real }),
        ..Options::default()
    };
    Device::open_with(&selector, &options).unwrap_or_else(|e| panic!("this test needs wgpu: {e}"))
}

fn launch(
    kernel: &TypedKernel,
    device: &Device,
    x: &Tensor<f32>,
    y: &Tensor<f32>,
) -> Result<(), Error> {
    let args = [Some(Arg::read(x)), Some(Arg::read_write(y)), Some(Arg::scalar(2.0f32)), None];
    kernel.launch(device, &args, &[])
}

#[test]
fn ragged_ranges_cover_every_row_once() {
    let device = limited(DeviceSelector::Wgpu(None));
    // A range holds 2^18 elements: just one, one and a row, two and a rest.
    for n in [1usize << 18, (1 << 18) + 1, (1 << 19) + 12_345] {
        let data: Vec<f32> = (0..n + 64).map(|i| (i % 1000) as f32).collect();
        let whole = device.upload(n + 64, &data).unwrap();
        let x = whole.view(0, n).unwrap();
        let guarded = device.upload(n + 64, &vec![1.0f32; n + 64]).unwrap();
        let y = guarded.view(0, n).unwrap();
        launch(&SPLIT, &device, &x, &y).unwrap();
        let got = guarded.download().unwrap();
        let wrong = (0..n).find(|i| got[*i] != 1.0 + 2.0 * data[*i]);
        assert_eq!(wrong, None, "n = {n}");
        assert!(got[n..].iter().all(|v| *v == 1.0), "written behind the end");
    }
}

#[test]
fn ranges_start_where_the_device_can_bind_them() {
    let device = limited(DeviceSelector::Null);
    let n = (1usize << 19) + 12_345;
    let (x, y) = (device.zeros::<f32>(n).unwrap(), device.zeros::<f32>(n).unwrap());
    launch(&SPLIT, &device, &x, &y).unwrap();
    let records = device.recorded();
    let ranges: Vec<(u64, u64)> = records.iter().map(|record| bound(&record.args[0])).collect();
    assert_eq!(ranges, [(0, 1 << 20), (1 << 20, 1 << 20), (2 << 20, 4 * 12_345)]);
    let grids: Vec<u32> = records.iter().map(|record| record.grid[0]).collect();
    assert_eq!(grids, [4096, 4096, 193]);
    let recording = device.record(|| launch(&SPLIT, &device, &x, &y)).unwrap();
    assert_eq!(recording.len(), 3);
    let (bytes, flops) = (12 * n as u64, 2 * n as u64);
    assert_eq!(recording.cost(), Some(LaunchCost { bytes, flops }), "of all ranges");
}

fn bound(arg: &tilewright_runtime::ArgRecord) -> (u64, u64) {
    match arg {
        tilewright_runtime::ArgRecord::Buffer { offset, bytes, .. } => (*offset, *bytes),
        other => panic!("{other:?} is no buffer"),
    }
}

#[test]
fn a_recorded_launch_is_split_too() {
    let device = limited(DeviceSelector::Wgpu(None));
    let n = (1usize << 18) + 100;
    let (x, y) = (device.upload(n, &vec![3.0f32; n]).unwrap(), device.zeros::<f32>(n).unwrap());
    let recording = device.record(|| launch(&SPLIT, &device, &x, &y)).unwrap();
    assert_eq!(recording.len(), 2);
    recording.replay().unwrap();
    recording.replay().unwrap();
    assert!(y.download().unwrap().iter().all(|v| *v == 12.0));
}

#[test]
fn what_is_not_cut_must_fit() {
    let device = limited(DeviceSelector::Null);
    let x = device.zeros::<f32>(100).unwrap();
    let y = device.zeros::<f32>(1 << 19).unwrap();
    let error = launch(&HALF, &device, &x, &y).unwrap_err();
    let limit = 1 << 20;
    assert!(matches!(error, Error::TensorTooLarge { limit: l, .. } if l == limit), "{error}");
    assert!(device.recorded().is_empty());
}

/// One row of which is over the limit.
static WIDE: TypedKernel = TypedKernel {
    info: &SAXPY,
    rules: &[Rule {
        shapes: &[
            &[Size::Param(3), Size::Const(1 << 19)],
            &[Size::Param(3), Size::Const(1 << 19)],
            &[],
            &[],
        ],
        ..SPLIT_RULE
    }],
};

#[test]
fn a_row_over_the_limit_is_refused() {
    let device = limited(DeviceSelector::Null);
    let x = device.zeros::<f32>([2, 1 << 19]).unwrap();
    let y = device.zeros::<f32>([2, 1 << 19]).unwrap();
    let error = launch(&WIDE, &device, &x, &y).unwrap_err();
    let text = "1 rows of argument x of kernel saxpy needs 2097152 bytes";
    assert!(error.to_string().starts_with(text), "{error}");
    let kernel: &KernelInfo = WIDE.info;
    assert_eq!(kernel.name, "saxpy");
}
