//! Developer commands of the workspace: `cargo xtask ci | demo | bundle | bless | fmt | figures`.
//!
//! Reading order: `ci` runs the table in `steps`; `install` and `model` fetch what the steps need
//! into the [`cache`] folder; `demo` is the main job; `bundle` packs binaries for a machine without
//! Rust; `bless` rewrites golden files; `budget` holds the size limits of the sources; `package` builds
//! the example crates against the packaged crates, with `expansion`'s limits; `web` compiles the
//! browsers' texts in a browser; `speed` and `fuzz` measure the release program and replay the
//! fuzzer's corpus; `serving` drives the server from outside; `figures` writes the README's table of measurements.

mod bless;
mod budget;
mod bundle;
mod cache;
mod ci;
mod demo;
mod expansion;
mod failure;
mod figures;
mod fmt;
mod folder;
mod fuzz;
mod install;
mod model;
mod package;
mod process;
mod serving;
mod source;
mod speed;
mod steps;
mod summary;
mod web;
mod wheel;

use std::process::ExitCode;

use failure::Failure;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  ci [--list] [STEP...]       set-up and all tests; STEP: only these
  demo [GENERATE OPTION...]   set-up, then `tilewright generate` with the default model
  bundle [--split SIZE] [CARGO OPTION...]
                              tests, benches and programs for a machine without Rust, in dist/
  bless [NEXTEST OPTION...]   run the tests and rewrite the golden files
  fmt [--check]               rustfmt over the crates and over the kernel sources
  storm [--seconds N]         64 clients on a tiny model; --clients, --seed, --device
  figures [--check]           the README's table of measurements, from bench/results

TILEWRIGHT_CACHE names the cache folder (default: $XDG_CACHE_HOME/tilewright).";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Told) {
                eprintln!("error: {failure}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch(args: &[String]) -> Result<(), Failure> {
    let Some((command, rest)) = args.split_first() else {
        return Err(Failure::Usage(USAGE.into()));
    };
    std::env::set_current_dir(process::workspace_root())
        .map_err(|e| Failure::io("enter", process::workspace_root(), e))?;
    match command.as_str() {
        "ci" => ci::run(rest),
        "demo" => demo::run(rest),
        "bundle" => bundle::run(rest),
        "bless" => bless::run(rest),
        "fmt" => fmt::run(rest),
        "storm" => serving::storm::run(rest),
        "figures" => figures::run(rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(Failure::Usage(format!("unknown command '{other}'\n{USAGE}"))),
    }
}
