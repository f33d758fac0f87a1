//! Names of finish reasons.

use tilewright_model::FinishReason;

/// OpenAI's name.
pub fn name(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
    }
}
