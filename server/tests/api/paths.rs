//! Everything that is not a completion.

use crate::server::{Server, options};
use serde_json::{Value, json};
use std::sync::mpsc;

#[test]
fn models() {
    let server = Server::new("models");
    let list = server.get("/v1/models").json();
    assert_eq!((&list["object"], &list["data"][0]["id"]), (&json!("list"), &json!("tiny")));
    assert_eq!(server.get("/v1/models/tiny").json(), list["data"][0]);
    assert_eq!(server.get("/v1/models/other").error().3, "model_not_found");
}

#[test]
fn unknown_paths_and_methods() {
    let server = Server::new("unknown");
    assert_eq!(server.get("/v2").error().0, 404);
    assert_eq!(server.get("/v1/completions").error().0, 405);
    assert_eq!(server.post("/health", &json!({})).error().0, 405);
    assert!(server.get("/v2").headers["x-request-id"].to_str().unwrap().starts_with("req-"));
}

#[test]
fn tokens_and_back() {
    let server = Server::new("tokenize");
    let tokens = server.post("/tokenize", &json!({"content": "ab<|im_end|>"})).json();
    assert_eq!(tokens, json!({"tokens": [97, 98, 257], "count": 3}));
    let text = server.post("/detokenize", &json!({"tokens": [97, 98, 257]})).json();
    assert_eq!(text, json!({"content": "ab"}));
    assert_eq!(server.post("/tokenize", &json!({})).error().2, "content");
    assert_eq!(server.post("/detokenize", &json!({"tokens": [9999]})).error().2, "tokens");
}

#[test]
fn counts() {
    let server = Server::new("counts");
    server.complete("x".repeat(70), json!({"max_tokens": 8, "ignore_eos": true}));
    server.complete("x".repeat(70), json!({"max_tokens": 8, "ignore_eos": true}));
    server.wait_until_idle();
    assert_eq!(server.metric("generated_tokens_total"), 16.0);
    assert_eq!(server.metric("prefix_cache_hit_tokens_total"), 64.0);
    assert_eq!(server.metric("time_to_first_token_seconds_count"), 2.0);
    assert_eq!(server.metric("inter_token_seconds_count"), 14.0);
    let text = server.get("/metrics").text;
    let line = "tilewright_requests_total{path=\"/v1/completions\",status=\"200\"} 2";
    assert!(text.contains(line) && text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn a_model_that_is_being_loaded() {
    let (sender, receiver) = mpsc::channel::<()>();
    let wait = move || receiver.recv().unwrap();
    let server = Server::start("loading", options(), |b| b, wait);
    let loading = (503, json!("server_error"), Value::Null, json!("loading"));
    assert_eq!(server.get("/health").error(), loading);
    let refused = server.complete("ab", json!({}));
    assert_eq!(
        (refused.error(), &refused.headers["retry-after"]),
        (loading, &"5".parse().unwrap())
    );
    // The page and the counts are there already.
    assert_eq!((server.get("/").status, server.get("/metrics").status), (200, 200));
    sender.send(()).unwrap();
    let start = std::time::Instant::now();
    while server.get("/health").status != 200 {
        assert!(start.elapsed().as_secs() < 60);
    }
    assert_eq!(server.get("/health").json(), json!({"status": "ok"}));
}

#[test]
fn the_page_is_one_file() {
    let server = Server::new("page");
    let page = server.get("/");
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(page.text.contains("/v1/chat/completions"));
    assert!(!page.text.contains("src=") && !page.text.contains("http://"), "nothing is fetched");
}
