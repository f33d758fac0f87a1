//! `x += down(silu(gate(norm(x))) * up(norm(x)))`

use crate::config::Config;
use crate::weights::BlockWeights;
use crate::workspace::Pass;
use tilewright_kernels::{self as kernels, Norm, Output};
use tilewright_runtime::{Device, Error};

/// Adds the feed-forward of one block to the residual stream.
///
/// # Errors
/// What the device reports.
pub fn feed_forward(
    device: &Device,
    config: &Config,
    block: &BlockWeights,
    pass: &mut Pass,
) -> Result<(), Error> {
    let (x, normed) = (&mut pass.x, &mut pass.normed);
    let norm = Norm { gains: &block.feed_forward_norm, eps: config.rms_epsilon };
    let (gate_up, parts) = (&mut pass.gate_up, block.gate_up.matrices());
    kernels::matmul_normed(device, &parts, x, &norm, normed, gate_up, &pass.scratch)?;
    kernels::swiglu(device, &pass.gate_up, &mut pass.activated)?;
    kernels::matmul(device, &block.down, &pass.activated, x, 0, Output::Add, &pass.scratch)
}
