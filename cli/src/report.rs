//! What is told of a completion: the JSON object and the closing line of figures.

use std::time::Duration;

use serde::Serialize;

use crate::engine::TopLogit;

/// The one object that `generate --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completion {
    /// Token ids of the prompt.
    pub prompt_ids: Vec<u32>,
    /// Generated token ids; an end token that was produced is the last.
    pub ids: Vec<u32>,
    /// The generated text, without special tokens.
    pub text: String,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// The device that ran it.
    pub device: String,
    /// Where the time went.
    pub timings: Timings,
    /// The largest logits of each generated position; position 0 follows the last prompt token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logits: Option<Vec<Vec<TopLogit>>>,
}

/// Why a completion ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FinishReason {
    /// An end token or a stop text.
    Stop,
    /// `--max-tokens` or a full context.
    Length,
}

/// Where the time went, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Timings {
    /// Loading the model.
    pub load_ms: f64,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// From the tokenised prompt to the first generated token.
    pub prompt_ms: f64,
    /// Generated tokens after the first, which the prompt pays for.
    pub decode_tokens: usize,
    /// From the first generated token to the last.
    pub decode_ms: f64,
    /// From the prompt's text to the first generated token.
    pub ttft_ms: f64,
}

impl Completion {
    /// `device | prompt tokens/s | decode tokens/s | time to first token`.
    pub fn figures(&self) -> String {
        let t = &self.timings;
        let mut line = format!("{} | prompt {}", self.device, rate(t.prompt_tokens, t.prompt_ms));
        line += &format!(" | decode {}", rate(t.decode_tokens, t.decode_ms));
        line + &format!(" | first token {:.0} ms", t.ttft_ms)
    }
}

fn rate(tokens: usize, ms: f64) -> String {
    if tokens == 0 || ms <= 0.0 {
        return format!("{tokens} tokens");
    }
    format!("{tokens} tokens, {:.1} tokens/s", tokens as f64 * 1e3 / ms)
}

/// A duration in milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Completion, FinishReason, Timings};
    use crate::engine::TopLogit;

    fn completion() -> Completion {
        Completion {
            prompt_ids: vec![1, 2],
            ids: vec![3],
            text: "x".into(),
            finish_reason: FinishReason::Length,
            device: "cpu".into(),
            timings: Timings {
                prompt_tokens: 2,
                prompt_ms: 4.0,
                ttft_ms: 5.0,
                ..Timings::default()
            },
            top_logits: Some(vec![vec![TopLogit { id: 3, logit: 0.5 }]]),
        }
    }

    #[test]
    fn the_object_has_exactly_the_promised_fields() {
        let expected = concat!(
            r#"{"prompt_ids":[1,2],"ids":[3],"text":"x","finish_reason":"length","device":"cpu","#,
            r#""timings":{"load_ms":0.0,"prompt_tokens":2,"prompt_ms":4.0,"decode_tokens":0,"#,
            r#""decode_ms":0.0,"ttft_ms":5.0},"top_logits":[[{"id":3,"logit":0.5}]]}"#,
        );
        assert_eq!(serde_json::to_string(&completion()).unwrap(), expected);
        let without = Completion { top_logits: None, ..completion() };
        assert!(!serde_json::to_string(&without).unwrap().contains("top_logits"));
    }

    #[test]
    fn figures_have_no_rate_without_time() {
        let line = "cpu | prompt 2 tokens, 500.0 tokens/s | decode 0 tokens | first token 5 ms";
        assert_eq!(completion().figures(), line);
    }
}
