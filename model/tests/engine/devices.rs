//! The devices under test.

use tilewright_runtime::{BackendKind, Device, DeviceSelector};

/// A device with the errors of logits that it is allowed.
pub struct Tested {
    pub device: Device,
    /// What opens it once more.
    pub selector: DeviceSelector,
    /// For the default model, whose logits reach 30.
    pub tolerance: f32,
    /// For tiny random models, whose logits are of order one.
    pub tiny_tolerance: f32,
}

/// Every device that `TILEWRIGHT_TEST_DEVICES` names.
pub fn devices() -> Vec<Tested> {
    let names = std::env::var("TILEWRIGHT_TEST_DEVICES").unwrap_or_else(|_| "cpu,wgpu".to_owned());
    names.split(',').map(open).collect()
}

/// The processor with the scalar references.
pub fn cpu() -> Device {
    open("cpu").device
}

fn open(name: &str) -> Tested {
    let selector: DeviceSelector = name.parse().unwrap();
    let device = Device::open(&selector).expect(name);
    // A cache of f16 and other orders of addition, against f32 throughout.
    let (tolerance, tiny_tolerance) = match device.kind() {
        BackendKind::Cpu => (0.02, 5e-4),
        _ => (0.25, 0.02),
    };
    Tested { device, selector, tolerance, tiny_tolerance }
}
