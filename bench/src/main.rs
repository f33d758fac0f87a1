//! The `tilewright-bench` binary: packed by `cargo xtask bundle`, run on a machine without Rust.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use tilewright_bench::run::{Options, Parts, run};

/// Measures what a bundle holds and records it.
#[derive(Parser)]
#[command(name = "tilewright-bench", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Conformance tests, kernels and generations on each device, as one JSON file
    Run(RunArgs),
}

#[derive(Args)]
struct RunArgs {
    /// A GGUF file: the default model's
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// cuda[:N], wgpu[:N] or cpu; may be repeated, and the first names the record
    #[arg(long = "device", value_name = "DEVICE", required = true)]
    devices: Vec<String>,
    /// The unpacked bundle; default: the one that this program lies in
    #[arg(long, value_name = "FOLDER")]
    conformance: Option<PathBuf>,
    /// In place of the commit that the bundle names
    #[arg(long, value_name = "HASH")]
    commit: Option<String>,
    /// The record
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What the programs print, a file each; default: a temporary folder
    #[arg(long, value_name = "FOLDER")]
    logs: Option<PathBuf>,
    /// For each program
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    /// Leave out a part: conformance, generate or kernels; may be repeated
    #[arg(long, value_name = "PART", value_parser = ["conformance", "generate", "kernels"])]
    skip: Vec<String>,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            let text = error.render().to_string();
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            eprintln!("{line}");
            return ExitCode::from(2);
        }
        Err(help) => {
            print!("{help}");
            return ExitCode::SUCCESS;
        }
    };
    let Command::Run(args) = cli.command;
    match run(&options(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(args: RunArgs) -> Options {
    let runs = |part: &str| !args.skip.iter().any(|other| other == part);
    let parts = Parts {
        conformance: runs("conformance"),
        generate: runs("generate"),
        kernels: runs("kernels"),
    };
    let temporary = format!("tilewright-bench-{}", std::process::id());
    Options {
        parts,
        // Tests run in folders of their own.
        model: std::path::absolute(&args.model).unwrap_or(args.model),
        devices: args.devices,
        bundle: args.conformance.unwrap_or_else(own_bundle),
        commit: args.commit,
        out: args.out,
        logs: args.logs.unwrap_or_else(|| std::env::temp_dir().join(temporary)),
        timeout: Duration::from_secs(args.timeout),
    }
}

/// The folder above the one that this program lies in.
fn own_bundle() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(2).map_or_else(|| PathBuf::from("."), PathBuf::from)
}
