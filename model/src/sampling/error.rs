//! What cannot be sampled.
#![expect(missing_docs, reason = "fields are what each message names")]

/// Parameters out of range, or logits without a distribution.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SamplingError {
    /// Negative, NaN or infinite.
    #[error("temperature is {value}, it must be 0 or a positive number")]
    Temperature { value: f32 },
    /// Out of range.
    #[error("top-p is {value}, it must be over 0 and at most 1")]
    TopP { value: f32 },
    /// Out of range.
    #[error("min-p is {value}, it must be 0 to 1")]
    MinP { value: f32 },
    /// Out of range.
    #[error("repeat-penalty is {value}, it must be a positive number (1 is off)")]
    RepeatPenalty { value: f32 },
    /// Out of range.
    #[error("typical_p is {value}, it must be over 0 and at most 1")]
    TypicalP { value: f32 },
    /// Out of range.
    #[error("{name} is {value}, it must be -2 to 2")]
    Penalty { name: &'static str, value: f32 },
    /// Out of range.
    #[error("{name} is {value}, it must be a number, at least 0 (dry_base: 1)")]
    Dry { name: &'static str, value: f32 },
    /// Not finite.
    #[error("the bias of token {token} is {value}, it must be a number")]
    Bias { token: u32, value: f32 },
    /// A broken forward pass.
    #[error("the logit of token {id} is {logit}: the model's output is not usable")]
    NotANumber { id: usize, logit: f32 },
    /// Nothing to choose from.
    #[error("there is no token to choose from: every logit is minus infinity")]
    NoLogits,
}
