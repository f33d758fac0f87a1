//! The messages of a chat, checked and in the form that templates read.

use crate::api_error::ApiError;
use crate::fields::Fields;
use serde_json::{Map, Value, json};
use tilewright_model::chat::Conversation;

const ROLES: [&str; 4] = ["system", "user", "assistant", "tool"];

/// The conversation of a request.
///
/// # Errors
/// 400 for whatever is not a message, with its place.
pub fn read(fields: &Fields<'_>) -> Result<Conversation, ApiError> {
    let list = fields.get("messages").and_then(Value::as_array);
    let list = list.filter(|list| !list.is_empty());
    let list =
        list.ok_or_else(|| fields.wrong("messages", "an array with at least one message"))?;
    let messages: Result<Vec<Value>, ApiError> =
        list.iter().enumerate().map(|(at, value)| message(at, value)).collect();
    let variables = match fields.get("chat_template_kwargs") {
        None => Map::new(),
        Some(Value::Object(variables)) => variables.clone(),
        Some(_) => return Err(fields.wrong("chat_template_kwargs", "an object")),
    };
    Ok(Conversation { messages: messages?, variables })
}

fn message(at: usize, value: &Value) -> Result<Value, ApiError> {
    let wrong = |member: &str, wanted: &str| {
        let name = format!("messages[{at}]{member}");
        let message = format!("{name} must be {wanted}");
        ApiError::invalid(name, message)
    };
    let members = value.as_object().ok_or_else(|| wrong("", "an object"))?;
    let role = match members.get("role").and_then(Value::as_str) {
        Some("developer") => "system",
        Some(role) if ROLES.contains(&role) => role,
        _ => return Err(wrong(".role", "`system`, `developer`, `user`, `assistant` or `tool`")),
    };
    let calls = members.get("tool_calls").filter(|calls| !calls.is_null());
    let content = match members.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let text = |part: &Value| {
                let is_text = part.get("type").and_then(Value::as_str) == Some("text");
                part.get("text").and_then(Value::as_str).filter(|_| is_text).map(str::to_owned)
            };
            let texts: Option<Vec<String>> = parts.iter().map(text).collect();
            texts.ok_or_else(|| wrong(".content", "text: other parts are not supported"))?.concat()
        }
        None | Some(Value::Null) if calls.is_some() => String::new(),
        _ => return Err(wrong(".content", "a string or an array of text parts")),
    };
    let mut message = json!({"role": role, "content": content});
    if let Some(object) = message.as_object_mut() {
        for name in ["name", "tool_call_id"] {
            if let Some(text) = members.get(name).filter(|value| value.is_string()) {
                object.insert(name.to_owned(), text.clone());
            }
        }
        if let Some(calls) = calls {
            let calls = calls.as_array().map(|calls| calls.iter().map(call).collect());
            let calls: Option<Vec<Value>> = calls.unwrap_or_default();
            let calls = calls.ok_or_else(|| wrong(".tool_calls", "an array of function calls"))?;
            object.insert("tool_calls".to_owned(), calls.into());
        }
    }
    Ok(message)
}

/// A call of a function with its arguments as an object, which is what templates print.
fn call(value: &Value) -> Option<Value> {
    let function = value.get("function")?;
    let name = function.get("name")?.as_str()?;
    let arguments = match function.get("arguments")? {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| text.clone().into()),
        other => other.clone(),
    };
    let id = value.get("id").cloned().unwrap_or_default();
    let function = json!({"name": name, "arguments": arguments});
    Some(json!({"id": id, "type": "function", "function": function}))
}
