//! Structured output of a random model: only the grammar gives it sense.

use crate::tiny::{Written, cpu, drawn, greedy, one, tokens};
use serde_json::{Value, json};
use tilewright_model::grammar::Grammar;
use tilewright_model::serving::{Engine, Request, SubmitError};
use tilewright_model::speculative::Speculation;
use tilewright_model::{FinishReason, Tokenizer};

fn engine(file: &Written, speculation: Speculation) -> Engine {
    let builder = Engine::builder().model(file.path()).device(&cpu()).speculation(speculation);
    builder.build().unwrap()
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "colour": {"enum": ["red", "green"]},
            "count": {"type": "integer", "minimum": 3, "maximum": 5},
            "exact": {"type": "boolean"},
        },
        "required": ["colour", "count", "exact"],
        "additionalProperties": false,
    })
}

fn with_grammar(request: Request, grammar: Grammar) -> Request {
    Request { grammar: Some(grammar), ignore_end: false, ..request }
}

#[test]
fn a_schema_is_obeyed() {
    let file = Written::new("schema");
    let engine = engine(&file, Speculation::Off);
    for seed in 0..6 {
        let request = drawn(tokens(0, 20), 120, seed);
        let outcome = one(&engine, with_grammar(request, Grammar::JsonSchema(schema())));
        assert_eq!(outcome.reason(), Some(FinishReason::Stop));
        let text = outcome.text();
        let value: Value = serde_json::from_str(&text).expect(&text);
        assert!(["red", "green"].contains(&value["colour"].as_str().unwrap()), "{text}");
        assert!((3..=5).contains(&value["count"].as_i64().unwrap()), "{text}");
        assert!(value["exact"].is_boolean() && text.starts_with("{\"colour\": \""), "{text}");
    }
}

#[test]
fn expressions_and_grammars() {
    let file = Written::new("lark");
    let engine = engine(&file, Speculation::Off);
    let text = |grammar| one(&engine, with_grammar(drawn(tokens(1, 9), 60, 3), grammar)).text();
    let date = text(Grammar::Regex("20[0-9]{2}-[01][0-9]".to_owned()));
    assert!(date.len() == 7 && date.starts_with("20") && &date[4..5] == "-", "{date}");
    let lark = "start: word (\" \" word)~2\nword: \"ab\" | \"cd\"".to_owned();
    let words = text(Grammar::Lark(lark));
    assert!(words.len() == 8 && words.split(' ').all(|w| w == "ab" || w == "cd"), "{words}");
}

/// What greedy terminals would get wrong: the longer text is not the right one.
#[test]
fn gbnf() {
    let file = Written::new("gbnf");
    let engine = engine(&file, Speculation::Off);
    let text = |text: &str, seed| {
        let request = drawn(tokens(1, 9), 80, seed);
        let outcome = one(&engine, with_grammar(request, Grammar::of_text(text)));
        assert_eq!(outcome.reason(), Some(FinishReason::Stop), "{text}");
        outcome.text()
    };
    for seed in 0..4 {
        let found = text("root ::= (\"a\" | \"ab\") \"bc\" # abc or abbc", seed);
        assert!(found == "abc" || found == "abbc", "{found}");
        let found = text("root ::= [a-c]{2,4} \"c-\" num\nnum ::= [0-9] | \"é\" num?", seed);
        let (word, rest) = found.split_once('-').unwrap();
        assert!((3..=5).contains(&word.len()) && word.ends_with('c'), "{found}");
        assert!(word.bytes().all(|b| (b'a'..=b'c').contains(&b)), "{found}");
        assert!(rest.trim_start_matches('é').len() <= 1 && !rest.is_empty(), "{found}");
        let quoted = text("root ::= \"\\\"\" [^\"\\\\\\x00-\\x1f\\x7f]{5} \"\\\"\"", seed);
        assert_eq!((quoted.chars().count(), quoted.matches('"').count()), (7, 2), "{quoted}");
    }
}

#[test]
fn guesses_change_nothing() {
    let file = Written::new("guesses");
    let run = |speculation| {
        let engine = engine(&file, speculation);
        let request = with_grammar(greedy(tokens(0, 20), 120), Grammar::JsonSchema(schema()));
        one(&engine, request).ids()
    };
    assert_eq!(run(Speculation::Suffix), run(Speculation::Off));
}

#[test]
fn what_is_no_grammar() {
    let file = Written::new("no-grammar");
    let engine = engine(&file, Speculation::Off);
    let refused = |grammar| {
        let error = engine.generate(with_grammar(greedy(vec![1], 4), grammar)).err().unwrap();
        assert!(matches!(error, SubmitError::Grammar(_)));
        assert!(!error.to_string().contains('\n'), "{error}");
    };
    refused(Grammar::JsonSchema(json!({"type": "nonsense"})));
    refused(Grammar::JsonSchema(json!([1])));
    refused(Grammar::Regex("(".to_owned()));
    refused(Grammar::Lark("start: missing".to_owned()));
    refused(Grammar::of_text("root ::= missing"));
    refused(Grammar::Lark(format!("start: {}", "(".repeat(100_000))));
}

/// Special tokens are no text: a string of the grammar cannot be spelt with them.
#[test]
fn control_tokens_are_not_text() {
    let file = Written::new("control");
    let engine = engine(&file, Speculation::Off);
    let tokenizer: &Tokenizer = engine.tokenizer();
    let request = drawn(tokens(0, 20), 80, 5);
    let lark = "start: /[ -~]{40}/".to_owned();
    let outcome = one(&engine, with_grammar(request, Grammar::Lark(lark)));
    assert_eq!(outcome.text().len(), 40);
    let last = outcome.ids().len() - 1;
    assert!(outcome.ids()[..last].iter().all(|id| *id < 256));
    assert!(tokenizer.is_end(outcome.ids()[last]));
}
