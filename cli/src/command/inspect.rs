//! `inspect`: a kernel at any stage of its compilation.

use std::collections::BTreeSet;

use crate::args::{InspectArgs, Stage};
use crate::error::Error;
use crate::{output, prompt};
use tilewright_kernel_compiler::{inspect, parse};

/// Prints the stage that was asked for.
pub(super) fn run(args: &InspectArgs) -> Result<(), Error> {
    let stage = match args.emit {
        Stage::Ast => inspect::Stage::Ast,
        Stage::Ir => inspect::Stage::Ir,
        Stage::Ptx => inspect::Stage::Ptx,
        Stage::Wgsl => inspect::Stage::Wgsl,
    };
    let target = match &args.target {
        Some(text) => {
            let target = parse::target(text);
            Some(target.map_err(|mistake| Error::Usage(folded(&mistake.to_string())))?)
        }
        None => None,
    };
    let (name, source, kernels) = match (&args.source, &args.kernel) {
        (Some(path), _) => {
            let source = prompt::text_file(path)?;
            let name = path.display().to_string();
            let kernels = inspect::kernels(&name, &source).map_err(mistakes)?;
            if kernels.is_empty() {
                return Err(Error::Inspect(format!("{name} has no kernel")));
            }
            (name, source, kernels)
        }
        (None, kernel) => {
            let kernel = kernel.clone().unwrap_or_default();
            let all = tilewright_kernels::all();
            let Some(found) = all.iter().find(|k| k.info.name == kernel) else {
                let names: Vec<&str> = all.iter().map(|k| k.info.name).collect();
                let text = format!("there is no kernel `{kernel}`: there are {}", names.join(", "));
                return Err(Error::Usage(text));
            };
            (kernel.clone(), found.info.source.to_owned(), vec![kernel])
        }
    };
    let mut shown = false;
    for kernel in &kernels {
        let text = inspect::inspect(&name, &source, kernel, stage, target).map_err(mistakes)?;
        shown |= !text.is_empty();
        output::stream(&mut std::io::stdout(), &text)?;
    }
    if shown { Ok(()) } else { Err(nothing(&name, &source, &kernels)?) }
}

/// No kernel has a text of the stage for the target: the targets there are.
fn nothing(name: &str, source: &str, kernels: &[String]) -> Result<Error, Error> {
    let mut known = BTreeSet::new();
    for kernel in kernels {
        let targets = inspect::targets(name, source, kernel).map_err(mistakes)?;
        known.extend(targets.iter().map(ToString::to_string));
    }
    let known = known.into_iter().collect::<Vec<String>>().join(", ");
    let text = format!("{name} has no such text: its targets are {known}");
    Ok(Error::Usage(text))
}

/// The compiler's diagnostics as an error.
fn mistakes(text: String) -> Error {
    Error::Inspect(folded(&text))
}

/// Several lines as one, without the excerpts of the source.
fn folded(text: &str) -> String {
    let is_excerpt = |line: &&str| {
        line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').starts_with('|')
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !is_excerpt(line));
    let lines = lines.map(|line| line.strip_prefix("error: ").unwrap_or(line));
    let lines = lines.map(|line| line.strip_prefix("--> ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn a_diagnostic_is_one_line() {
        let text = "error: [TW0101] expected `(`\n  --> a.rs:1:8\n   |\n12 | fn f\n   |    ^\nhelp: write it\n";
        assert_eq!(folded(text), "[TW0101] expected `(`; a.rs:1:8; help: write it");
    }
}
