//! `/v1/completions`.

use crate::server::Server;
use serde_json::{Value, json};

fn text(choice: &Value) -> &str {
    choice["text"].as_str().unwrap()
}

#[test]
fn prompts_of_every_form() {
    let server = Server::new("prompts");
    let more = || json!({"max_tokens": 5, "temperature": 0, "ignore_eos": true});
    let one = server.complete("ab", more()).json();
    assert_eq!(one["object"], "text_completion");
    // The bytes are tokens 0 to 255 of the vocabulary.
    let ids = server.complete(json!([97, 98]), more()).json();
    assert_eq!(text(&ids["choices"][0]), text(&one["choices"][0]));
    let several = server.complete(json!(["cd", [97, 98]]), more()).json();
    assert_eq!(several["choices"].as_array().unwrap().len(), 2);
    assert_eq!(text(&several["choices"][1]), text(&one["choices"][0]));
    assert_eq!(several["choices"][1]["index"], 1);
    assert_eq!(several["usage"]["prompt_tokens"], 4);
    assert_eq!(several["usage"]["completion_tokens"], 10);
    // 16 tokens where nothing is said.
    let usage = &server.complete("ab", json!({"ignore_eos": true})).json()["usage"];
    assert_eq!(usage["completion_tokens"], 16);
}

#[test]
fn an_echo_with_log_probabilities() {
    let server = Server::new("echo");
    let more = json!({"max_tokens": 3, "temperature": 0, "echo": true, "logprobs": 2,
        "ignore_eos": true});
    let object = server.complete("hello", more).json();
    let choice = &object["choices"][0];
    assert!(text(choice).starts_with("hello"));
    let logprobs = &choice["logprobs"];
    let list = |name: &str| logprobs[name].as_array().unwrap().clone();
    assert_eq!(list("tokens")[..5], ["h", "e", "l", "l", "o"]);
    assert_eq!(list("text_offset")[..6], [0, 1, 2, 3, 4, 5]);
    assert_eq!((list("tokens").len(), list("top_logprobs").len()), (8, 8));
    assert!(list("token_logprobs")[0].is_null() && list("top_logprobs")[0].is_null());
    assert!(list("token_logprobs")[1..].iter().all(|l| l.as_f64().unwrap() < 0.0));
    // Only the prompt: what evaluations ask for.
    let more = json!({"max_tokens": 0, "echo": true, "logprobs": 0, "temperature": 0});
    let scored = server.complete("hello", more).json();
    let choice = &scored["choices"][0];
    assert_eq!((text(choice), &choice["finish_reason"]), ("hello", &json!("length")));
    assert_eq!(
        choice["logprobs"]["token_logprobs"].as_array().unwrap()[..],
        list("token_logprobs")[..5]
    );
    assert_eq!(scored["usage"]["completion_tokens"], 0);
}

#[test]
fn a_stream_of_several_prompts() {
    let server = Server::new("several");
    let more = json!({"max_tokens": 8, "seed": 1, "n": 2, "echo": true, "ignore_eos": true});
    let prompt = json!(["ab", "cd"]);
    let whole = server.complete(prompt.clone(), more.clone()).json();
    let mut more = more;
    more["stream"] = json!(true);
    let events = server.complete(prompt, more).events();
    for (index, choice) in whole["choices"].as_array().unwrap().iter().enumerate() {
        let pieces: String = events
            .iter()
            .map(|event| &event["choices"][0])
            .filter(|choice| choice["index"] == index)
            .map(text)
            .collect();
        assert_eq!(pieces, text(choice));
        assert!(pieces.starts_with(["ab", "cd"][index / 2]));
    }
    assert_eq!(whole["choices"].as_array().unwrap().len(), 4);
    assert!(events.iter().all(|event| event["usage"].is_null()));
}

#[test]
fn penalties_and_bias() {
    let server = Server::new("bias");
    let more = json!({"max_tokens": 4, "temperature": 0, "logit_bias": {"65": 100}});
    assert_eq!(text(&server.complete("ab", more).json()["choices"][0]), "AAAA");
    let more = json!({"max_tokens": 4, "temperature": 0, "logit_bias": {"65": 100, "66": 100},
        "presence_penalty": 2, "frequency_penalty": 2});
    let object = server.complete("ab", more).json();
    let mut letters: Vec<char> = text(&object["choices"][0]).chars().collect();
    letters.sort_unstable();
    assert_eq!(letters, ['A', 'A', 'B', 'B']);
}
