//! [`Tools`]: functions that a model may call.
//!
//! A template that has a variable `tools` gets them. For any other the server adds this to the
//! system message: what the tools are, and that a call is written as
//! `<tool_call>\n{"name": ..., "arguments": {...}}\n</tool_call>`. A required call is enforced with
//! a grammar of that form.

use crate::api_error::ApiError;
use crate::fields::Fields;
use crate::splitter::CALL;
use serde_json::{Value, json};
use tilewright_model::chat::Conversation;
use tilewright_model::grammar::Grammar;

/// What a request says about calls.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    /// As the model likes.
    Auto,
    /// Some function.
    Required,
    /// This one.
    Named(String),
}

/// The functions of a request, unless it forbids to call them.
#[derive(Debug, Clone)]
pub struct Tools {
    definitions: Vec<Value>,
    choice: Choice,
}

impl Tools {
    /// Reads `tools` and `tool_choice`.
    ///
    /// # Errors
    /// 400 for what is no function, and a choice that is none of them.
    pub fn read(fields: &Fields<'_>) -> Result<Option<Self>, ApiError> {
        let Some(value) = fields.get("tools") else { return Ok(None) };
        let wanted = "an array of `{\"type\": \"function\", \"function\": {\"name\": ...}}`";
        let wrong = || fields.wrong("tools", wanted);
        let definitions = value.as_array().ok_or_else(wrong)?.clone();
        if definitions.iter().any(|tool| name(tool).is_none()) {
            return Err(wrong());
        }
        let choice = match fields.get("tool_choice") {
            None => Choice::Auto,
            Some(Value::String(text)) if text == "auto" => Choice::Auto,
            Some(Value::String(text)) if text == "none" => return Ok(None),
            Some(Value::String(text)) if text == "required" => Choice::Required,
            Some(value) => {
                let name = name(value).filter(|n| definitions.iter().any(|d| name(d) == Some(n)));
                let wanted = "`none`, `auto`, `required` or one of the functions";
                Choice::Named(name.ok_or_else(|| fields.wrong("tool_choice", wanted))?.to_owned())
            }
        };
        Ok((!definitions.is_empty()).then_some(Tools { definitions, choice }))
    }

    /// Tells the model about them.
    pub fn prepare(&self, conversation: &mut Conversation, template: &str) {
        if template.contains("tools") {
            let tools = self.definitions.clone().into();
            conversation.variables.insert("tools".to_owned(), tools);
            return;
        }
        let mut text = String::from("You can call these functions:\n");
        for tool in &self.definitions {
            text += &tool.get("function").unwrap_or(tool).to_string();
            text.push('\n');
        }
        text += "To call one, answer with nothing but\n<tool_call>\n\
                 {\"name\": \"FUNCTION\", \"arguments\": {...}}\n</tool_call>";
        let first = conversation.messages.first_mut();
        let system = first.filter(|m| m.get("role").is_some_and(|role| role == "system"));
        match system.and_then(|message| message.get_mut("content")) {
            Some(Value::String(content)) => *content = format!("{content}\n\n{text}"),
            _ => {
                let message = json!({"role": "system", "content": text});
                conversation.messages.insert(0, message);
            }
        }
    }

    /// What the answer must be, where a call is required.
    pub fn grammar(&self) -> Option<Grammar> {
        let wanted = |tool: &&Value| match &self.choice {
            Choice::Auto => false,
            Choice::Required => true,
            Choice::Named(only) => name(tool) == Some(only),
        };
        let calls: Vec<Value> = self.definitions.iter().filter(wanted).map(call_schema).collect();
        if calls.is_empty() {
            return None;
        }
        let separators = json!({
            "item_separator": ", ",
            "key_separator": ": ",
            "whitespace_flexible": false,
        });
        let schema = json!({"anyOf": calls, "x-guidance": separators});
        let [open, close] = CALL;
        Some(Grammar::Lark(format!(
            "start: \"{open}\\n\" call \"\\n{close}\"\ncall: %json {schema}"
        )))
    }
}

/// The calls of an answer's end, in OpenAI's form; none where it is not what a call looks like.
pub fn parse(text: &str, id: u64) -> Vec<Value> {
    let texts = text.split(CALL[0]).skip(1);
    let call = |(index, text): (usize, &str)| {
        let text = text.split(CALL[1]).next()?;
        let value: Value = serde_json::from_str(text.trim()).ok()?;
        let name = value.get("name")?.as_str()?;
        let arguments = value.get("arguments").or_else(|| value.get("parameters"))?.to_string();
        let function = json!({"name": name, "arguments": arguments});
        let id = format!("call_{id}_{index}");
        Some(json!({"index": index, "id": id, "type": "function", "function": function}))
    };
    let calls: Option<Vec<Value>> = texts.enumerate().map(call).collect();
    calls.unwrap_or_default()
}

fn name(tool: &Value) -> Option<&str> {
    tool.get("function")?.get("name")?.as_str().filter(|name| !name.is_empty())
}

fn call_schema(tool: &Value) -> Value {
    let parameters = tool.get("function").and_then(|function| function.get("parameters"));
    let arguments = parameters.cloned().unwrap_or_else(|| json!({"type": "object"}));
    json!({
        "type": "object",
        "properties": {"name": {"const": name(tool)}, "arguments": arguments},
        "required": ["name", "arguments"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn calls_are_parsed_or_none_is() {
        let text = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"x\": 1}}\n</tool_call>\n\
                    <tool_call>{\"name\": \"g\", \"parameters\": {}}";
        let calls = parse(text, 7);
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0]["function"]["arguments"], "{\"x\":1}");
        assert_eq!(
            (&calls[1]["function"]["name"], &calls[1]["id"]),
            (&"g".into(), &"call_7_1".into())
        );
        assert!(parse("<tool_call>{broken", 7).is_empty());
    }
}
