//! `cargo xtask ci package`: the example crates, built and run against the *packaged* crates.
//!
//! ```text
//! TARGET/package/NAME-VERSION.crate         what `cargo package` makes
//! TARGET/downstream/crates/NAME-VERSION/    unpacked: what a registry would hand out
//! TARGET/downstream/EXAMPLE/                a copy of the example, far from the workspace
//! TARGET/downstream/.cargo/config.toml      says that the crates are those
//! ```
//!
//! A file that a package forgets, a path that leaves it and a workspace setting that its users do
//! not have fail here. Profiles are cargo's defaults, as they are downstream, so that the limits of
//! expansion are measured here, too.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::failure::Failure;
use crate::steps::Environment;
use crate::{expansion, folder, process};

/// Packages, unpacks, builds and runs; `environment` names the model as `TILEWRIGHT_TEST_MODEL`.
pub fn check(environment: &Environment) -> Result<(), Failure> {
    let target = process::target_folder()?;
    let downstream = target.join("downstream");
    folder::empty(&downstream)?;
    let packages = packages(&target)?;
    let crates = downstream.join("crates");
    unpack(&packages, &crates)?;
    configure(&downstream, &crates, &packages)?;

    let model = environment.iter().find(|(key, _)| *key == "TILEWRIGHT_TEST_MODEL");
    let model = model.map(|(_, path)| path.to_string_lossy().into_owned());
    let model = model.ok_or_else(|| Failure::Other("the example needs a model".into()))?;
    example(&downstream, "own-kernel", &["wgpu"])?;
    example(&downstream, "own-kernel", &["cpu"])?;
    example(&downstream, "import-model", &[&model, "1, 2, 3, 4,", "4", "wgpu"])?;
    expansion::check(&downstream.join("import-model"), &families(&packages), cargo)
}

/// The packages of kernel families: those that expand macros.
fn families(packages: &[PathBuf]) -> Vec<String> {
    let name = |path: &PathBuf| {
        let stem = path.file_stem()?.to_string_lossy().into_owned();
        stem.rsplit_once('-').map(|(name, _version)| name.to_owned())
    };
    let is_family = |name: &String| {
        name.starts_with("tilewright-kernels-") && name != "tilewright-kernels-reference"
    };
    packages.iter().filter_map(name).filter(is_family).collect()
}

/// Makes the `.crate` files anew; their paths.
fn packages(target: &Path) -> Result<Vec<PathBuf>, Failure> {
    let place = target.join("package");
    if place.exists() {
        std::fs::remove_dir_all(&place).map_err(|e| Failure::io("remove", &place, e))?;
    }
    let mut cargo = process::cargo();
    cargo.args(["package", "--quiet", "--workspace", "--no-verify", "--allow-dirty"]);
    for name in unpublished()? {
        cargo.args(["--exclude", &name]);
    }
    process::run(&mut cargo)?;
    // Cargo keeps copies of its own in folders below.
    let mut packages = folder::files(&place, "crate")?;
    packages.retain(|path| path.parent() == Some(&place));
    if packages.is_empty() {
        return Err(Failure::Other(format!("no packages in {}", place.display())));
    }
    Ok(packages)
}

/// Members with `publish = false`.
fn unpublished() -> Result<Vec<String>, Failure> {
    let mut cargo = process::cargo();
    let text = process::capture(cargo.args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&text)
        .map_err(|e| Failure::Other(format!("cargo metadata is not JSON: {e}")))?;
    let members = metadata.get("packages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let kept = |p: &&Value| p.get("publish").and_then(Value::as_array).is_some_and(Vec::is_empty);
    let names = members.iter().filter(kept).filter_map(|p| p.get("name")?.as_str());
    Ok(names.map(str::to_owned).collect())
}

fn unpack(packages: &[PathBuf], crates: &Path) -> Result<(), Failure> {
    folder::empty(crates)?;
    for package in packages {
        let mut tar = Command::new("tar");
        process::capture(tar.arg("-xzf").arg(package).arg("-C").arg(crates))?;
    }
    println!("{} packages in {}", packages.len(), crates.display());
    Ok(())
}

/// Points cargo at the unpacked crates, for everything below `downstream`.
fn configure(downstream: &Path, crates: &Path, packages: &[PathBuf]) -> Result<(), Failure> {
    let mut config = "[patch.crates-io]\n".to_owned();
    for package in packages {
        let stem = package.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some((name, _version)) = stem.rsplit_once('-') else {
            return Err(Failure::Other(format!("{stem}.crate has no version in its name")));
        };
        let path = crates.join(&stem);
        let _ = writeln!(config, "{name} = {{ path = {path:?} }}");
    }
    let _ = writeln!(config, "[build]\ntarget-dir = {:?}", downstream.join("target"));
    let file = downstream.join(".cargo").join("config.toml");
    folder::empty(&downstream.join(".cargo"))?;
    std::fs::write(&file, config).map_err(|e| Failure::io("write", &file, e))
}

/// Copies an example, with the workspace's exact versions of everything else, and runs it.
fn example(downstream: &Path, name: &str, arguments: &[&str]) -> Result<(), Failure> {
    let home = downstream.join(name);
    if !home.exists() {
        folder::copy(&Path::new("examples").join(name), &home)?;
        let lock = home.join("Cargo.lock");
        std::fs::copy("Cargo.lock", &lock).map_err(|e| Failure::io("write", &lock, e))?;
        let start = Instant::now();
        process::run(cargo(&home).args(["build", "--quiet"]))?;
        println!("{name} built in {:.0} s", start.elapsed().as_secs_f64());
    }
    process::run(cargo(&home).args(["run", "--quiet", "--"]).args(arguments))
}

/// Cargo as a user in `home` has it: without what the workspace says of its own builds.
fn cargo(home: &Path) -> Command {
    let mut cargo = process::cargo();
    cargo.current_dir(home).env_remove("CARGO_TARGET_DIR").env("NODEVICE_SELECT", "1");
    cargo
}
