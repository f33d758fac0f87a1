//! The devices that tests run on.

use crate::interpreter::Interpreter;
use crate::pretend;
use std::sync::Arc;
use tilewright_runtime::{BackendKind, Capabilities, Device, DeviceSelector, Options};

/// The devices named in `TILEWRIGHT_TEST_DEVICES`; by default the scalar references, software Vulkan and
/// `interpreter`, which stands for the [`interpreters`]. `cuda-overlap` keeps kernels from overlapping.
///
/// # Panics
/// A device that cannot be opened: a test that is skipped in silence proves nothing.
pub fn devices() -> Vec<Device> {
    devices_or("cpu,wgpu,interpreter")
}

/// [`devices`] with another list where the variable is not set.
///
/// # Panics
/// As there.
pub fn devices_or(default: &str) -> Vec<Device> {
    let names = std::env::var("TILEWRIGHT_TEST_DEVICES").unwrap_or_else(|_| default.to_owned());
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let open = |name: &str| {
        if name == "interpreter" {
            return interpreters();
        }
        let (selector, overlap) = match name.strip_suffix("-overlap") {
            Some(selector) => (selector, false),
            None => (name, true),
        };
        let options = Options { overlap, ..Options::default() };
        let device = selector
            .parse()
            .map_err(|e| format!("{e}"))
            .and_then(|selector| Device::open_with(&selector, &options).map_err(|e| e.to_string()));
        vec![device.unwrap_or_else(|error| panic!("{name} of TILEWRIGHT_TEST_DEVICES: {error}"))]
    };
    names.flat_map(open).collect()
}

/// The interpreter as three devices: with the texts for `sm_80`, for every WGSL device, and for WGSL
/// with subgroups of 32.
///
/// # Panics
/// Never: nothing of the machine is needed.
pub fn interpreters() -> Vec<Device> {
    [pretend::ptx(), pretend::wgsl(None), pretend::wgsl(Some(32))].map(open).to_vec()
}

/// The interpreter as a Hopper GPU, for kernels that have texts of their own there.
///
/// # Panics
/// Never: nothing of the machine is needed.
pub fn hopper_interpreter() -> Device {
    open(pretend::hopper())
}

fn open(pretended: Capabilities) -> Device {
    let executor = Arc::new(Interpreter::default());
    let options =
        Options { pretend: Some(pretended), executor: Some(executor), ..Options::default() };
    Device::open_with(&DeviceSelector::Null, &options).expect("a null device")
}

/// Whether a device is one of [`interpreters`].
pub fn is_interpreter(device: &Device) -> bool {
    device.kind() == BackendKind::Null
}

/// Whether a launch of about so many operations (elements, or products) is quick enough on a device.
pub fn is_affordable(device: &Device, operations: usize) -> bool {
    !is_interpreter(device) || operations <= 1 << 18
}
