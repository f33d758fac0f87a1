//! `cargo xtask demo`: set-up and main job, words from a real model.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::failure::Failure;
use crate::{install, model, process};

/// What the demo runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Device {
    /// An NVIDIA chip and its driver.
    Cuda,
    /// A Vulkan driver's device, a real chip or Mesa's software one.
    Wgpu,
    /// Neither.
    Cpu,
}

/// Builds, finds a device, fetches the model, generates; `args` go to `tilewright generate`.
pub fn run(args: &[String]) -> Result<(), Failure> {
    process::run(process::cargo().args(["build", "--release", "--bin", "tilewright"]))?;
    generate(&process::release_binary("tilewright")?, args)
}

/// The same with a program that the tests need anyway, and a few tokens.
pub fn check() -> Result<(), Failure> {
    process::run(process::cargo().args(["build", "--bin", "tilewright"]))?;
    generate(&process::debug_binary("tilewright")?, &["--max-tokens=8".to_owned()])
}

fn generate(program: &Path, args: &[String]) -> Result<(), Failure> {
    let mut generate = Command::new(program);
    generate.arg("generate");
    if !given(args, "--device") {
        generate.args(["--device", find_device(program)?.argument()]);
    }
    if !given(args, "--model") {
        generate.arg("--model").arg(model::fetch()?);
    }
    if !given(args, "--prompt") && !given(args, "--prompt-file") {
        generate.args(["--prompt", "Once upon a time"]);
    }
    if !given(args, "--seed") {
        generate.args(["--seed", "1"]);
    }
    process::run(generate.args(args))
}

/// Whether the user said something of `flag`.
fn given(args: &[String], flag: &str) -> bool {
    args.iter().any(|arg| arg == flag || arg.starts_with(&format!("{flag}=")))
}

impl Device {
    fn argument(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Wgpu => "wgpu",
            Self::Cpu => "cpu",
        }
    }
}

/// The best device that the program sees; where it sees none, after software Vulkan has been
/// installed if that is allowed. A missing driver ends no demo.
fn find_device(program: &Path) -> Result<Device, Failure> {
    let mut device = best(&listing(program)?);
    if device == Device::Cpu && install::may_install() {
        println!("no CUDA or Vulkan device: software Vulkan will do");
        match install::apt(install::VULKAN) {
            Ok(()) => device = best(&listing(program)?),
            Err(failure) => println!("note: {failure}"),
        }
    }
    if device == Device::Cpu {
        let packages = install::VULKAN.join(" ");
        println!("no CUDA or Vulkan device; for wgpu install, as root: {packages}");
        println!("the processor will do for now");
    }
    println!("device: {}", device.argument());
    Ok(device)
}

/// What `tilewright devices --json` says.
fn listing(program: &Path) -> Result<Value, Failure> {
    let text = process::capture(Command::new(program).args(["devices", "--json"]))?;
    serde_json::from_str(&text)
        .map_err(|cause| Failure::Other(format!("the list of devices is no JSON: {cause}")))
}

/// The best of a list of devices.
fn best(listing: &Value) -> Device {
    let devices = listing.as_array().map(Vec::as_slice).unwrap_or_default();
    let has = |kind: &str| {
        let selectors = devices.iter().filter_map(|device| device.get("selector")?.as_str());
        selectors.map(|selector| selector.split(':').next()).any(|name| name == Some(kind))
    };
    match (has("cuda"), has("wgpu")) {
        (true, _) => Device::Cuda,
        (false, true) => Device::Wgpu,
        (false, false) => Device::Cpu,
    }
}

#[cfg(test)]
mod tests {
    use super::{Device, best, given};
    use serde_json::json;

    #[test]
    fn the_best_device_that_is_listed() {
        let list = |selectors: &[&str]| {
            best(&selectors.iter().map(|selector| json!({ "selector": selector })).collect())
        };
        assert_eq!(list(&["cpu", "wgpu:0", "cuda:0"]), Device::Cuda);
        assert_eq!(list(&["wgpu:0", "cpu"]), Device::Wgpu);
        assert_eq!(list(&["cpu"]), Device::Cpu);
        assert_eq!((list(&[]), best(&json!(null))), (Device::Cpu, Device::Cpu));
    }

    #[test]
    fn options_are_seen_in_both_forms() {
        let args = ["--seed=3".to_owned(), "--prompt".to_owned(), "x".to_owned()];
        assert!(given(&args, "--seed") && given(&args, "--prompt"));
        assert!(!given(&args, "--prompt-file") && !given(&args, "--see"));
    }
}
