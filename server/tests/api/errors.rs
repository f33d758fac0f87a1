//! Every error: status, type, parameter and code.

use crate::server::{Server, options};
use serde_json::{Value, json};
use tilewright_runtime::{Device, Fault, FaultPoint};
use tilewright_server::Options;

const INVALID: &str = "invalid_request_error";

fn invalid(param: &str) -> (u16, Value, Value, Value) {
    (400, json!(INVALID), json!(param), Value::Null)
}

#[test]
fn bodies() {
    let server = Server::with("bodies", Options { body_limit: 1000, ..options() }, |b| b);
    let malformed = (400, json!(INVALID), Value::Null, Value::Null);
    for body in [&b"{"[..], b"", b"[1]", b"{\"prompt\": \"\xff\"}", b"nonsense"] {
        assert_eq!(server.post_text("/v1/completions", None, body).error(), malformed);
    }
    let large = server.post_text("/v1/completions", None, &[b' '; 1001]);
    assert_eq!(large.error(), (413, json!(INVALID), Value::Null, json!("body_too_large")));
}

#[test]
fn parameters() {
    let server = Server::new("parameters");
    let cases = [
        ("temperature", json!("hot")),
        ("temperature", json!(2.5)),
        ("temperature", json!(-0.1)),
        ("top_p", json!(0)),
        ("n", json!(0)),
        ("n", json!(1000)),
        ("n", json!(1.5)),
        ("max_tokens", json!(-1)),
        ("max_tokens", json!(1_000_000)),
        ("stop", json!(7)),
        ("stop", json!([""])),
        ("stream", json!("yes")),
        ("seed", json!("x")),
        ("logprobs", json!(100)),
        ("logit_bias", json!({"a": 1})),
        ("logit_bias", json!({"1": 101})),
        ("presence_penalty", json!(3)),
        ("frequency_penalty", json!(-3)),
        ("suffix", json!("x")),
        ("best_of", json!(3)),
        ("stop_token_ids", json!([-1])),
    ];
    for (name, value) in cases {
        let answer = server.complete("ab", json!({name: value}));
        assert_eq!(answer.error(), invalid(name), "{value}");
    }
    for prompt in [json!(null), json!([]), json!({}), json!([1, "a"]), json!([[-1]])] {
        assert_eq!(
            server.complete(prompt.clone(), json!({})).error(),
            invalid("prompt"),
            "{prompt}"
        );
    }
    assert_eq!(server.complete(json!([999]), json!({})).error(), invalid("prompt"));
    let format = json!({"type": "json_schema", "json_schema": {"schema": {"type": "nonsense"}}});
    let schema = server.complete("ab", json!({"response_format": format}));
    assert_eq!(schema.error(), invalid("response_format"));
    let format = server.complete("ab", json!({"response_format": {"type": "xml"}}));
    assert_eq!(format.error(), invalid("response_format.type"));
    let long = server.complete("x".repeat(300), json!({}));
    let context = (400, json!(INVALID), json!("messages"), json!("context_length_exceeded"));
    assert_eq!(long.error(), context);
    let model = server.complete("ab", json!({"model": "gpt-5"}));
    assert_eq!(model.error(), (404, json!(INVALID), json!("model"), json!("model_not_found")));
}

#[test]
fn messages() {
    let server = Server::new("messages");
    let post = |messages: Value| {
        server.post("/v1/chat/completions", &json!({"messages": messages})).error()
    };
    assert_eq!(post(json!([])), invalid("messages"));
    assert_eq!(post(json!("hi")), invalid("messages"));
    assert_eq!(post(json!([7])), invalid("messages[0]"));
    assert_eq!(post(json!([{"role": "king", "content": "x"}])), invalid("messages[0].role"));
    let user = json!({"role": "user", "content": "x"});
    assert_eq!(post(json!([user, {"role": "user"}])), invalid("messages[1].content"));
    let image = json!([{"type": "image_url", "image_url": {"url": "x"}}]);
    assert_eq!(post(json!([{"role": "user", "content": image}])), invalid("messages[0].content"));
    let error = server.chat("x", json!({"top_logprobs": 2})).error();
    assert_eq!(error, invalid("top_logprobs"));
    assert_eq!(server.chat("x", json!({"tools": [{}]})).error(), invalid("tools"));
    let tool = json!({"type": "function", "function": {"name": "f"}});
    let choice = json!({"type": "function", "function": {"name": "g"}});
    let error = server.chat("x", json!({"tools": [tool], "tool_choice": choice})).error();
    assert_eq!(error, invalid("tool_choice"));
}

#[test]
fn keys() {
    let key = Options { api_key: Some("secret".to_owned()), ..options() };
    let server = Server::with("keys", key, |b| b);
    let body = json!({"prompt": "a", "max_tokens": 1}).to_string();
    let post = |key| server.post_text("/v1/completions", key, body.as_bytes());
    let refused = (401, json!("authentication_error"), Value::Null, json!("invalid_api_key"));
    for key in [None, Some("Bearer wrong"), Some("secret"), Some("Bearer secret2")] {
        assert_eq!(post(key).error(), refused);
    }
    assert_eq!(post(Some("Bearer secret")).status, 200);
    assert_eq!((server.get("/").status, server.get("/v1/models").status), (200, 401));
    // Without a key whatever is sent is ignored.
    let open = Server::new("open");
    let answer = open.post_text("/v1/completions", Some("Bearer x"), body.as_bytes());
    assert_eq!(answer.status, 200);
}

#[test]
fn a_full_queue() {
    let server = Server::with("full", options(), |b| b.max_sequences(1).max_queue(1));
    let more = json!({"max_tokens": 256, "ignore_eos": true, "n": 2});
    let refused = std::thread::scope(|scope| {
        let first = scope.spawn(|| server.complete("ab", more.clone()));
        let start = std::time::Instant::now();
        while server.metric("running_sequences") == 0.0 {
            assert!(start.elapsed().as_secs() < 60 && !first.is_finished());
        }
        let refused = server.complete("ab", json!({"max_tokens": 1}));
        assert_eq!(first.join().unwrap().status, 200);
        refused
    });
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.error(), (429, json!("rate_limit_error"), Value::Null, json!("queue_full")));
    assert_eq!(server.complete("ab", json!({"max_tokens": 1})).status, 200);
}

#[test]
fn a_request_that_takes_too_long() {
    let timeout = Options { request_timeout: std::time::Duration::ZERO, ..options() };
    let server = Server::with("deadline", timeout, |b| b);
    let late = server.complete("ab", json!({"max_tokens": 256}));
    let expected = (504, json!("server_error"), Value::Null, json!("deadline_exceeded"));
    assert_eq!(late.error(), expected);
    let stream = server.complete("ab", json!({"max_tokens": 256, "stream": true}));
    assert!(stream.text.contains("deadline_exceeded") && !stream.text.contains("[DONE]"));
}

#[test]
fn a_lost_device() {
    let device = Device::open(&"cpu".parse().unwrap()).unwrap();
    let of_engine = device.clone();
    let server = Server::with("lost", options(), move |b| b.device(&of_engine));
    let lost = (503, json!("server_error"), Value::Null, json!("device_lost"));
    device.inject(Fault { at: FaultPoint::Download, after: 3 });
    let more = json!({"max_tokens": 50, "ignore_eos": true});
    assert_eq!(server.complete("ab", more).error(), lost);
    assert_eq!(server.get("/health").error(), lost);
    assert_eq!(server.complete("ab", json!({})).error(), lost);
    assert_eq!(server.get("/metrics").status, 200);
}
