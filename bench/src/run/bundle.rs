//! [`Bundle`]: the folder that `cargo xtask bundle` packed.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Error;
use crate::record::SCHEMA;

/// An unpacked bundle.
#[derive(Debug)]
pub(crate) struct Bundle {
    folder: PathBuf,
    pub manifest: Manifest,
}

/// `manifest.json`: what was packed. `xtask/src/bundle/manifest.rs` writes it.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Manifest {
    schema: u32,
    /// What was built.
    pub commit: String,
    /// Whether there were changes that are not in the commit.
    pub dirty: bool,
    /// The suites.
    pub tests: Vec<TestBinary>,
}

/// A test binary, paths relative to the bundle's folder.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct TestBinary {
    /// Package and target.
    pub id: String,
    path: PathBuf,
    /// In place of the package's folder: what `CARGO_MANIFEST_DIR` names.
    home: PathBuf,
    /// Whether it runs on the devices of `TILEWRIGHT_TEST_DEVICES`.
    pub devices: bool,
}

impl Bundle {
    /// Reads the manifest.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Json`], [`Error::Schema`].
    pub fn open(folder: &Path) -> Result<Bundle, Error> {
        let path = folder.join("manifest.json");
        let text = std::fs::read(&path).map_err(|cause| Error::file("read", &path, cause))?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|cause| Error::Json { what: path.display().to_string(), cause })?;
        if manifest.schema != SCHEMA {
            return Err(Error::Schema { path, found: manifest.schema, expected: SCHEMA });
        }
        // Children run in folders of their own.
        let folder = folder.canonicalize().map_err(|cause| Error::file("read", folder, cause))?;
        Ok(Bundle { folder, manifest })
    }

    /// The binary of a suite.
    pub fn binary(&self, test: &TestBinary) -> PathBuf {
        self.folder.join(&test.path)
    }

    /// Where a suite finds its data.
    pub fn home(&self, test: &TestBinary) -> PathBuf {
        self.folder.join(&test.home)
    }

    /// The `tilewright` program.
    pub fn program(&self) -> PathBuf {
        self.folder.join("bin/tilewright")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Manifest, TestBinary};

    #[test]
    fn the_example_that_xtask_writes_is_read() {
        let manifest: Manifest =
            serde_json::from_str(include_str!("../../data/manifest.json")).unwrap();
        let test = |id: &str, path: &str, home: &str, devices| TestBinary {
            id: id.to_owned(),
            path: path.into(),
            home: home.into(),
            devices,
        };
        let expected = Manifest {
            schema: 1,
            commit: "0123456789ab".to_owned(),
            dirty: true,
            tests: vec![
                test("kernels/api", "tests/kernels/api", "source/kernels", false),
                test(
                    "kernels-layers/suite",
                    "tests/kernels-layers/suite",
                    "source/kernels/layers",
                    true,
                ),
            ],
        };
        assert_eq!(manifest, expected);
    }
}
