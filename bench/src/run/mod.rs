//! `tilewright-bench run`: what `cargo xtask bundle` packed, on this machine's devices, as one record.
//!
//! Everything but single kernels runs in child processes with a time limit: a crash or a hang is a
//! result, not the end.

mod begun;
mod bundle;
mod child;
mod conformance;
mod generate;
mod kernels;
mod libtest;
mod options;
mod threads;
mod utc;

use tilewright_runtime::{Device, DeviceSelector};

use crate::Error;
pub(crate) use begun::begun;
use bundle::Bundle;
pub(crate) use generate::median;
pub use options::{Options, Parts};

/// Runs everything that the options ask for and writes the record.
///
/// # Errors
/// [`Error::Failed`] where the record, which is written then too, has failures; else what kept it
/// from being made.
pub fn run(options: &Options) -> Result<(), Error> {
    let bundle = Bundle::open(&options.bundle)?;
    let commit = options.commit.clone().unwrap_or_else(|| bundle.manifest.commit.clone());
    let mut run = begun::empty(commit, bundle.manifest.dirty);
    let first = open(options.devices.first())?;
    let capabilities = first.capabilities().clone();
    drop(first);
    (run.device, run.driver) = (capabilities.name, capabilities.driver);
    // The record is whole after each part: what comes later may take too long.
    if options.parts.generate {
        run.generate = generate::measure(&bundle, options)?;
        run.write(&options.out)?;
    }
    if options.parts.conformance {
        run.conformance = Some(conformance::run(&bundle, options)?);
        run.write(&options.out)?;
    }
    if options.parts.kernels {
        for device in &options.devices {
            run.rows.extend(kernels::measure(device)?);
            run.write(&options.out)?;
        }
    }
    run.write(&options.out)?;
    match run.failures() {
        0 => Ok(()),
        failed => Err(Error::Failed { failed, path: options.out.clone() }),
    }
}

fn open(name: Option<&String>) -> Result<Device, Error> {
    let selector = name.map_or(Ok(DeviceSelector::Auto), |name| name.parse())?;
    Ok(Device::open(&selector)?)
}
