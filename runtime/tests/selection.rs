//! Opening devices: what there is, what there is not, and what is said about it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod kernels;

use kernels::{open, saxpy};
use tilewright_runtime::{
    BackendKind, Device, DeviceSelector, Error, Fault, FaultPoint, Options, enumerate,
};

fn error(selector: DeviceSelector) -> Error {
    Device::open(&selector).map(drop).expect_err("no such device")
}

#[test]
fn cuda_without_a_driver_is_one_clear_line() {
    match Device::open(&DeviceSelector::Cuda(None)) {
        Err(error @ Error::NoDriver { .. }) => {
            let text = error.to_string();
            assert!(text.starts_with("no cuda driver: "), "{text}");
            assert!(!text.contains('\n'), "{text}");
        }
        Err(error) => panic!("{error}"),
        Ok(device) => {
            assert!(device.capabilities().cuda.as_ref().unwrap().sm >= 50);
            let error = error(DeviceSelector::Cuda(Some(1000)));
            assert!(error.to_string().starts_with("no cuda device 1000: there "), "{error}");
        }
    }
}

#[test]
fn a_wgpu_index_that_is_not_there_lists_those_that_are() {
    let name = open("wgpu").capabilities().name.clone();
    let error = error(DeviceSelector::Wgpu(Some(1000)));
    let Error::NoSuchDevice { index: 1000, ref found, .. } = error else { panic!("{error}") };
    assert!(found.contains(&name), "{error}");
}

#[test]
fn enumerate_finds_what_open_opens() {
    let found = enumerate();
    let last = found.last().unwrap();
    assert_eq!((last.selector, last.capabilities.kind), (DeviceSelector::Cpu, BackendKind::Cpu));
    for device in &found {
        let opened = Device::open(&device.selector).unwrap();
        assert_eq!(opened.capabilities().name, device.capabilities.name);
        assert!(opened.capabilities().cuda == device.capabilities.cuda);
        assert!(opened.capabilities().wgpu == device.capabilities.wgpu);
    }
    let wgpu = found.iter().find_map(|found| found.capabilities.wgpu.as_ref());
    let wgpu = wgpu.expect("an adapter: install mesa-vulkan-drivers and libvulkan1");
    assert!(wgpu.max_storage_binding >= 128 << 20 && wgpu.max_threads >= 128);
}

#[test]
fn auto_prefers_cuda_then_wgpu() {
    let kind = open("auto").kind();
    let cuda = Device::open(&DeviceSelector::Cuda(None)).is_ok();
    assert_eq!(kind, if cuda { BackendKind::Cuda } else { BackendKind::Wgpu });
}

#[test]
fn a_tensor_over_the_binding_limit_is_refused_at_the_launch() {
    let options = Options { max_binding: Some(1 << 20), ..Options::default() };
    let device = Device::open_with(&DeviceSelector::Wgpu(None), &options)
        .unwrap_or_else(|error| panic!("this test needs wgpu: {error}"));
    let n = 1 << 19;
    let (x, y) = (device.zeros::<f32>(n).unwrap(), device.zeros::<f32>(n).unwrap());
    let error = saxpy(&device, &x, &y, 1.0, n).unwrap_err();
    let name = &device.capabilities().name;
    assert_eq!(
        error.to_string(),
        format!(
            "argument x of kernel saxpy needs 2097152 bytes and {name} binds at most 1048576: \
             split its rows"
        )
    );
    // Row ranges are views, at offsets that the device can bind.
    let half = u64::from(n) / 2;
    for start in [0, half] {
        let (x, y) = (x.view(start, half).unwrap(), y.view(start, half).unwrap());
        saxpy(&device, &x, &y, 1.0, half as u32).unwrap();
    }
    let odd = x.view(1, 64u32).unwrap();
    let error = saxpy(&device, &odd, &y.view(0, 64u32).unwrap(), 1.0, 64).unwrap_err();
    assert!(matches!(error, Error::Misaligned { offset: 4, .. }), "{error}");
}

#[test]
fn injected_faults_fail_once_as_a_lost_device() {
    for selector in ["cpu", "wgpu", "null"] {
        let device = open(selector);
        let x = device.upload(4, &[1.0f32; 4]).unwrap();
        let y = device.zeros::<f32>(4).unwrap();
        let lost = |result| matches!(result, Err(Error::DeviceLost { .. }));
        device.inject(Fault { at: FaultPoint::Upload, after: 0 });
        assert!(lost(x.write(0, &[2.0])));
        device.inject(Fault { at: FaultPoint::Download, after: 1 });
        assert_eq!(x.download().unwrap(), [1.0; 4]);
        assert!(lost(x.download().map(drop)));
        device.inject(Fault { at: FaultPoint::Dispatch, after: 0 });
        assert!(lost(saxpy(&device, &x, &y, 1.0, 4)));
        saxpy(&device, &x, &y, 1.0, 4).unwrap();
        let fault = Some(Fault { at: FaultPoint::Upload, after: 0 });
        let options = Options { fault, ..Options::default() };
        let broken = Device::open_with(&selector.parse().unwrap(), &options).unwrap();
        assert!(lost(broken.upload(1, &[1.0f32]).map(drop)));
    }
}

#[test]
fn memory_is_known_where_it_is_the_hosts() {
    for selector in ["cpu", "null"] {
        let memory = open(selector).memory().expect("/proc/meminfo");
        assert!(0 < memory.free && memory.free <= memory.total);
    }
}
