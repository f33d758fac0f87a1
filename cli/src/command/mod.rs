//! The commands, one file each.

mod bench;
mod chat;
mod devices;
mod generate;
mod inspect;
mod perplexity;
#[cfg(test)]
mod scripted;
mod serve;
mod synthesize;
mod throughput;

use crate::args::{Cli, Command};
use crate::error::Error;
use crate::interrupt;

/// Runs the command of a parsed command line.
///
/// # Errors
/// Whatever the command ran into.
pub fn run(cli: &Cli) -> Result<(), Error> {
    // The server stops in its own way.
    if !matches!(cli.command, Command::Serve(_)) {
        interrupt::install()?;
    }
    match &cli.command {
        Command::Generate(args) => generate::run(cli, args),
        Command::Chat(args) => chat::run(cli, args),
        Command::Serve(args) => serve::run(cli, args),
        Command::Devices(args) => devices::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Perplexity(args) => perplexity::run(cli, args),
        Command::Bench(args) => bench::run(cli, args),
        Command::Throughput(args) => throughput::run(cli, args),
        Command::Synthesize(args) => synthesize::run(args),
    }
}
