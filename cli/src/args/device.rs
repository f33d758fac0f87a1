//! `--device`.

use std::fmt;
use std::str::FromStr;

/// The device that the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first CUDA device, else the first wgpu adapter, else the CPU.
    #[default]
    Auto,
    /// The CUDA device of this index.
    Cuda(u32),
    /// The wgpu adapter of this index.
    Wgpu(u32),
    /// The scalar references, on all threads.
    Cpu,
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, index) = match text.split_once(':') {
            Some((name, index)) => (name, Some(index)),
            None => (text, None),
        };
        let number = || match index {
            None => Ok(0),
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| format!("'{digits}' is no device index"))
            }
            Some(other) => Err(format!("'{other}' is no device index")),
        };
        match (name, index) {
            ("auto", None) => Ok(Self::Auto),
            ("cpu", None) => Ok(Self::Cpu),
            ("cuda", _) => number().map(Self::Cuda),
            ("wgpu", _) => number().map(Self::Wgpu),
            _ => Err("unknown device: use auto, cuda[:N], wgpu[:N] or cpu".to_owned()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
            Self::Wgpu(index) => write!(f, "wgpu:{index}"),
            Self::Cpu => f.write_str("cpu"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DeviceChoice;

    #[test]
    fn names_and_indices() {
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert_eq!("cuda:3".parse(), Ok(DeviceChoice::Cuda(3)));
        assert_eq!("wgpu:12".parse(), Ok(DeviceChoice::Wgpu(12)));
        assert_eq!("cpu".parse(), Ok(DeviceChoice::Cpu));
        for wrong in
            ["", "gpu", "cpu:0", "auto:1", "cuda:", "cuda:-1", "cuda:+1", "wgpu:4294967296"]
        {
            assert!(wrong.parse::<DeviceChoice>().is_err(), "{wrong}");
        }
    }
}
