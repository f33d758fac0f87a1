//! The reference of the sampling chain, on the host in f32.
//!
//! Order: penalties, temperature, top-k, top-p, min-p, draw. Candidates are always in the order of
//! falling logits, equal logits in the order of ids; sums run in that order. Temperature 0 takes
//! the first candidate of the raw logits and ignores everything else. The draw depends on the seed
//! and the position only ([`draw::uniform`]), so that a device kernel reproduces it. [`Chain`] is the
//! same with more samplers, for requests that a device cannot serve.

mod chain;
pub mod draw;
mod dry;
mod error;
mod logprobs;
mod params;
mod penalties;
pub mod philox;
mod truncate;
mod typical;

pub use chain::{Chain, History};
pub use dry::Dry;
pub use error::SamplingError;
pub use logprobs::{TokenLogprob, logprobs};
pub use params::SamplingParams;
pub use penalties::penalise_repeats;
pub use truncate::{Candidate, candidates, keep_min_p, keep_top_p};
pub use typical::keep_typical;

/// The token that follows, from raw `logits` (one per token of the vocabulary).
///
/// `recent` are the tokens so far, of which the last `repeat_window` are penalised; `position` is
/// the index of the token to be drawn in its sequence.
///
/// # Errors
/// Parameters out of range, no logits, or one that is NaN or positive infinity.
pub fn sample(
    params: &SamplingParams,
    logits: &[f32],
    recent: &[u32],
    position: u64,
) -> Result<u32, SamplingError> {
    params.validate()?;
    check(logits)?;
    if params.temperature == 0.0 {
        return argmax(logits).ok_or(SamplingError::NoLogits);
    }
    let mut logits = logits.to_vec();
    let window = recent.len().saturating_sub(params.repeat_window as usize);
    penalise_repeats(&mut logits, &recent[window..], params.repeat_penalty);
    let mut kept = candidates(&logits, params.temperature, params.top_k as usize);
    keep_top_p(&mut kept, params.top_p);
    keep_min_p(&mut kept, params.min_p);
    draw::pick(&kept, draw::uniform(params.seed, position)).ok_or(SamplingError::NoLogits)
}

/// The id of the largest logit, the lowest id where several are equal; `None` without logits.
pub fn argmax(logits: &[f32]) -> Option<u32> {
    let mut best: Option<(u32, f32)> = None;
    for (id, &logit) in (0..).zip(logits) {
        if best.is_none_or(|(_, value)| logit > value) {
            best = Some((id, logit));
        }
    }
    best.map(|(id, _)| id)
}

fn check(logits: &[f32]) -> Result<(), SamplingError> {
    let bad = logits.iter().position(|&logit| logit.is_nan() || logit == f32::INFINITY);
    if let Some(id) = bad {
        return Err(SamplingError::NotANumber { id, logit: logits[id] });
    }
    if logits.iter().all(|&logit| logit == f32::NEG_INFINITY) {
        return Err(SamplingError::NoLogits);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
