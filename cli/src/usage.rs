//! Parses the command line; clap's several lines of complaint become one.

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::Cli;
use crate::error::Error;
use crate::output;

/// The parsed command line; `None` where `--help` or `--version` was asked for and printed.
///
/// # Errors
/// [`Error::Usage`] with clap's text folded into one line.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Option<Cli>, Error> {
    match Cli::try_parse_from(args) {
        Ok(cli) => Ok(Some(cli)),
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            output::stream(&mut std::io::stdout(), &error.to_string())?;
            Ok(None)
        }
        Err(error) => Err(Error::Usage(fold(&error.to_string()))),
    }
}

/// clap's message, tips and lists joined by `; `, without the usage block.
fn fold(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let mut line = String::new();
    for part in text.lines().map(str::trim) {
        if part.starts_with("Usage:") || part.starts_with("For more information") {
            break;
        }
        if part.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push_str(if line.ends_with(':') { " " } else { "; " });
        }
        line.push_str(part);
    }
    line.push_str(" (see --help)");
    line
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn several_lines_become_one() {
        let text = "error: unexpected argument '--modle' found\n\n  tip: a similar argument exists: \
                    '--model'\n\nUsage: tilewright generate\n\nFor more information, try '--help'.\n";
        assert_eq!(
            fold(text),
            "unexpected argument '--modle' found; tip: a similar argument exists: '--model' \
             (see --help)"
        );
        let list = "error: the following required arguments were not provided:\n  --model <FILE>\n";
        assert_eq!(
            fold(list),
            "the following required arguments were not provided: --model <FILE> (see --help)"
        );
    }
}
