//! [`Usage`]: how many tokens a request took.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use tilewright_model::serving::Finished;

/// Tokens of the choices that have finished.
#[derive(Debug, Default)]
pub struct Usage {
    /// By prompt: its tokens, and those of them that the cache had for its first choice.
    prompts: BTreeMap<u32, (u32, u32)>,
    generated: u32,
}

impl Usage {
    /// Counts a finished choice of a prompt.
    pub fn add(&mut self, prompt: u32, finished: &Finished) {
        self.generated += finished.generated_tokens;
        // Choices share their prompt: it counts once, with what was there before the request.
        let entry = (finished.prompt_tokens, finished.cached_tokens);
        if finished.choice == 0 {
            self.prompts.insert(prompt, entry);
        } else {
            self.prompts.entry(prompt).or_insert((finished.prompt_tokens, 0));
        }
    }

    /// OpenAI's form.
    pub fn json(&self) -> Value {
        let prompt: u32 = self.prompts.values().map(|(tokens, _)| tokens).sum();
        let cached: u32 = self.prompts.values().map(|(_, cached)| cached).sum();
        json!({
            "prompt_tokens": prompt,
            "completion_tokens": self.generated,
            "total_tokens": prompt + self.generated,
            "prompt_tokens_details": {"cached_tokens": cached},
        })
    }
}
