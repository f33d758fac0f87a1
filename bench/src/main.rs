//! The `tilewright-bench` binary: packed by `cargo xtask bundle`, run on a machine without Rust.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use tilewright_bench::Error;
use tilewright_bench::fragments;
use tilewright_bench::rivals::{self, ProcessOptions};
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
    /// Our kernels and PyTorch's (cuDNN, cuBLAS) on one GPU in turn, as one JSON file
    Rivals(RivalsArgs),
    /// Products of few tokens with weights as fragments, on one Hopper GPU, as one JSON file
    Fragments(FragmentsArgs),
    /// One of the processes of `rivals`
    #[command(hide = true)]
    RivalsProcess(ProcessArgs),
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

#[derive(Args)]
struct RivalsArgs {
    #[command(flatten)]
    sides: SidesArgs,
    /// Processes whose median counts; three or more make a row of the figures
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    processes: u32,
    /// Rows with this in their id, such as hd128 or matmul; may be repeated
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// A row beside those of the table, such as attention/bf16/hd128/causal/2048; may be repeated
    #[arg(long = "case", value_name = "ID")]
    cases: Vec<String>,
    /// What was built, where no bundle's manifest says it
    #[arg(long, value_name = "HASH")]
    commit: Option<String>,
    /// The record
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
struct FragmentsArgs {
    /// cuda[:N]
    #[arg(long, default_value = "cuda")]
    device: String,
    /// Rows with this in their id, such as q4_0 or layers; may be repeated
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// What a plain read reaches, to rate rows against
    #[arg(long, value_name = "GB/S")]
    read_gbps: Option<f64>,
    /// What was built, where no bundle's manifest says it
    #[arg(long, value_name = "HASH")]
    commit: Option<String>,
    /// The record
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
struct ProcessArgs {
    #[command(flatten)]
    sides: SidesArgs,
    #[arg(long = "case", value_name = "ID", required = true)]
    cases: Vec<String>,
}

#[derive(Args)]
struct SidesArgs {
    /// cuda[:N]
    #[arg(long, default_value = "cuda")]
    device: String,
    /// A Python that has PyTorch
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
    /// Rounds of each side that count, in each process
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(15..))]
    rounds: u32,
    /// For each answer of PyTorch's side
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u64,
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
    let done = match cli.command {
        Command::Run(args) => run(&options(args)),
        Command::Rivals(args) => rivals_options(args).and_then(|options| rivals::rivals(&options)),
        Command::Fragments(args) => {
            let FragmentsArgs { device, only, read_gbps, commit, out } = args;
            let bundle = own_bundle();
            let options = fragments::Options { device, only, read_gbps, bundle, commit, out };
            fragments::fragments(&options)
        }
        Command::RivalsProcess(args) => {
            let SidesArgs { device, python, rounds, timeout } = args.sides;
            let timeout = Duration::from_secs(timeout);
            let options = ProcessOptions { device, python, rounds, contests: args.cases, timeout };
            rivals::process(&options, &mut std::io::stdout())
        }
    };
    match done {
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

fn rivals_options(args: RivalsArgs) -> Result<rivals::Options, Error> {
    let SidesArgs { device, python, rounds, timeout } = args.sides;
    let program = std::env::current_exe();
    Ok(rivals::Options {
        program: program.map_err(|cause| Error::file("find", "this program".as_ref(), cause))?,
        device,
        python,
        rounds,
        processes: args.processes,
        only: args.only,
        cases: args.cases,
        bundle: own_bundle(),
        commit: args.commit,
        timeout: Duration::from_secs(timeout),
        out: args.out,
    })
}

/// The folder above the one that this program lies in.
fn own_bundle() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(2).map_or_else(|| PathBuf::from("."), PathBuf::from)
}
