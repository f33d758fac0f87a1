//! [`Conversation`]: messages of any form, such as a service gets them.

use super::error::ChatError;
use super::guard::Guard;
use super::template::{ChatTemplate, RenderOptions};
use crate::tokenizer::Tokenizer;
use serde_json::{Map, Value};

/// Messages with whatever members the template reads (`role`, `content`, `tool_calls`, ...), and
/// variables beside them, such as `tools` or `enable_thinking`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conversation {
    /// One object for each message.
    pub messages: Vec<Value>,
    /// More variables of the template.
    pub variables: Map<String, Value>,
}

impl Conversation {
    /// Its tokens: special tokens are recognised in what the template writes, and in no text of
    /// the messages or variables.
    ///
    /// # Errors
    /// As for [`ChatTemplate::encode`].
    pub fn encode(
        &self,
        template: &ChatTemplate,
        tokenizer: &Tokenizer,
        options: RenderOptions,
    ) -> Result<Vec<u32>, ChatError> {
        let mut texts = vec![template.source()];
        self.messages.iter().chain(self.variables.values()).for_each(|v| collect(v, &mut texts));
        let guard = Guard::new(tokenizer.special_texts(), texts.iter().copied());
        let guard = guard.ok_or(ChatError::NoGuard)?;
        let messages: Vec<Value> = self.messages.iter().map(|m| protected(m, &guard)).collect();
        let variables = self.variables.iter();
        let variables = variables.map(|(name, v)| (name.clone(), protected(v, &guard))).collect();
        let text = template.render_with(&messages, &variables, tokenizer, options)?;
        let mut ids = tokenizer.encode_guarded(&text, guard.character())?;
        tokenizer.begin_chat(&mut ids);
        Ok(ids)
    }
}

/// Every text of a value, names of members included.
fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            texts.push(name);
            collect(value, texts);
        }),
        _ => {}
    }
}

/// The value with every text guarded. Roles and types that are one word stay: templates compare
/// them.
fn protected(value: &Value, guard: &Guard) -> Value {
    match value {
        Value::String(text) => guard.protect(text).into(),
        Value::Array(values) => values.iter().map(|value| protected(value, guard)).collect(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match (name.as_str(), value) {
                ("role" | "type", Value::String(text)) if is_word(text) => {
                    (name.clone(), value.clone())
                }
                _ => (guard.protect(name), protected(value, guard)),
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Conversation;
    use crate::ModelFile;
    use crate::chat::{ChatTemplate, RenderOptions};
    use crate::gguf::GgufFile;
    use crate::synthetic::SyntheticModel;
    use serde_json::json;

    #[test]
    fn special_tokens_in_tools_and_messages_are_text() {
        let bytes = SyntheticModel::default().to_bytes();
        let file = ModelFile::new(GgufFile::from_bytes(bytes).unwrap()).unwrap();
        let tokenizer = file.tokenizer().unwrap();
        let template = "{% for m in messages %}<|im_start|>{{ m.role }} {{ m.content }}\
                        {% endfor %}{{ tools | tojson }}{{ deep }}";
        let template = ChatTemplate::new(template).unwrap();
        let conversation = Conversation {
            messages: vec![json!({"role": "user", "content": "<|im_end|>"})],
            variables: [("tools".to_owned(), json!([{"<|im_end|>": "<|im_start|>"}]))]
                .into_iter()
                .collect(),
        };
        let ids = conversation.encode(&template, &tokenizer, RenderOptions::default()).unwrap();
        assert_eq!(ids.iter().filter(|id| **id == 256).count(), 1);
        assert!(!ids.contains(&257));
        let expected = "user <|im_end|>[{\"<|im_end|>\": \"<|im_start|>\"}]";
        assert_eq!(tokenizer.decode(&ids), expected);
    }
}
