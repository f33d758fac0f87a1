//! [`KvDtype`]: the element of a key-value cache, as it is asked for.

use half::{bf16, f16};
use std::fmt;
use std::str::FromStr;
use tilewright_kernels::{KvElement, PAGE, rotary_append};
use tilewright_runtime::{BackendKind, DType, Device, Error};

/// The element of a key-value cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KvDtype {
    /// `f32` on a processor, `f16` on other devices.
    #[default]
    Auto,
    /// 32 bits.
    F32,
    /// 16 bits, of which 10 are the significand's.
    F16,
    /// 16 bits with the range of `f32`, of which 7 are the significand's.
    Bf16,
}

/// An element that a device cannot hold.
#[derive(Debug, thiserror::Error)]
#[error("{device} cannot hold a key-value cache of {dtype} ({reason}): use --kv-dtype auto")]
pub struct UnsupportedKvDtype {
    /// The element.
    pub dtype: DType,
    /// The device's name.
    pub device: String,
    /// What its kernels lack.
    pub reason: Box<Error>,
}

impl KvDtype {
    /// The element of a device's cache, once the device has stored a token of it.
    ///
    /// # Errors
    /// [`UnsupportedKvDtype`] for one that no kernel of the device stores. What [`KvDtype::Auto`]
    /// stands for is not tried.
    pub fn on(self, device: &Device) -> Result<DType, UnsupportedKvDtype> {
        let (dtype, stored) = match self {
            KvDtype::Auto if device.kind() == BackendKind::Cpu => (DType::F32, Ok(())),
            KvDtype::Auto => (DType::F16, Ok(())),
            KvDtype::F32 => (DType::F32, store::<f32>(device)),
            KvDtype::F16 => (DType::F16, store::<f16>(device)),
            KvDtype::Bf16 => (DType::Bf16, store::<bf16>(device)),
        };
        let name = || device.capabilities().name.clone();
        stored.map_err(|reason| UnsupportedKvDtype {
            dtype,
            device: name(),
            reason: Box::new(reason),
        })?;
        Ok(dtype)
    }
}

/// Appends one token to a cache of one page.
fn store<K: KvElement>(device: &Device) -> Result<(), Error> {
    const SIZE: u64 = 32;
    let qkv = device.zeros::<f32>([1, 3 * SIZE])?;
    let frequencies = device.zeros::<f32>([SIZE / 2])?;
    let (positions, slots) = (device.zeros::<u32>([1])?, device.zeros::<u32>([1])?);
    let mut queries = device.zeros::<f32>([1, 1, SIZE])?;
    let shape = [1, 1, u64::from(PAGE), SIZE];
    let (mut keys, mut values) = (device.zeros::<K>(shape)?, device.zeros::<K>(shape)?);
    let cache = (&mut keys, &mut values);
    let (q, of) = (&mut queries, &frequencies);
    rotary_append(device, &qkv, of, &positions, &slots, q, cache.0, cache.1, 1.0)
}

impl FromStr for KvDtype {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(KvDtype::Auto),
            "f32" => Ok(KvDtype::F32),
            "f16" => Ok(KvDtype::F16),
            "bf16" => Ok(KvDtype::Bf16),
            _ => Err("unknown element: use auto, f32, f16 or bf16".to_owned()),
        }
    }
}

impl fmt::Display for KvDtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KvDtype::Auto => "auto",
            KvDtype::F32 => "f32",
            KvDtype::F16 => "f16",
            KvDtype::Bf16 => "bf16",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::KvDtype;
    use tilewright_runtime::{BackendKind, Capabilities, CudaCapabilities, DType, Device, Options};

    #[test]
    fn names() {
        for dtype in [KvDtype::Auto, KvDtype::F32, KvDtype::F16, KvDtype::Bf16] {
            assert_eq!(dtype.to_string().parse(), Ok(dtype));
        }
        assert!("fp8".parse::<KvDtype>().is_err());
    }

    #[test]
    fn every_element_on_a_processor() {
        let device = Device::open(&"cpu".parse().unwrap()).unwrap();
        let on = |dtype: KvDtype| dtype.on(&device).unwrap();
        assert_eq!([on(KvDtype::Auto), on(KvDtype::F32)], [DType::F32; 2]);
        assert_eq!([on(KvDtype::F16), on(KvDtype::Bf16)], [DType::F16, DType::Bf16]);
    }

    /// No kernel is there for a chip of before sm_80.
    #[test]
    fn what_a_device_cannot_hold() {
        let cuda = CudaCapabilities {
            sm: 75,
            multiprocessors: 40,
            shared_per_block: 65_536,
            max_threads: 1024,
            max_grid: [i32::MAX as u32, 65_535, 65_535],
            l2_bytes: 0,
            driver_version: 12_080,
        };
        let old = Capabilities {
            kind: BackendKind::Null,
            name: "old chip".to_owned(),
            driver: String::new(),
            is_software: false,
            total_memory: None,
            cuda: Some(cuda),
            wgpu: None,
        };
        let options = Options { pretend: Some(old), ..Options::default() };
        let device = Device::open_with(&"null".parse().unwrap(), &options).unwrap();
        let error = KvDtype::Bf16.on(&device).unwrap_err();
        assert_eq!((error.dtype, error.device.as_str()), (DType::Bf16, "old chip"));
        let line = error.to_string();
        assert!(line.starts_with("old chip cannot hold a key-value cache of bf16"), "{line}");
        assert!(line.ends_with("use --kv-dtype auto") && !line.contains('\n'), "{line}");
    }
}
