//! `cargo xtask bundle`: test and bench binaries and `tilewright` for a machine without Rust.
//!
//! ```text
//! dist/tilewright-TRIPLE/
//!   run.sh              runs every test binary (or those named); `run.sh bench` the benches
//!   bin/tilewright
//!   tests/  benches/    one binary per target, PACKAGE-TARGET
//!   packages/PACKAGE/   the data files of its tests; the binaries run in here
//! ```

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::failure::Failure;
use crate::{folder, process};

const RUN_SH: &str = include_str!("run.sh");

/// An executable that cargo reported.
struct Binary {
    package: PathBuf,
    name: String,
    kind: Kind,
    path: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Program,
    Test,
    Bench,
}

/// Builds and packs; `args` go to `cargo build` (`-p CRATE`, `--config ...`), default `--workspace`.
pub fn run(args: &[String]) -> Result<(), Failure> {
    let binaries = build(args)?;
    let dist = PathBuf::from("dist").join(format!("tilewright-{}", triple()?));
    if dist.exists() {
        std::fs::remove_dir_all(&dist).map_err(|e| Failure::io("remove", &dist, e))?;
    }
    let mut bytes = 0;
    for binary in &binaries {
        bytes += pack(binary, &dist)?;
    }
    let script = dist.join("run.sh");
    std::fs::write(&script, RUN_SH).map_err(|e| Failure::io("write", &script, e))?;
    process::run(std::process::Command::new("chmod").arg("+x").arg(&script))?;
    let archive = dist.with_extension("tar.gz");
    let name = dist.file_name().unwrap_or_default();
    process::run(
        std::process::Command::new("tar").arg("-czf").arg(&archive).args(["-C", "dist"]).arg(name),
    )?;
    println!("{} binaries, {} MiB in {}", binaries.len(), bytes >> 20, archive.display());
    Ok(())
}

/// Builds the release profile, which strips symbols; cargo names the executables.
fn build(args: &[String]) -> Result<Vec<Binary>, Failure> {
    let mut cargo = process::cargo();
    cargo.args(["build", "--release", "--bins", "--tests", "--benches"]);
    cargo.arg("--message-format=json-render-diagnostics").stdin(Stdio::null());
    if args.iter().any(|a| a == "-p" || a.starts_with("--package")) {
        cargo.args(["-p", "tilewright-cli"]);
    } else {
        cargo.args(["--workspace", "--exclude", "xtask"]);
    }
    println!("$ {}", process::title(cargo.args(args)));
    let messages = process::capture(&mut cargo)?;
    let mut binaries: Vec<Binary> = messages.lines().filter_map(binary).collect();
    binaries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(binaries)
}

/// The executable of one cargo message, if it has one.
fn binary(message: &str) -> Option<Binary> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = PathBuf::from(message.get("executable")?.as_str()?);
    let manifest = Path::new(message.get("manifest_path")?.as_str()?);
    let target = message.get("target")?;
    let kinds: Vec<&str> =
        target.get("kind")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let test = message.pointer("/profile/test").and_then(Value::as_bool).unwrap_or(false);
    let kind = match (kinds.contains(&"bench"), test) {
        (true, _) => Kind::Bench,
        (false, true) => Kind::Test,
        (false, false) => Kind::Program,
    };
    let package = manifest.parent()?.strip_prefix(process::workspace_root()).ok()?.to_owned();
    Some(Binary { package, name: target.get("name")?.as_str()?.to_owned(), kind, path })
}

/// Copies a binary and its package's test data; returns the binary's size in bytes.
fn pack(binary: &Binary, dist: &Path) -> Result<u64, Failure> {
    let package = binary.package.to_string_lossy().replace(['/', '\\'], "-");
    let place = match binary.kind {
        Kind::Program => dist.join("bin"),
        Kind::Test => dist.join("tests").join(&package),
        Kind::Bench => dist.join("benches").join(&package),
    };
    std::fs::create_dir_all(&place).map_err(|e| Failure::io("create", &place, e))?;
    let file = place.join(&binary.name);
    if file.exists() {
        let file = file.display();
        return Err(Failure::Other(format!("two targets want to be {file}: rename one of them")));
    }
    let bytes = std::fs::copy(&binary.path, &file).map_err(|e| Failure::io("write", &file, e))?;
    let home = dist.join("packages").join(&package);
    std::fs::create_dir_all(&home).map_err(|e| Failure::io("create", &home, e))?;
    for data in ["tests/data", "benches/data"] {
        folder::copy(&binary.package.join(data), &home.join(data))?;
    }
    Ok(bytes)
}

/// The host's target triple.
fn triple() -> Result<String, Failure> {
    let text = process::capture(std::process::Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::Other("rustc -vV names no host".into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Kind, binary};

    #[test]
    fn kinds_of_cargo_messages() {
        let root = crate::process::workspace_root();
        let message = |kind: &str, test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"{0}/cli/Cargo.toml","target":
                {{"kind":["{kind}"],"name":"usage"}},"profile":{{"test":{test}}},"executable":"{0}/x"}}"#,
                root.display()
            )
        };
        assert_eq!(binary(&message("bin", false)).unwrap().kind, Kind::Program);
        assert_eq!(binary(&message("test", true)).unwrap().kind, Kind::Test);
        assert_eq!(binary(&message("bench", true)).unwrap().kind, Kind::Bench);
        assert_eq!(binary(&message("lib", true)).unwrap().package.to_str(), Some("cli"));
        assert!(binary(r#"{"reason":"build-finished","success":true}"#).is_none());
    }
}
