//! Output norm, output matrix, and the choice of the next token.

use crate::batch::Ending;
use crate::config::Config;
use crate::weights::Weights;
use crate::workspace::Pass;
use tilewright_kernels::{self as kernels, Norm};
use tilewright_runtime::{Device, Error};

/// Logits of the tokens that `pass.inputs.outputs` names, and the token that follows each: the
/// best one, or the one that `pass.choices` draws.
///
/// # Errors
/// What the device reports.
pub fn head(
    device: &Device,
    config: &Config,
    weights: &Weights,
    pass: &mut Pass,
    ending: Ending,
) -> Result<(), Error> {
    if ending == Ending::None {
        return Ok(());
    }
    let norm = Norm { gains: &weights.output_norm, eps: config.rms_epsilon };
    // As many outputs as tokens: they are the tokens, in order.
    let last = if pass.last.shape() == pass.x.shape() {
        &pass.x
    } else {
        kernels::select_rows(device, &pass.x, &pass.inputs.outputs, &mut pass.last)?;
        &pass.last
    };
    let (head, normed, logits) = (weights.head(), &mut pass.last_normed, &mut pass.logits);
    let scratch = &pass.head_scratch;
    kernels::matmul_normed(device, &[(head, 0)], last, &norm, normed, logits, scratch)?;
    if ending == Ending::Draw {
        kernels::sample(device, logits, &pass.choices, &mut pass.chosen)
    } else {
        kernels::argmax(device, logits, &mut pass.chosen)
    }
}
