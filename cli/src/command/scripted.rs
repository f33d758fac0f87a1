//! An engine for tests of the commands: it says what it is told to say.

use std::time::Duration;

use crate::args::SamplingArgs;
use crate::engine::{Engine, Error, Prompt, Token, TopLogit};

/// Says its tokens in order, over and over from the start of each prompt.
///
/// `END` is an end token without text; at `FAIL` the device is lost; the message `LONG` does not fit.
pub(super) struct Scripted {
    tokens: Vec<Vec<u8>>,
    next: usize,
    top_logits: u32,
    /// The conversations it was given, as `role: content` lines.
    pub chats: Vec<String>,
}

impl Scripted {
    pub fn new(tokens: &[&[u8]]) -> Self {
        let tokens = tokens.iter().map(|t| t.to_vec()).collect();
        Self { tokens, next: 0, top_logits: 0, chats: Vec::new() }
    }
}

impl Engine for Scripted {
    fn device(&self) -> String {
        "scripted".to_owned()
    }

    fn load_time(&self) -> Duration {
        Duration::from_millis(7)
    }

    fn start(
        &mut self,
        prompt: Prompt<'_>,
        _sampling: &SamplingArgs,
        top_logits: u32,
    ) -> Result<Vec<u32>, Error> {
        if let Prompt::Chat(messages) = prompt {
            if messages.last().is_some_and(|message| message.content == "LONG") {
                return Err(Error::PromptTooLong("the prompt has 9 tokens".into()));
            }
            let lines: Vec<String> =
                messages.iter().map(|m| format!("{}: {}", m.role, m.content)).collect();
            self.chats.push(lines.join("\n"));
        }
        (self.next, self.top_logits) = (0, top_logits);
        Ok(vec![10, 11])
    }

    fn next_token(&mut self) -> Result<Option<Token>, Error> {
        let Some(bytes) = self.tokens.get(self.next).cloned() else { return Ok(None) };
        if bytes == b"FAIL" {
            return Err(Error::Failed("device lost".into()));
        }
        let id = self.next as u32;
        self.next += 1;
        let end = bytes == b"END";
        let bytes = if end { Vec::new() } else { bytes };
        let top_logits = (0..self.top_logits).map(|id| TopLogit { id, logit: 1.0 }).collect();
        Ok(Some(Token { id, bytes, end, top_logits }))
    }
}
