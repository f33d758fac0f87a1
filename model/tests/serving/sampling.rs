//! Ends, stop texts, penalties and log-probabilities.

use crate::tiny::{Written, cpu, drawn, greedy, one, run, tokens};
use tilewright_model::FinishReason;
use tilewright_model::sampling::{Chain, Dry, logprobs};
use tilewright_model::serving::{Engine, Request};

fn engine(file: &Written) -> Engine {
    Engine::builder().model(file.path()).device(&cpu()).build().unwrap()
}

#[test]
fn stop_texts_and_stop_tokens() {
    let file = Written::new("stop");
    let engine = engine(&file);
    let request = drawn(tokens(0, 9), 60, 5);
    let whole = one(&engine, request.clone());
    let text = whole.text();
    let letters: Vec<char> = text.chars().filter(char::is_ascii).collect();
    let stop = letters[5].to_string();
    let shorter = one(&engine, Request { stop: vec![stop.clone()], ..request.clone() });
    assert_eq!(shorter.text(), text[..text.find(&stop).unwrap()]);
    assert_eq!(shorter.reason(), Some(FinishReason::Stop));
    let id = whole.ids()[7];
    let first = whole.ids().iter().position(|other| *other == id).unwrap();
    let stopped = one(&engine, Request { stop_ids: vec![id], ..request });
    assert_eq!(stopped.ids(), whole.ids()[..=first]);
    assert_eq!(stopped.reason(), Some(FinishReason::Stop));
}

#[test]
fn end_tokens_end_unless_they_are_ignored() {
    let file = Written::new("end");
    let engine = engine(&file);
    // A bias makes the end token the only one.
    let mut request = greedy(tokens(0, 9), 4);
    request.sampling.logit_bias = vec![(257, 1000.0)];
    assert_eq!(one(&engine, request.clone()).ids(), [257; 4]);
    request.ignore_end = false;
    let ended = one(&engine, request);
    assert_eq!((ended.ids(), ended.text()), (vec![257], String::new()));
    assert_eq!(ended.reason(), Some(FinishReason::Stop));
}

#[test]
fn penalties_prevent_repetition() {
    let file = Written::new("penalty");
    let engine = engine(&file);
    let mut request = greedy(tokens(0, 9), 40);
    let plain = one(&engine, request.clone()).ids();
    request.sampling = Chain { presence_penalty: 2.0, frequency_penalty: 2.0, ..request.sampling };
    let mut ids = one(&engine, request.clone()).ids();
    assert_ne!(ids, plain);
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    let dry = Dry { multiplier: 50.0, allowed_length: 1, ..Dry::default() };
    request.sampling = Chain { dry, ..greedy(vec![], 0).sampling };
    let mut pairs: Vec<_> = one(&engine, request).ids().windows(2).map(<[u32]>::to_vec).collect();
    pairs.sort_unstable();
    assert!(pairs.windows(2).all(|two| two[0] != two[1]));
}

/// Against the logits of the engine of one sequence.
#[test]
fn log_probabilities_of_prompt_and_completion() {
    let file = Written::new("logprobs");
    let prompt = tokens(0, 90);
    let mut request = greedy(prompt.clone(), 5);
    (request.logprobs, request.score_prompt, request.choices) = (Some(3), true, 2);
    let (outcomes, scores) = run(&engine(&file), request.clone());
    let builder = tilewright_model::Engine::builder().model(file.path()).device(&cpu());
    let mut reference = builder.build().unwrap();
    let mut all = prompt.clone();
    all.extend(outcomes[0].ids());
    let mut rows = Vec::new();
    let mut scorer = reference.score(&all).unwrap();
    while let Some(scores) = scorer.next_rows().unwrap() {
        rows.extend(scores.rows().map(<[f32]>::to_vec));
    }
    assert_eq!(scores.len(), prompt.len());
    assert_eq!((scores[0].id, scores[0].logprob), (prompt[0], None));
    for at in 1..prompt.len() {
        let (expected, top) = logprobs(&rows[at - 1], prompt[at], 3);
        let found = (scores[at].id, scores[at].logprob, &scores[at].top);
        assert_eq!(found, (prompt[at], Some(expected.logprob), &top), "token {at}");
    }
    for (outcome, at) in outcomes.iter().flat_map(|o| (0..5).map(move |at| (o, at))) {
        let token = &outcome.tokens[at];
        let (expected, top) = logprobs(&rows[prompt.len() + at - 1], token.id, 3);
        assert_eq!((token.logprob, &token.top), (Some(expected.logprob), &top));
    }
    // Nothing but the prompt.
    request.max_tokens = 0;
    let (outcomes, again) = run(&engine(&file), request);
    assert_eq!((outcomes[0].tokens.len(), again), (0, scores));
    assert_eq!(outcomes[0].reason(), Some(FinishReason::Length));
}
