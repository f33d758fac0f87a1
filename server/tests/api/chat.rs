//! `/v1/chat/completions`.

use crate::server::Server;
use serde_json::{Value, json};

fn content(choice: &Value) -> &str {
    choice["message"]["content"].as_str().unwrap()
}

#[test]
fn a_message_and_its_usage() {
    let server = Server::new("message");
    let more = json!({"model": "tiny", "max_completion_tokens": 12, "seed": 3, "ignore_eos": true});
    let object = server.chat("hello", more.clone()).json();
    assert_eq!(object["object"], "chat.completion");
    assert_eq!((&object["model"], &object["choices"][0]["index"]), (&json!("tiny"), &json!(0)));
    let choice = &object["choices"][0];
    assert_eq!(choice["message"]["role"], "assistant");
    assert_eq!(choice["finish_reason"], "length");
    assert!(!content(choice).is_empty() && choice["logprobs"].is_null());
    // <|im_start|>, "user\nhello", <|im_end|>, "\n", <|im_start|>, "assistant".
    let usage = json!({
        "prompt_tokens": 23,
        "completion_tokens": 12,
        "total_tokens": 35,
        "prompt_tokens_details": {"cached_tokens": 0},
    });
    assert_eq!(object["usage"], usage);
    let again = server.chat("hello", more).json();
    assert_eq!(content(&again["choices"][0]), content(choice));
    assert!(again["id"] != object["id"] && again["created"].as_u64().unwrap() > 1_600_000_000);
}

#[test]
fn a_stream_is_the_same_in_pieces() {
    let server = Server::new("stream");
    let more = json!({"max_tokens": 30, "seed": 5, "n": 2, "ignore_eos": true});
    let whole = server.chat("tell me", more.clone()).json();
    let mut more = more;
    more["stream"] = json!(true);
    more["stream_options"] = json!({"include_usage": true});
    let events = server.chat("tell me", more).events();
    let (last, chunks) = events.split_last().unwrap();
    assert_eq!((&last["usage"], &last["choices"]), (&whole["usage"], &json!([])));
    for (index, choice) in whole["choices"].as_array().unwrap().iter().enumerate() {
        let pieces: Vec<&Value> = chunks
            .iter()
            .map(|chunk| &chunk["choices"][0])
            .filter(|choice| choice["index"] == index)
            .collect();
        assert_eq!(pieces[0]["delta"], json!({"role": "assistant", "content": ""}));
        let text: String = pieces.iter().filter_map(|p| p["delta"]["content"].as_str()).collect();
        assert_eq!(text, content(choice));
        let (end, before) = pieces.split_last().unwrap();
        assert_eq!(end["finish_reason"], choice["finish_reason"]);
        assert!(before.iter().all(|piece| piece["finish_reason"].is_null()));
    }
    assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk"));
    assert_ne!(content(&whole["choices"][0]), content(&whole["choices"][1]));
}

#[test]
fn stop_texts_seeds_and_choices() {
    let server = Server::new("stop");
    let more = json!({"max_tokens": 60, "seed": 11, "ignore_eos": true});
    let whole = server.chat("go", more.clone()).json();
    let text = content(&whole["choices"][0]).to_owned();
    let stop = text.chars().filter(char::is_ascii).nth(6).unwrap().to_string();
    let mut with_stop = more.clone();
    with_stop["stop"] = json!([stop, "never there"]);
    let stopped = server.chat("go", with_stop).json();
    assert_eq!(content(&stopped["choices"][0]), &text[..text.find(&stop).unwrap()]);
    assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
    // Choice i of n is the lone request with seed + i.
    let (mut two, mut next) = (more.clone(), more);
    (two["n"], next["seed"]) = (json!(2), json!(12));
    let two = server.chat("go", two).json();
    assert_eq!(content(&two["choices"][0]), text);
    let next = server.chat("go", next).json();
    assert_eq!(content(&two["choices"][1]), content(&next["choices"][0]));
}

#[test]
fn log_probabilities() {
    let server = Server::new("logprobs");
    let more = json!({"max_tokens": 6, "temperature": 0, "logprobs": true, "top_logprobs": 4,
        "ignore_eos": true});
    let whole = server.chat("go", more.clone()).json();
    let entries = whole["choices"][0]["logprobs"]["content"].as_array().unwrap();
    assert_eq!(entries.len(), 6);
    for entry in entries {
        let top = entry["top_logprobs"].as_array().unwrap();
        assert_eq!(top.len(), 4);
        // Greedy: the chosen token is the likeliest.
        assert_eq!((&top[0]["token"], &top[0]["logprob"]), (&entry["token"], &entry["logprob"]));
        assert!(top.windows(2).all(|two| two[0]["logprob"].as_f64() >= two[1]["logprob"].as_f64()));
        assert!(entry["logprob"].as_f64().unwrap() < 0.0 && entry["bytes"].is_array());
    }
    let mut more = more;
    more["stream"] = json!(true);
    let events = server.chat("go", more).events();
    let streamed: Vec<&Value> = events
        .iter()
        .filter_map(|event| event["choices"][0]["logprobs"]["content"].as_array())
        .flatten()
        .collect();
    assert_eq!(streamed, entries.iter().collect::<Vec<_>>());
}

#[test]
fn a_prompt_is_cached_and_parts_are_joined() {
    let server = Server::new("cached");
    let long = "x".repeat(150);
    let said =
        json!([{"type": "text", "text": long[..100]}, {"type": "text", "text": long[100..]}]);
    let body = |content: Value| {
        json!({"max_tokens": 2, "temperature": 0,
            "messages": [{"role": "developer", "content": "be brief"},
                {"role": "user", "content": content}]})
    };
    let first = server.post("/v1/chat/completions", &body(said)).json();
    let second = server.post("/v1/chat/completions", &body(json!(long))).json();
    assert_eq!(first["usage"]["prompt_tokens"], second["usage"]["prompt_tokens"]);
    assert_eq!(second["usage"]["prompt_tokens_details"]["cached_tokens"], 128);
    assert_eq!(first["choices"], second["choices"]);
}

#[test]
fn reasoning_is_split_off_and_limited() {
    let server = Server::new("thinking");
    let more = |thinking: bool, stream: bool| {
        json!({"max_tokens": 40, "seed": 2, "ignore_eos": true, "max_reasoning_tokens": 10,
            "stream": stream, "chat_template_kwargs": {"enable_thinking": thinking}})
    };
    let choice = server.chat("go", more(true, false)).json()["choices"][0].clone();
    let reasoning = choice["message"]["reasoning_content"].as_str().unwrap();
    // Ten tokens are at most ten characters; the marker takes eight, the answer the rest.
    assert!(!reasoning.is_empty() && reasoning.chars().count() <= 10, "{reasoning}");
    assert!(!content(&choice).is_empty() && !content(&choice).contains("</think>"));
    let events = server.chat("go", more(true, true)).events();
    let join = |name: &str| -> String {
        events.iter().filter_map(|e| e["choices"][0]["delta"][name].as_str()).collect()
    };
    assert_eq!(
        (join("reasoning_content").trim(), &join("content")[..]),
        (reasoning, content(&choice))
    );
    let plain = server.chat("go", more(false, false)).json();
    assert!(plain["choices"][0]["message"].get("reasoning_content").is_none());
}
