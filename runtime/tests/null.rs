//! The null device: host-side logic seen from outside, for devices that are not here.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod kernels;

use kernels::{FUTURE, MAPPED, NUMBER, open, saxpy};
use tilewright_runtime::{
    Arg, ArgRecord, BackendKind, Capabilities, CudaCapabilities, Device, DeviceSelector, Error,
    Launch, LaunchCost, Options, Queued, ScalarValue, Target,
};

fn pretend(edit: impl FnOnce(&mut Capabilities)) -> Device {
    let mut capabilities = open("wgpu").capabilities().clone();
    capabilities.name = "pretended".to_owned();
    edit(&mut capabilities);
    let options = Options { pretend: Some(capabilities), ..Options::default() };
    Device::open_with(&DeviceSelector::Null, &options).unwrap()
}

fn hopper() -> CudaCapabilities {
    CudaCapabilities {
        sm: 90,
        multiprocessors: 132,
        shared_per_block: 232_448,
        max_threads: 1024,
        max_grid: [i32::MAX as u32, 65_535, 65_535],
        l2_bytes: 50 << 20,
        driver_version: 12_080,
    }
}

#[test]
fn dispatches_are_recorded_in_order() {
    let device = open("null");
    let (x, y) = (device.zeros::<f32>(100).unwrap(), device.zeros::<f32>(100).unwrap());
    saxpy(&device, &x, &y, 2.0, 100).unwrap();
    saxpy(&device, &x, &y, 3.0, 0).unwrap();
    let recording = device.record(|| saxpy(&device, &y, &x, 4.0, 65)).unwrap();
    assert_eq!(recording.cost(), None, "saxpy states none");
    assert_eq!(device.record(|| Ok(())).unwrap().cost(), Some(LaunchCost::default()));
    recording.replay().unwrap();
    recording.replay().unwrap();
    let records = device.recorded();
    assert_eq!(records.len(), 3, "an empty grid is nothing, and recording runs nothing");
    assert_eq!((records[0].kernel, records[0].case, records[0].grid), ("saxpy", 0, [2, 1, 1]));
    assert_eq!(records[0].args[2], ArgRecord::Scalar(ScalarValue::F32(2.0)));
    assert_eq!(records[1], records[2]);
    let id = |arg: &ArgRecord| match *arg {
        ArgRecord::Buffer { id, writes, .. } => (id, writes),
        ArgRecord::Scalar(_) => panic!("a scalar"),
    };
    let ((a, _), (b, written)) = (id(&records[0].args[0]), id(&records[0].args[1]));
    assert!(a != b && written);
    assert_eq!(id(&records[1].args[0]), (b, false));
}

#[test]
fn what_is_queued_is_counted() {
    for name in ["null", "cpu"] {
        let device = open(name);
        let (x, y) = (device.zeros::<f32>(100).unwrap(), device.zeros::<f32>(100).unwrap());
        let twice = || (0..2).try_for_each(|_| saxpy(&device, &x, &y, 2.0, 100));
        let recording = device.record(twice).unwrap();
        assert_eq!(device.queued(), Queued::default(), "recording queues nothing");
        twice().unwrap();
        (0..3).try_for_each(|_| recording.replay()).unwrap();
        device.record(|| Ok(())).unwrap().replay().unwrap();
        assert_eq!(device.queued(), Queued { commands: 2, replays: 3, submissions: 5 }, "{name}");
    }
}

#[test]
fn it_keeps_what_is_uploaded() {
    let device = open("null");
    let x = device.upload(3, &[1i64, -2, 3]).unwrap();
    assert_eq!(x.download().unwrap(), [1, -2, 3]);
    assert_eq!(device.kind(), BackendKind::Null);
}

#[test]
fn texts_are_chosen_for_the_pretended_device() {
    let chosen = |device: &Device| {
        let (x, y) = (device.zeros::<f32>(64).unwrap(), device.zeros::<f32>(64).unwrap());
        saxpy(device, &x, &y, 1.0, 64).unwrap();
        device.recorded()[0].text.expect("a text").target
    };
    assert!(matches!(chosen(&pretend(|_| {})), Target::Wgsl { .. }));
    let cuda = pretend(|device| (device.cuda, device.wgpu) = (Some(hopper()), None));
    assert!(matches!(chosen(&cuda), Target::Ptx { sm: 80, .. }));
    let error =
        cuda.launch(&Launch { kernel: &FUTURE, case: 0, grid: [1; 3], args: &[] }).unwrap_err();
    assert_eq!(
        error.to_string(),
        "kernel future (T = bf16, HEAD_DIM = 128) has no text for pretended: needs sm_990a and \
         this is sm_90; needs wgpu"
    );
}

#[test]
fn grids_fold_where_the_device_needs_it() {
    let number = |device: &Device, n: u64| {
        let y = device.zeros::<u32>(1).unwrap();
        let launch = Launch { kernel: &NUMBER, case: 0, grid: [n, 1, 1], args: &[Arg::write(&y)] };
        device.launch(&launch)?;
        let record = device.recorded().pop().unwrap();
        assert_eq!(record.args.last(), Some(&ArgRecord::Scalar(ScalarValue::U32(n as u32))));
        Ok::<_, Error>(record.grid)
    };
    let wgpu = pretend(|device| device.wgpu.as_mut().unwrap().max_grid = 65_535);
    assert_eq!(number(&wgpu, 65_535).unwrap(), [65_535, 1, 1]);
    assert_eq!(number(&wgpu, 65_536).unwrap(), [32_768, 2, 1]);
    assert_eq!(number(&wgpu, 200_001).unwrap(), [50_001, 4, 1]);
    assert!(matches!(number(&wgpu, u64::MAX), Err(Error::LimitExceeded { .. })));
    let cuda = pretend(|device| (device.cuda, device.wgpu) = (Some(hopper()), None));
    assert_eq!(number(&cuda, 200_001).unwrap(), [200_001, 1, 1]);
}

#[test]
fn limits_are_checked_for_the_pretended_device() {
    let run = |device: &Device| {
        let (x, y) = (device.zeros::<f32>(64).unwrap(), device.zeros::<f32>(64).unwrap());
        saxpy(device, &x, &y, 1.0, 64).unwrap_err().to_string()
    };
    let small = |edit: fn(&mut tilewright_runtime::WgpuCapabilities)| {
        run(&pretend(|device| edit(device.wgpu.as_mut().unwrap())))
    };
    assert_eq!(
        small(|wgpu| wgpu.max_threads = 32),
        "kernel saxpy needs 64 threads per workgroup and pretended has 32"
    );
    assert_eq!(
        small(|wgpu| wgpu.max_storage_buffers = 1),
        "kernel saxpy needs 2 storage buffers and pretended has 1"
    );
    assert_eq!(
        small(|wgpu| wgpu.max_storage_binding = 128),
        "argument x of kernel saxpy needs 256 bytes and pretended binds at most 128: split its \
         rows"
    );
}

#[test]
fn the_launch_makes_the_tensor_maps_of_its_text() {
    let device = pretend(|c| c.cuda = Some(hopper()));
    let x = device.zeros::<f32>([16, 64]).unwrap();
    let launch = |rows: u32, cols: u32| {
        let args = [Arg::read(&x), Arg::scalar(rows), Arg::scalar(cols)];
        device.launch(&Launch { kernel: &MAPPED, case: 0, grid: [1; 3], args: &args })
    };
    launch(16, 64).unwrap();
    let ArgRecord::Buffer { dtype, bytes, .. } = device.recorded()[0].args[0] else {
        panic!("a scalar")
    };
    // As a map it has no element type of its own.
    assert_eq!((dtype, bytes), (None, 16 * 64 * 4));
    // A map never reaches beyond its tensor, whatever the scalars say.
    assert!(matches!(launch(17, 64), Err(Error::ShapeMismatch { .. })));
    assert_eq!(device.recorded().len(), 1);
}
