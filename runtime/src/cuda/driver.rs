//! Whether there is a driver, and what its errors mean.

use cudarc::driver::{DriverError, result, sys};

use crate::error::one_line;
use crate::{BackendKind, Error};

/// CUDA 12.0: launch attributes and tensor maps.
const OLDEST: i32 = 12_000;

/// Loads and initialises the driver; returns what it supports, such as 12080.
///
/// cudarc panics where the library or a symbol is missing, so both are made sure of first.
pub(super) fn initialise() -> Result<u32, Error> {
    let no_driver = |reason: String| Error::NoDriver { backend: BackendKind::Cuda, reason };
    // SAFETY: only tries to load the library by its system names.
    if !unsafe { sys::is_culib_present() } {
        let reason = "libcuda was not found; install NVIDIA's driver or use --device wgpu or cpu";
        return Err(no_driver(reason.to_owned()));
    }
    result::init().map_err(|error| no_driver(describe(&error)))?;
    let mut version = 0;
    // SAFETY: the pointer is valid for the call.
    check("cuDriverGetVersion", unsafe { sys::cuDriverGetVersion(&mut version) })?;
    if version < OLDEST {
        let found = format!("{}.{}", version / 1000, version % 1000 / 10);
        return Err(Error::DriverTooOld { found, needed: "12.0" });
    }
    Ok(version.unsigned_abs())
}

/// The result of a raw call.
pub(super) fn check(call: &'static str, result: sys::CUresult) -> Result<(), Error> {
    result.result().map_err(|error| failed(call, error))
}

/// The error of a call. Those that leave the context unusable are [`Error::DeviceLost`]: the
/// driver itself returns them from every later call.
pub(super) fn failed(call: &'static str, error: DriverError) -> Error {
    use sys::CUresult as Code;
    match error.0 {
        Code::CUDA_ERROR_ILLEGAL_ADDRESS
        | Code::CUDA_ERROR_LAUNCH_TIMEOUT
        | Code::CUDA_ERROR_ASSERT
        | Code::CUDA_ERROR_HARDWARE_STACK_ERROR
        | Code::CUDA_ERROR_ILLEGAL_INSTRUCTION
        | Code::CUDA_ERROR_MISALIGNED_ADDRESS
        | Code::CUDA_ERROR_INVALID_ADDRESS_SPACE
        | Code::CUDA_ERROR_INVALID_PC
        | Code::CUDA_ERROR_LAUNCH_FAILED
        | Code::CUDA_ERROR_ECC_UNCORRECTABLE
        | Code::CUDA_ERROR_NVLINK_UNCORRECTABLE
        | Code::CUDA_ERROR_DEVICE_UNAVAILABLE
        | Code::CUDA_ERROR_CONTEXT_IS_DESTROYED
        | Code::CUDA_ERROR_DEINITIALIZED => {
            Error::DeviceLost { reason: format!("{call}: {}", describe(&error)) }
        }
        _ => Error::Driver { backend: BackendKind::Cuda, call, message: describe(&error) },
    }
}

/// `CUDA_ERROR_NAME: what the driver says`.
pub(super) fn describe(error: &DriverError) -> String {
    let text = |text: Result<&std::ffi::CStr, DriverError>| {
        text.map(|text| text.to_string_lossy().into_owned()).ok()
    };
    match (text(error.error_name()), text(error.error_string())) {
        (Some(name), Some(message)) => one_line(&format!("{name}: {message}")),
        _ => format!("error {}", error.0 as u32),
    }
}

/// The kernel driver's version text, finer than [`initialise`]'s; empty where it cannot be read.
pub(super) fn kernel_module_version() -> String {
    let text = std::fs::read_to_string("/proc/driver/nvidia/version").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let looks_like_version =
        |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
    line.split_whitespace().find(looks_like_version).unwrap_or_default().to_owned()
}
