//! How the next token is chosen.

use super::error::SamplingError;

/// Parameters of the sampling chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplingParams {
    /// Divides the logits; 0 takes the best token and ignores the rest.
    pub temperature: f32,
    /// Keeps this many of the best tokens; 0 keeps all.
    pub top_k: u32,
    /// Keeps the best tokens until their probabilities reach this sum; 1 keeps all.
    pub top_p: f32,
    /// Keeps tokens with at least this share of the best one's probability; 0 keeps all.
    pub min_p: f32,
    /// Divides the positive logits of recent tokens and multiplies the negative; 1 is off.
    pub repeat_penalty: f32,
    /// How many of the latest tokens `repeat_penalty` concerns.
    pub repeat_window: u32,
    /// Makes runs repeatable.
    pub seed: u64,
}

impl Default for SamplingParams {
    fn default() -> Self {
        Self {
            temperature: 0.8,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.0,
            repeat_window: 64,
            seed: 0,
        }
    }
}

impl SamplingParams {
    /// Always the best token.
    pub fn greedy() -> Self {
        Self { temperature: 0.0, ..Self::default() }
    }

    /// Checks every range.
    ///
    /// # Errors
    /// The first parameter that is out of range, with its value.
    pub fn validate(&self) -> Result<(), SamplingError> {
        let value = self.temperature;
        if !value.is_finite() || value < 0.0 {
            return Err(SamplingError::Temperature { value });
        }
        let value = self.top_p;
        if value.is_nan() || value <= 0.0 || value > 1.0 {
            return Err(SamplingError::TopP { value });
        }
        let value = self.min_p;
        if !(0.0..=1.0).contains(&value) {
            return Err(SamplingError::MinP { value });
        }
        let value = self.repeat_penalty;
        if !value.is_finite() || value <= 0.0 {
            return Err(SamplingError::RepeatPenalty { value });
        }
        Ok(())
    }
}
