//! Failures that no check can foresee: an `Err` from the next call, never stale data or a panic.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod kernels;

use std::process::Command;

use kernels::{open, saxpy, text};
use tilewright_runtime::{
    Arg, Case, DType, Device, DeviceSelector, Error, KernelInfo, Launch, Param, ParamKind, Target,
    interop,
};

/// Declares more elements than its buffer has: wgpu finds that when the pass is validated.
static TOO_LONG: KernelInfo = KernelInfo {
    name: "too_long",
    params: &[Param { name: "y", kind: ParamKind::Write }],
    cases: &[Case {
        values: &[],
        dtypes: &[DType::U32],
        texts: &[text(
            Target::Wgsl {
                f16: false,
                subgroup: None,
                cooperative_matrix: None,
                workgroup_storage: 0,
            },
            "@group(0) @binding(0) var<storage, read_write> y: array<u32, 1024>;
             @compute @workgroup_size(1) fn too_long() { y[0] = 1u; }",
            "too_long",
            1,
        )],
        reference: None,
    }],
    source: "",
};

fn lost<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.expect_err("the device has failed");
    assert!(matches!(error, Error::DeviceLost { .. }), "{error:?}");
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[test]
fn a_validation_error_in_a_pass_fails_every_later_call() {
    let device = open("wgpu");
    let y = device.upload(4, &[7u32; 4]).unwrap();
    let launch = Launch { kernel: &TOO_LONG, case: 0, grid: [1; 3], args: &[Arg::write(&y)] };
    // The launch itself may pass: it is only encoded.
    let launched = device.launch(&launch);
    lost(launched.and_then(|()| y.download()));
    lost(y.download());
    lost(y.write(0, &[1]));
    lost(device.zeros::<f32>(4));
    lost(device.synchronise());
    // Another device of the same adapter is not concerned.
    assert_eq!(open("wgpu").upload(1, &[3u32]).unwrap().download().unwrap(), [3]);
}

#[test]
fn a_destroyed_device_fails_every_later_call() {
    let device = open("wgpu");
    let (x, y) = (device.upload(4, &[1.0f32; 4]).unwrap(), device.zeros::<f32>(4).unwrap());
    let recording = device.record(|| saxpy(&device, &x, &y, 1.0, 4)).unwrap();
    saxpy(&device, &x, &y, 1.0, 4).unwrap();
    interop::wgpu_device(&device).expect("a wgpu device").0.destroy();
    assert!(y.download().is_err());
    assert!(recording.replay().and_then(|()| y.download().map(drop)).is_err());
    assert!(saxpy(&device, &x, &y, 1.0, 4).and_then(|()| y.download().map(drop)).is_err());
    assert!(device.synchronise().is_err());
    drop((x, y, recording));
}

/// Runs itself as a child whose Vulkan loader finds no driver.
#[test]
fn without_a_vulkan_driver_wgpu_says_what_to_install() {
    const VARIABLE: &str = "TILEWRIGHT_TEST_NO_VULKAN";
    if std::env::var_os(VARIABLE).is_some() {
        let error = Device::open(&DeviceSelector::Wgpu(None)).map(drop).unwrap_err();
        assert!(matches!(error, Error::NoDriver { .. }), "{error:?}");
        assert!(error.to_string().contains("Vulkan"), "{error}");
        let found = tilewright_runtime::enumerate();
        assert!(found.iter().all(|found| found.capabilities.wgpu.is_none()));
        assert!(Device::open(&DeviceSelector::Auto).is_ok());
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "without_a_vulkan_driver_wgpu_says_what_to_install"])
        .env(VARIABLE, "1")
        .env("VK_DRIVER_FILES", "/nonexistent.json")
        .env("VK_ICD_FILENAMES", "/nonexistent.json")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && output.contains("1 passed"), "{output}");
}

#[test]
fn a_reference_that_panics_loses_its_outputs_and_nothing_else() {
    static PANICS: KernelInfo = KernelInfo {
        name: "panics",
        params: &[Param { name: "y", kind: ParamKind::Write }],
        cases: &[Case {
            values: &[],
            dtypes: &[DType::U32],
            texts: &[],
            reference: Some(|call| {
                call.output::<u32>(0)?[0] = 1;
                panic!("a bug in a reference")
            }),
        }],
        source: "",
    };
    let device = open("cpu");
    let (y, z) = (device.zeros::<u32>(1).unwrap(), device.zeros::<u32>(1).unwrap());
    let launch = Launch { kernel: &PANICS, case: 0, grid: [1; 3], args: &[Arg::write(&y)] };
    let run = std::panic::AssertUnwindSafe(|| device.launch(&launch));
    assert!(std::panic::catch_unwind(run).is_err());
    lost(y.download());
    assert_eq!(z.download().unwrap(), [0]);
}
