//! [`Chain`]: every sampler, on the host.

use super::dry::Dry;
use super::error::SamplingError;
use super::params::SamplingParams;
use super::truncate::{Candidate, candidates, keep_min_p, keep_top_p};
use super::typical::keep_typical;
use super::{argmax, draw, penalise_repeats};

/// The whole sampling chain of a request.
///
/// Order: mask, bias, penalties (repetition, frequency and presence, DRY), then with temperature 0
/// the best token, else temperature, top-k, typical, top-p, min-p, draw. Unlike [`sample`], the
/// penalties count with temperature 0 too.
///
/// [`sample`]: super::sample
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// What a device can do too, but for the repetition penalty.
    pub base: SamplingParams,
    /// Subtracted for each time that a token was generated.
    pub frequency_penalty: f32,
    /// Subtracted if a token was generated.
    pub presence_penalty: f32,
    /// Penalty on going on with a repetition; multiplier 0 is off.
    pub dry: Dry,
    /// Added to the logits of some tokens.
    pub logit_bias: Vec<(u32, f32)>,
    /// Keeps the most typical tokens until their probabilities reach this sum; 1 keeps all.
    pub typical_p: f32,
}

/// The tokens so far.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Prompt and generated tokens.
    pub tokens: &'a [u32],
    /// How many are the prompt's.
    pub prompt: usize,
}

impl Default for Chain {
    fn default() -> Self {
        Chain::new(SamplingParams::default())
    }
}

impl Chain {
    /// A chain that does what the parameters say.
    pub fn new(base: SamplingParams) -> Self {
        Chain {
            base,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            dry: Dry::default(),
            logit_bias: Vec::new(),
            typical_p: 1.0,
        }
    }

    /// Whether [`SamplingParams`] without a repetition penalty say all.
    pub fn is_plain(&self) -> bool {
        let penalties = [self.frequency_penalty, self.presence_penalty, self.dry.multiplier];
        self.base.repeat_penalty == 1.0
            && penalties == [0.0; 3]
            && self.logit_bias.is_empty()
            && (self.typical_p == 1.0 || self.base.temperature == 0.0)
    }

    /// Checks every range.
    ///
    /// # Errors
    /// The first parameter that is out of range, with its value.
    pub fn validate(&self) -> Result<(), SamplingError> {
        self.base.validate()?;
        self.dry.validate()?;
        let penalties = [
            ("frequency_penalty", self.frequency_penalty),
            ("presence_penalty", self.presence_penalty),
        ];
        for (name, value) in penalties {
            if !(-2.0..=2.0).contains(&value) {
                return Err(SamplingError::Penalty { name, value });
            }
        }
        if let Some((token, value)) = self.logit_bias.iter().find(|(_, b)| !b.is_finite()) {
            return Err(SamplingError::Bias { token: *token, value: *value });
        }
        let value = self.typical_p;
        if value.is_nan() || value <= 0.0 || value > 1.0 {
            return Err(SamplingError::TypicalP { value });
        }
        Ok(())
    }

    /// The token that follows `history`. `mask` says which tokens are allowed, one bit each, lowest
    /// first; `None` allows all.
    ///
    /// # Errors
    /// Logits that are NaN, or no token that is allowed.
    pub fn choose(
        &self,
        logits: &[f32],
        history: History<'_>,
        mask: Option<&[u32]>,
    ) -> Result<u32, SamplingError> {
        super::check(logits)?;
        let mut logits = logits.to_vec();
        if let Some(mask) = mask {
            apply_mask(&mut logits, mask);
        }
        for (token, bias) in &self.logit_bias {
            if let Some(logit) = logits.get_mut(*token as usize) {
                *logit += bias;
            }
        }
        self.penalise(&mut logits, history);
        if logits.iter().all(|logit| *logit == f32::NEG_INFINITY) {
            return Err(SamplingError::NoLogits);
        }
        let base = &self.base;
        if base.temperature == 0.0 {
            return argmax(&logits).ok_or(SamplingError::NoLogits);
        }
        let mut kept: Vec<Candidate> = candidates(&logits, base.temperature, base.top_k as usize);
        keep_typical(&mut kept, self.typical_p);
        keep_top_p(&mut kept, base.top_p);
        keep_min_p(&mut kept, base.min_p);
        let position = history.tokens.len() as u64;
        draw::pick(&kept, draw::uniform(base.seed, position)).ok_or(SamplingError::NoLogits)
    }

    fn penalise(&self, logits: &mut [f32], history: History<'_>) {
        let tokens = history.tokens;
        let window = tokens.len().saturating_sub(self.base.repeat_window as usize);
        penalise_repeats(logits, &tokens[window..], self.base.repeat_penalty);
        if self.frequency_penalty != 0.0 || self.presence_penalty != 0.0 {
            let mut generated = tokens.get(history.prompt..).unwrap_or_default().to_vec();
            generated.sort_unstable();
            for same in generated.chunk_by(|a, b| a == b) {
                let count = same.len() as f32;
                if let Some(logit) = same.first().and_then(|id| logits.get_mut(*id as usize)) {
                    *logit -= self.frequency_penalty * count + self.presence_penalty;
                }
            }
        }
        self.dry.penalise(logits, tokens);
    }
}

fn apply_mask(logits: &mut [f32], mask: &[u32]) {
    for (at, logit) in logits.iter_mut().enumerate() {
        let allowed = mask.get(at / 32).is_some_and(|word| word >> (at % 32) & 1 == 1);
        if !allowed {
            *logit = f32::NEG_INFINITY;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Chain, History};
    use crate::sampling::{SamplingError, SamplingParams, sample};

    const LOGITS: [f32; 5] = [1.0, 3.0, 2.5, -1.0, 0.0];

    fn greedy() -> Chain {
        Chain::new(SamplingParams::greedy())
    }

    fn choose(chain: &Chain, tokens: &[u32], prompt: usize) -> u32 {
        chain.choose(&LOGITS, History { tokens, prompt }, None).unwrap()
    }

    #[test]
    fn a_plain_chain_is_the_reference() {
        for seed in 0..200 {
            let base = SamplingParams { seed, top_k: 3, ..SamplingParams::default() };
            let expected = sample(&base, &LOGITS, &[], 4).unwrap();
            assert_eq!(choose(&Chain::new(base), &[0, 0, 0, 0], 4), expected);
        }
    }

    #[test]
    fn penalties_and_bias_change_the_best_token() {
        assert_eq!(choose(&greedy(), &[1, 1], 0), 1);
        let chain = Chain { presence_penalty: 0.6, ..greedy() };
        assert_eq!(choose(&chain, &[1, 1], 0), 2);
        // The prompt does not count.
        assert_eq!(choose(&chain, &[1, 1], 2), 1);
        let chain = Chain { frequency_penalty: 0.3, ..greedy() };
        assert_eq!((choose(&chain, &[1], 0), choose(&chain, &[1, 1], 0)), (1, 2));
        let chain = Chain { logit_bias: vec![(3, 100.0), (99, 5.0)], ..greedy() };
        assert_eq!(choose(&chain, &[], 0), 3);
        assert!(!chain.is_plain() && greedy().is_plain());
    }

    #[test]
    fn a_mask_forbids() {
        let chain = greedy();
        let history = History { tokens: &[], prompt: 0 };
        assert_eq!(chain.choose(&LOGITS, history, Some(&[0b11001])), Ok(0));
        assert_eq!(chain.choose(&LOGITS, history, Some(&[0])), Err(SamplingError::NoLogits));
    }

    #[test]
    fn ranges() {
        let wrong = [
            Chain { frequency_penalty: 2.1, ..greedy() },
            Chain { presence_penalty: f32::NAN, ..greedy() },
            Chain { typical_p: 0.0, ..greedy() },
            Chain { logit_bias: vec![(1, f32::INFINITY)], ..greedy() },
        ];
        assert!(wrong.iter().all(|chain| chain.validate().is_err()));
        assert_eq!(greedy().validate(), Ok(()));
    }
}
