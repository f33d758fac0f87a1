//! [`Answer`]: one choice of a chat.

use crate::splitter::{Part, Splitter};
use crate::{logprobs, reason, tools};
use serde_json::{Map, Value, json};
use tilewright_model::FinishReason;
use tilewright_model::serving::Token;
use tilewright_model::tokenizer::Tokenizer;

/// A message that is being written.
pub struct Answer {
    index: u32,
    /// Number of the request, for the ids of calls.
    request: u64,
    splitter: Splitter,
    content: String,
    reasoning: String,
    /// Text that should be calls of tools.
    calls: String,
    /// Calls, once the answer is complete.
    parsed: Vec<Value>,
    /// New entries, where they are wanted.
    logprobs: Option<Vec<Value>>,
    reason: Option<&'static str>,
}

impl Answer {
    /// An answer without text.
    pub fn new(index: u32, request: u64, splitter: Splitter, logprobs: bool) -> Self {
        Answer {
            index,
            request,
            splitter,
            content: String::new(),
            reasoning: String::new(),
            calls: String::new(),
            parsed: Vec::new(),
            logprobs: logprobs.then(Vec::new),
            reason: None,
        }
    }

    /// Takes a token.
    pub fn token(&mut self, tokenizer: &Tokenizer, token: &Token) {
        let parts = self.splitter.push(&token.text);
        self.take(parts);
        if let Some(entries) = &mut self.logprobs {
            entries.extend(logprobs::chat(tokenizer, token));
        }
    }

    /// Takes the end.
    pub fn finish(&mut self, finish: FinishReason) {
        let rest = self.splitter.finish();
        self.take(rest);
        self.parsed = tools::parse(&self.calls, self.request);
        if self.parsed.is_empty() {
            // Not a call after all: nothing of the text is lost.
            self.content += &std::mem::take(&mut self.calls);
        }
        let called = !self.parsed.is_empty() && finish == FinishReason::Stop;
        self.reason = Some(if called { "tool_calls" } else { reason::name(finish) });
    }

    fn take(&mut self, parts: Vec<(Part, String)>) {
        for (part, text) in parts {
            match part {
                Part::Content => self.content += &text,
                Part::Reasoning => self.reasoning += &text,
                Part::Calls => self.calls += &text,
            }
        }
    }

    /// The choice of a complete answer.
    pub fn message(&mut self) -> Value {
        let content = std::mem::take(&mut self.content);
        let calls = std::mem::take(&mut self.parsed);
        let no_content = content.is_empty() && !calls.is_empty();
        let content = if no_content { Value::Null } else { content.into() };
        let mut message = Map::new();
        message.insert("role".to_owned(), "assistant".into());
        message.insert("content".to_owned(), content);
        message.insert("refusal".to_owned(), Value::Null);
        if !self.reasoning.is_empty() {
            let text = std::mem::take(&mut self.reasoning);
            message.insert("reasoning_content".to_owned(), text.trim().into());
        }
        if !calls.is_empty() {
            message.insert("tool_calls".to_owned(), calls.into());
        }
        let logprobs = self.take_logprobs();
        json!({
            "index": self.index,
            "message": message,
            "logprobs": logprobs,
            "finish_reason": self.reason,
        })
    }

    /// The first piece of a stream.
    pub fn first(&self) -> Value {
        self.piece(json!({"role": "assistant", "content": ""}), &Value::Null, Value::Null)
    }

    /// The pieces of a stream that are new.
    pub fn deltas(&mut self) -> Vec<Value> {
        let mut logprobs = self.take_logprobs();
        let mut pieces = Vec::new();
        let texts = [
            ("reasoning_content", std::mem::take(&mut self.reasoning)),
            ("content", std::mem::take(&mut self.content)),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            pieces.push(self.piece(json!({name: text}), &logprobs, Value::Null));
            logprobs = Value::Null;
        }
        if !self.parsed.is_empty() {
            let calls = std::mem::take(&mut self.parsed);
            pieces.push(self.piece(json!({"tool_calls": calls}), &logprobs, Value::Null));
            logprobs = Value::Null;
        }
        if self.reason.is_some() || !logprobs.is_null() {
            pieces.push(self.piece(json!({}), &logprobs, self.reason.into()));
        }
        pieces
    }

    fn piece(&self, delta: Value, logprobs: &Value, reason: Value) -> Value {
        json!({
            "index": self.index,
            "delta": delta,
            "logprobs": logprobs,
            "finish_reason": reason,
        })
    }

    /// The new log-probabilities; `null` where there are none.
    fn take_logprobs(&mut self) -> Value {
        let entries = self.logprobs.as_mut().map(std::mem::take);
        match entries {
            Some(entries) if !entries.is_empty() => json!({"content": entries, "refusal": null}),
            _ => Value::Null,
        }
    }
}
