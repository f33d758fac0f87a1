//! A folder that goes away with its test, and the binary under test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// An empty folder of its own.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tilewright-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind, it does no harm: the name carries the process id.
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

/// `tilewright`, with its cache in `scratch` and nothing of the user's environment that matters.
pub fn tilewright(scratch: &Scratch) -> Command {
    let packed = std::env::var_os("TILEWRIGHT_BIN").map(PathBuf::from);
    let mut command =
        Command::new(packed.unwrap_or_else(|| env!("CARGO_BIN_EXE_tilewright").into()));
    command.env("TILEWRIGHT_CACHE", scratch.path().join("cache"));
    for variable in
        ["TILEWRIGHT_LOG", "HF_ENDPOINT", "HF_TOKEN", "HTTP_PROXY", "http_proxy", "ALL_PROXY"]
    {
        command.env_remove(variable);
    }
    command
}
