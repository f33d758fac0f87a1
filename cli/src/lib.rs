//! The `tilewright` command: parse the arguments, run one command, report one line on failure.
//!
//! | module | what it holds |
//! |---|---|
//! | [`args`] | the command line |
//! | [`command`] | one file per command |
//! | [`engine`] | what the commands need of a loaded model |
//! | [`hub`], [`model_file`] | `--model FILE` and `--model hf:OWNER/REPO/FILE` |
//! | [`completion`], [`text`] | the generation loop; valid UTF-8 and stop texts |
//! | [`report`] | the JSON object and the closing line of figures |
//! | [`error`], [`fault`], [`interrupt`] | exit codes, panics, Ctrl-C |

pub mod args;
pub mod cache;
pub mod command;
pub mod completion;
pub mod engine;
pub mod error;
pub mod fault;
pub mod hub;
pub mod interrupt;
pub mod log;
pub mod model_file;
pub mod output;
pub mod prompt;
pub mod report;
pub mod text;
pub mod usage;
pub mod version;

use std::ffi::OsString;
use std::process::ExitCode;

pub use error::Error;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    quieten_drivers();
    let result = fault::guard(|| run(std::env::args_os()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(line) = error.line() {
                output::stderr_line(&format!("error: {line}"));
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Mesa's layer that orders devices tells standard error that there is no desktop where there is
/// none. The order is `--device`'s business: the layer stays out unless the user says otherwise.
fn quieten_drivers() {
    if std::env::var_os("NODEVICE_SELECT").is_none() {
        // SAFETY: called first in `main`: no other thread exists that could read the environment.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}

/// Runs one command line; `args` starts with the program's name.
///
/// # Errors
/// Whatever the command ran into; [`Error::exit_code`] says how the process should end.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    let Some(cli) = usage::parse(args)? else { return Ok(()) };
    log::init(cli.verbose, cli.wants_access_log())?;
    command::run(&cli)
}
