//! `cargo xtask demo`: set-up and main job, words from a real model.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::{install, model, process};

/// What the demo runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Device {
    /// An NVIDIA driver answers.
    Cuda,
    /// A Vulkan driver is installed, a real chip's or Mesa's software one.
    Wgpu,
    /// Neither, and this user may not install one.
    Cpu,
}

/// Finds a device, builds, fetches the model, generates; `args` go to `tilewright generate`.
pub fn run(args: &[String]) -> Result<(), Failure> {
    let device = find_device()?;
    println!("device: {device:?}");
    process::run(process::cargo().args(["build", "--release", "--bin", "tilewright"]))?;
    let model = model::fetch()?;
    let mut generate = Command::new(binary()?);
    generate.args(["generate", "--model"]).arg(model).env("NODEVICE_SELECT", "1");
    let given = |flag: &str| args.iter().any(|a| a == flag || a.starts_with(&format!("{flag}=")));
    if !given("--prompt") && !given("--prompt-file") {
        generate.args(["--prompt", "Once upon a time"]);
    }
    if !given("--seed") {
        generate.args(["--seed", "1"]);
    }
    if !given("--device") {
        generate.args(["--device", device.argument()]);
    }
    process::run(generate.args(args))
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

fn find_device() -> Result<Device, Failure> {
    if process::succeeds(Command::new("nvidia-smi").arg("-L")) {
        return Ok(Device::Cuda);
    }
    if vulkan_driver() {
        return Ok(Device::Wgpu);
    }
    if install::may_install() {
        install::apt(install::VULKAN)?;
        return Ok(Device::Wgpu);
    }
    println!(
        "no CUDA or Vulkan driver; for wgpu install, as root: {} (here the CPU will do)",
        install::VULKAN.join(" ")
    );
    Ok(Device::Cpu)
}

/// Whether some Vulkan driver can be expected to find a device.
///
/// Drivers announce themselves by a manifest. Mesa installs one for every chip that it knows, so
/// a manifest counts where the chip is there (a render node) or where it is the software one.
fn vulkan_driver() -> bool {
    let chip = Path::new("/dev/dri/renderD128").exists();
    let named =
        ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].iter().any(|v| std::env::var_os(v).is_some());
    let folders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
    let mut manifests = folders.iter().flat_map(|f| std::fs::read_dir(f).into_iter().flatten());
    named
        || manifests.any(|entry| {
            entry.is_ok_and(|e| chip || e.file_name().to_string_lossy().contains("lvp"))
        })
}

/// The release binary that was just built.
fn binary() -> Result<std::path::PathBuf, Failure> {
    let folder = process::target_folder()?;
    Ok(folder.join("release").join(format!("tilewright{}", std::env::consts::EXE_SUFFIX)))
}
