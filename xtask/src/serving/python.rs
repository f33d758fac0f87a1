//! A Python with the packages that the checks need, in the cache folder.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::Failure;
use crate::{cache, install, process};

/// The official client, what checks answers against their schema, and what talks to a browser.
const REQUIREMENTS: [&str; 3] = ["openai==2.8.1", "jsonschema==4.25.1", "websocket-client==1.9.0"];

/// Fails unless the packages named `NAME==VERSION` on the command line are there.
const CHECK: &str = "
import sys
from importlib.metadata import version
for requirement in sys.argv[1:]:
    name, wanted = requirement.split('==')
    assert version(name) == wanted, (name, version(name))
";

/// The interpreter of a virtual environment with the packages installed.
pub fn environment() -> Result<PathBuf, Failure> {
    let folder = cache::folder()?.join("python");
    let python = folder.join("bin").join("python");
    let check = || process::succeeds(Command::new(&python).args(["-c", CHECK]).args(REQUIREMENTS));
    if check() {
        println!("already installed: {}", REQUIREMENTS.join(" "));
        return Ok(python);
    }
    if !process::succeeds(Command::new("python3").args(["-c", "import ensurepip"])) {
        install::apt(&["python3-venv"])?;
    }
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    process::run(
        Command::new(&python)
            .args(["-m", "pip", "-q", "--disable-pip-version-check", "--no-cache-dir", "install"])
            .args(REQUIREMENTS),
    )?;
    if check() { Ok(python) } else { Err(Failure::Other("pip installed other versions".into())) }
}
