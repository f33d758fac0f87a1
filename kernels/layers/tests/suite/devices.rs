//! The devices that the tests run on.

use tilewright_runtime::Device;

/// The devices named in `TILEWRIGHT_TEST_DEVICES`; the scalar references and software Vulkan by
/// default.
pub fn devices() -> Vec<Device> {
    let names = std::env::var("TILEWRIGHT_TEST_DEVICES").unwrap_or_else(|_| "cpu,wgpu".to_owned());
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let open = |name: &str| {
        let device = name
            .parse()
            .map_err(|e| format!("{e}"))
            .and_then(|selector| Device::open(&selector).map_err(|e| e.to_string()));
        device.unwrap_or_else(|error| panic!("{name} of TILEWRIGHT_TEST_DEVICES: {error}"))
    };
    names.map(open).collect()
}
