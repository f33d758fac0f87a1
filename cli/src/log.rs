//! Logging on standard error: silent unless `-v` or `TILEWRIGHT_LOG` asks for it.

use tracing_subscriber::EnvFilter;

use crate::error::Error;

/// The filter's environment variable, such as `TILEWRIGHT_LOG=tilewright_runtime=debug`.
const VARIABLE: &str = "TILEWRIGHT_LOG";

/// Starts logging; `TILEWRIGHT_LOG` wins over the number of `-v`. `access`: the server's line for
/// every request is wanted in any case.
///
/// # Errors
/// The variable is not a filter.
pub fn init(verbose: u8, access: bool) -> Result<(), Error> {
    let by_flag = match verbose {
        0 if access => "off,tilewright::access=info",
        0 => "off",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let directives = std::env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty());
    let directives = directives.as_deref().unwrap_or(by_flag);
    let filter = EnvFilter::builder()
        .parse(directives)
        .map_err(|e| Error::Usage(format!("{VARIABLE}={directives}: {e}")))?;
    // A second call in one process (tests) keeps the first subscriber.
    let _already_set = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .try_init();
    Ok(())
}
