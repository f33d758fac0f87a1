//! Arguments of `inspect`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A kernel of this program, by name
    #[arg(value_name = "KERNEL", required_unless_present = "source", conflicts_with = "source")]
    pub kernel: Option<String>,
    /// A file with kernels of your own
    #[arg(long, value_name = "FILE.rs")]
    pub source: Option<PathBuf>,
    /// The stage to print
    #[arg(long, value_name = "STAGE", value_enum, default_value_t = Stage::Ir)]
    pub emit: Stage,
    /// The target, such as sm_80, sm_90a or wgsl (default: every one of the stage)
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
}

/// A stage of the compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// The accepted subset of Rust, as parsed.
    Ast,
    /// The typed intermediate form.
    Ir,
    /// CUDA's PTX text.
    Ptx,
    /// WGSL text.
    Wgsl,
}
