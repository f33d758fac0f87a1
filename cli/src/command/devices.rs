//! `devices`: every device with what the kernels care about.

use crate::args::DevicesArgs;
use crate::engine;
use crate::error::Error;

/// Lists the devices.
pub(super) fn run(_args: &DevicesArgs) -> Result<(), Error> {
    Err(engine::Error::Missing("device list").into())
}
