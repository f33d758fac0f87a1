//! `cargo xtask bundle`: test and bench binaries and `tilewright` for a machine without Rust.
//!
//! ```text
//! dist/tilewright-TRIPLE/
//!   manifest.json        commit, suites, programs, benches
//!   bin/                 tilewright; tilewright-bench, which runs all of it
//!   tests/PACKAGE/NAME   the suites of `suites.rs`
//!   benches/PACKAGE/NAME
//!   source/              the data files of tests, in the folders of the repository
//! ```

mod archive;
mod build;
mod manifest;
mod suites;

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::{folder, process};
use build::{Binary, Kind};
use manifest::{Manifest, TestBinary};

const USAGE: &str = "usage: cargo xtask bundle [--split SIZE] [CARGO OPTION...]";

/// Builds, packs, and cuts the archive into pieces where `--split 60M` asks for it. Other arguments
/// go to `cargo build`.
pub fn run(args: &[String]) -> Result<(), Failure> {
    let (split, args) = match args {
        [flag, size, rest @ ..] if flag == "--split" => (Some(archive::size(size)?), rest),
        [flag] if flag == "--split" => return Err(Failure::Usage(USAGE.into())),
        _ => (None, args),
    };
    // Before the build: what is changed while it runs may be in it or not.
    let (commit, dirty) = manifest::commit()?;
    let binaries = build::run(args)?;
    let target = triple()?;
    let dist = PathBuf::from("dist").join(format!("tilewright-{target}"));
    folder::empty(&dist)?;
    let mut manifest = Manifest {
        commit,
        dirty,
        target,
        programs: Vec::new(),
        benches: Vec::new(),
        tests: Vec::new(),
    };
    let mut bytes = 0;
    for binary in &binaries {
        bytes += pack(binary, &dist, &mut manifest)?;
    }
    manifest.tests.sort_by_key(|test| suites::place(&test.id));
    if let Some(missing) = suites::missing(&manifest.tests) {
        return Err(Failure::Other(format!("cargo built no {missing}: see suites.rs")));
    }
    for data in suites::DATA {
        folder::copy(Path::new(data), &dist.join("source").join(data))?;
    }
    let path = dist.join("manifest.json");
    std::fs::write(&path, manifest.text()).map_err(|e| Failure::io("write", &path, e))?;
    println!("{} binaries, {} MiB in {}", binaries.len(), bytes >> 20, dist.display());
    archive::write(&dist, split)
}

/// Copies a binary and notes it in the manifest; returns its size in bytes.
fn pack(binary: &Binary, dist: &Path, manifest: &mut Manifest) -> Result<u64, Failure> {
    let package = binary.package.to_string_lossy().replace(['/', '\\'], "-");
    let id = format!("{package}/{}", binary.name);
    let place = match binary.kind {
        Kind::Program => format!("bin/{}", binary.name),
        Kind::Test => format!("tests/{id}"),
        Kind::Bench => format!("benches/{id}"),
    };
    match binary.kind {
        Kind::Program => manifest.programs.push(place.clone()),
        Kind::Bench => manifest.benches.push(place.clone()),
        Kind::Test => {
            let Some(devices) = suites::devices(&id) else { return Ok(0) };
            let home = format!("source/{}", binary.package.to_string_lossy().replace('\\', "/"));
            let folder = dist.join(&home);
            std::fs::create_dir_all(&folder).map_err(|e| Failure::io("create", &folder, e))?;
            manifest.tests.push(TestBinary { id, path: place.clone(), home, devices });
        }
    }
    let file = dist.join(place);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|e| Failure::io("create", folder, e))?;
    }
    std::fs::copy(&binary.path, &file).map_err(|e| Failure::io("write", &file, e))
}

/// The host's target triple.
fn triple() -> Result<String, Failure> {
    let text = process::capture(std::process::Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::Other("rustc -vV names no host".into()))
}
