//! [`DeviceSelector`]: the `--device` argument.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// Which device to open: `auto`, `cuda[:N]`, `wgpu[:N]`, `cpu` or `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceSelector {
    /// CUDA, else a wgpu adapter (real GPUs before software), else the CPU.
    #[default]
    Auto,
    /// CUDA device `N`, 0 where it is not given.
    Cuda(Option<usize>),
    /// wgpu adapter `N`, the best one where it is not given.
    Wgpu(Option<usize>),
    /// The kernels' scalar references on the host.
    Cpu,
    /// Runs nothing and records every dispatch.
    Null,
}

impl FromStr for DeviceSelector {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || Error::UnknownDevice { name: text.to_owned() };
        let (name, index) = match text.split_once(':') {
            Some((name, index)) => (name, Some(index.parse().map_err(|_| unknown())?)),
            None => (text, None),
        };
        match (name, index) {
            ("auto", None) => Ok(DeviceSelector::Auto),
            ("cuda", index) => Ok(DeviceSelector::Cuda(index)),
            ("wgpu", index) => Ok(DeviceSelector::Wgpu(index)),
            ("cpu", None) => Ok(DeviceSelector::Cpu),
            ("null", None) => Ok(DeviceSelector::Null),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for DeviceSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceSelector::Auto => f.write_str("auto"),
            DeviceSelector::Cuda(None) => f.write_str("cuda"),
            DeviceSelector::Cuda(Some(index)) => write!(f, "cuda:{index}"),
            DeviceSelector::Wgpu(None) => f.write_str("wgpu"),
            DeviceSelector::Wgpu(Some(index)) => write!(f, "wgpu:{index}"),
            DeviceSelector::Cpu => f.write_str("cpu"),
            DeviceSelector::Null => f.write_str("null"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_it_prints() {
        for text in ["auto", "cuda", "cuda:3", "wgpu", "wgpu:0", "cpu", "null"] {
            let parsed = text.parse::<DeviceSelector>().map(|selector| selector.to_string());
            assert_eq!(parsed.ok().as_deref(), Some(text));
        }
    }

    #[test]
    fn refuses_the_rest_in_one_line() {
        for text in ["", "gpu", "cuda:", "cuda:-1", "cpu:0", "auto:1", "wgpu:1:2", "CUDA"] {
            let Err(error) = text.parse::<DeviceSelector>() else { panic!("{text} was accepted") };
            assert!(error.to_string().contains("auto, cuda[:N]"), "{error}");
            assert!(!error.to_string().contains('\n'));
        }
    }
}
