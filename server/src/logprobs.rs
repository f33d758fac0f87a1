//! Log-probabilities in OpenAI's two forms.

use serde_json::{Map, Value, json};
use tilewright_model::sampling::TokenLogprob;
use tilewright_model::serving::{PromptToken, Token};
use tilewright_model::tokenizer::Tokenizer;

/// A token's own bytes; the name of a special one.
fn bytes(tokenizer: &Tokenizer, id: u32) -> Vec<u8> {
    match tokenizer.token_bytes(id) {
        [] => tokenizer.name(id).unwrap_or_default().as_bytes().to_vec(),
        bytes => bytes.to_vec(),
    }
}

/// A token as text; bytes that are no character are replaced.
pub fn text(tokenizer: &Tokenizer, id: u32) -> String {
    String::from_utf8_lossy(&bytes(tokenizer, id)).into_owned()
}

/// JSON has no infinities: the smallest number stands for a probability of 0.
fn finite(logprob: f32) -> f32 {
    logprob.max(f32::MIN)
}

fn entry(tokenizer: &Tokenizer, token: &TokenLogprob) -> Value {
    let (id, logprob) = (token.id, finite(token.logprob));
    json!({"token": text(tokenizer, id), "logprob": logprob, "bytes": bytes(tokenizer, id)})
}

/// One entry of a chat's `logprobs.content`.
pub fn chat(tokenizer: &Tokenizer, token: &Token) -> Option<Value> {
    let mut value = entry(tokenizer, &TokenLogprob { id: token.id, logprob: token.logprob? });
    let top: Vec<Value> = token.top.iter().map(|top| entry(tokenizer, top)).collect();
    if let Some(object) = value.as_object_mut() {
        object.insert("top_logprobs".to_owned(), top.into());
    }
    Some(value)
}

/// A completion's `logprobs`.
#[derive(Debug, Default)]
pub struct CompletionLogprobs {
    tokens: Vec<Value>,
    logprobs: Vec<Value>,
    top: Vec<Value>,
    offsets: Vec<Value>,
    /// Characters so far.
    length: usize,
}

impl CompletionLogprobs {
    /// Adds a token of an echoed prompt.
    pub fn add_prompt(&mut self, tokenizer: &Tokenizer, token: &PromptToken) {
        self.add(tokenizer, token.id, token.logprob, &token.top);
    }

    /// Adds a generated token.
    pub fn add_token(&mut self, tokenizer: &Tokenizer, token: &Token) {
        self.add(tokenizer, token.id, token.logprob, &token.top);
    }

    fn add(&mut self, tokenizer: &Tokenizer, id: u32, logprob: Option<f32>, top: &[TokenLogprob]) {
        let text = text(tokenizer, id);
        self.offsets.push(self.length.into());
        self.length += text.chars().count();
        self.tokens.push(text.into());
        self.logprobs.push(logprob.map_or(Value::Null, |logprob| finite(logprob).into()));
        self.top.push(match logprob {
            None => Value::Null,
            Some(_) => Value::Object(
                top.iter()
                    .map(|top| (self::text(tokenizer, top.id), finite(top.logprob).into()))
                    .collect::<Map<_, _>>(),
            ),
        });
    }

    /// What was added since the last call, in OpenAI's form.
    pub fn take(&mut self) -> Value {
        let take = std::mem::take::<Vec<Value>>;
        json!({
            "tokens": take(&mut self.tokens),
            "token_logprobs": take(&mut self.logprobs),
            "top_logprobs": take(&mut self.top),
            "text_offset": take(&mut self.offsets),
        })
    }
}
