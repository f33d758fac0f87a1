//! What the steps need from outside: Debian packages and `ptxas`. Each is installed once.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::{cache, process, wheel};

/// Mesa's software Vulkan and the loader.
pub const VULKAN: &[&str] = &["mesa-vulkan-drivers", "libvulkan1"];
/// The browser that compiles the web dialect.
pub const CHROMIUM: &[&str] = &["chromium"];
/// The last ptxas whose PTX versions a CUDA 13.0 driver also takes.
const PTXAS_WHEEL: &str = "nvidia-cuda-nvcc==13.0.88";

/// Installs the Debian packages that are missing, and says so.
pub fn apt(packages: &[&str]) -> Result<(), Failure> {
    let missing: Vec<&str> = packages.iter().copied().filter(|p| !installed(p)).collect();
    if missing.is_empty() {
        println!("already installed: {}", packages.join(" "));
        return Ok(());
    }
    if !may_install() {
        return Err(Failure::Other(format!(
            "missing packages; run as root: apt-get install --no-install-recommends {}",
            missing.join(" ")
        )));
    }
    println!("installing with apt: {}", missing.join(" "));
    process::run(apt_get().args(["-q", "update"]))?;
    process::run(apt_get().args(["-q", "install", "-y", "--no-install-recommends"]).args(&missing))
}

/// Whether this machine has apt and the user may use it.
pub fn may_install() -> bool {
    let root = process::capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    root && process::succeeds(Command::new("apt-get").arg("--version"))
}

/// pip for `python3`.
pub fn pip() -> Result<(), Failure> {
    if process::succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        return Ok(());
    }
    apt(&["python3-pip"])
}

/// The assembler for PTX, in the cache folder.
pub fn ptxas() -> Result<PathBuf, Failure> {
    let path = cache::folder()?.join("tools").join("nvidia-cuda-nvcc-13.0.88").join("ptxas");
    if process::succeeds(Command::new(&path).arg("--version")) {
        println!("already installed: {}", path.display());
        return Ok(path);
    }
    let fetched = wheel::member(PTXAS_WHEEL, "ptxas")?;
    executable(&fetched)?;
    process::capture(Command::new(&fetched).arg("--version"))?;
    wheel::place(&fetched, &path)?;
    println!("installed {}", path.display());
    Ok(path)
}

fn installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f=${db:Status-Status}", package]).stderr(std::process::Stdio::null());
    query.output().is_ok_and(|o| o.status.success() && o.stdout == b"installed")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

#[cfg(unix)]
fn executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
        .map_err(|e| Failure::io("make executable", path, e))
}

#[cfg(not(unix))]
fn executable(_path: &Path) -> Result<(), Failure> {
    Ok(())
}
