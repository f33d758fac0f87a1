//! `inspect`: a kernel at any stage of its compilation.

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
            let kernels = inspect::kernels(&source).map_err(mistakes)?;
            (path.display().to_string(), source, kernels)
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
    for kernel in kernels {
        let text = inspect::inspect(&name, &source, &kernel, stage, target);
        output::stream(&mut std::io::stdout(), &text.map_err(mistakes)?)?;
    }
    Ok(())
}

/// The compiler's diagnostics as an error.
fn mistakes(text: String) -> Error {
    Error::Inspect(folded(&text))
}

/// Several lines as one.
fn folded(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}
