//! Schemas, grammars and tools.

use crate::server::{Server, options};
use serde_json::{Value, json};

fn weather() -> Value {
    json!({"type": "function", "function": {"name": "weather", "description": "now",
        "parameters": {"type": "object", "properties": {"unit": {"enum": ["C", "F"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 9}},
            "required": ["unit", "days"], "additionalProperties": false}}})
}

#[test]
fn a_schema() {
    let server = Server::new("schema");
    let schema = json!({"type": "object", "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"], "additionalProperties": false});
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
    let object = server.chat("go", json!({"response_format": format, "seed": 1})).json();
    let text = object["choices"][0]["message"]["content"].as_str().unwrap();
    let value: Value = serde_json::from_str(text).expect(text);
    assert!(value["ok"].is_boolean());
    assert_eq!(object["choices"][0]["finish_reason"], "stop");
    let object = server.complete("x", json!({"guided_regex": "a{3}b", "max_tokens": 20})).json();
    assert_eq!(object["choices"][0]["text"], "aaab");
    for grammar in ["start: \"x\" | \"y\"", "root ::= [xy]"] {
        let more = json!({"guided_grammar": grammar, "max_tokens": 20});
        let text = server.complete("x", more).json()["choices"][0]["text"].clone();
        assert!(text == "x" || text == "y", "{text}");
    }
    let format = json!({"type": "json_object"});
    let object = server.chat("go", json!({"response_format": format, "max_tokens": 3})).json();
    assert!(object["choices"][0]["message"]["content"].as_str().unwrap().starts_with('{'));
}

#[test]
fn a_required_call() {
    let server = Server::with("tools", options(), |b| b.context(2048));
    let more = |stream: bool| json!({"tools": [weather()], "tool_choice": "required", "seed": 4, "stream": stream});
    let choice = server.chat("rain?", more(false)).json()["choices"][0].clone();
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert!(choice["message"]["content"].is_null());
    let calls = choice["message"]["tool_calls"].as_array().unwrap();
    assert_eq!((calls.len(), &calls[0]["type"]), (1, &json!("function")));
    assert_eq!(calls[0]["function"]["name"], "weather");
    let arguments = calls[0]["function"]["arguments"].as_str().unwrap();
    let arguments: Value = serde_json::from_str(arguments).unwrap();
    assert!(["C", "F"].contains(&arguments["unit"].as_str().unwrap()));
    assert!((1..=9).contains(&arguments["days"].as_i64().unwrap()));
    let events = server.chat("rain?", more(true)).events();
    let deltas: Vec<&Value> = events.iter().map(|e| &e["choices"][0]["delta"]).collect();
    let found = deltas.iter().find_map(|delta| delta["tool_calls"][0]["function"].as_object());
    assert_eq!(found, calls[0]["function"].as_object());
    assert!(deltas.iter().all(|delta| delta["content"].as_str().unwrap_or("").is_empty()));
    assert_eq!(events.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn a_conversation_with_calls_is_taken() {
    let server = Server::with("history", options(), |b| b.context(2048));
    let call = json!({"id": "call_1", "type": "function",
        "function": {"name": "weather", "arguments": "{\"unit\": \"C\"}"}});
    let body = json!({"max_tokens": 2, "tools": [weather()], "tool_choice": "none", "messages": [
        {"role": "user", "content": "rain?"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "no"},
    ]});
    assert_eq!(server.post("/v1/chat/completions", &body).status, 200);
}
