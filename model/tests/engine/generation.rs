//! What `generate` gives: text, ends, interrupts, and the device's draws.

use crate::devices::cpu;
use crate::tiny::{Written, tokens};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tilewright_model::sampling::{self, SamplingParams};
use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::{Engine, EngineError, FinishReason, GenerateParams};

fn model(name: &str) -> Written {
    Written::new(name, &SyntheticModel::default().to_bytes())
}

fn engine(file: &Written) -> Engine {
    Engine::builder().model(file.path()).device(&cpu()).build().unwrap()
}

fn greedy(max_tokens: usize) -> GenerateParams {
    GenerateParams { sampling: SamplingParams::greedy(), max_tokens, ..GenerateParams::default() }
}

/// Ids, text and reason.
fn run(
    engine: &mut Engine,
    prompt: &[u32],
    params: GenerateParams,
) -> (Vec<u32>, String, Option<FinishReason>) {
    let mut generation = engine.generate(prompt, params).unwrap();
    let (mut ids, mut text) = (Vec::new(), String::new());
    for piece in generation.by_ref() {
        let piece = piece.unwrap();
        ids.push(piece.id);
        text += &piece.text;
    }
    (ids, text, generation.finish_reason())
}

#[test]
fn length_ends_by_count_and_by_context() {
    let file = model("length");
    let mut engine = engine(&file);
    let (ids, text, reason) = run(&mut engine, &tokens(9), greedy(5));
    assert_eq!((ids.len(), reason), (5, Some(FinishReason::Length)));
    assert_eq!(text, engine.tokenizer().decode(&ids));
    assert!(run(&mut engine, &tokens(9), greedy(0)).0.is_empty());
    let file = model("context");
    let builder = Engine::builder().model(file.path()).device(&cpu()).context(16);
    let mut engine = builder.build().unwrap();
    let (ids, _, reason) = run(&mut engine, &tokens(9), greedy(100));
    assert_eq!((ids.len(), reason), (7, Some(FinishReason::Length)));
    // A prompt that fills the context is still followed by one token.
    assert_eq!(run(&mut engine, &tokens(16), greedy(100)).0.len(), 1);
}

#[test]
fn a_stop_text_ends_the_text_before_it() {
    let file = model("stop");
    let mut engine = engine(&file);
    let sampling = SamplingParams { seed: 5, ..SamplingParams::default() };
    let params = GenerateParams { sampling, max_tokens: 40, ..GenerateParams::default() };
    let (ids, text, _) = run(&mut engine, &tokens(9), params.clone());
    let letter = text.chars().filter(char::is_ascii).nth(3).unwrap().to_string();
    let stop = vec![letter.clone(), "never".to_owned()];
    let (fewer, shorter, reason) =
        run(&mut engine, &tokens(9), GenerateParams { stop, ..params.clone() });
    assert_eq!(reason, Some(FinishReason::Stop));
    assert!(fewer.len() < ids.len() && ids.starts_with(&fewer));
    assert_eq!(shorter, text[..text.find(&letter).unwrap()]);
    let empty = GenerateParams { stop: vec![String::new()], ..params };
    assert!(matches!(engine.generate(&[1], empty), Err(EngineError::Stop(_))));
}

#[test]
fn an_end_token_is_the_last() {
    // Whatever comes first is made the file's end token.
    let first = run(&mut engine(&model("first")), &tokens(9), greedy(1)).0[0];
    let mut writer = SyntheticModel::default().writer();
    writer.set("tokenizer.ggml.eos_token_id", first);
    let file = Written::new("end", &writer.to_bytes());
    let (ids, _, reason) = run(&mut engine(&file), &tokens(9), greedy(20));
    assert_eq!((ids, reason), (vec![first], Some(FinishReason::Stop)));
}

#[test]
fn the_device_draws_what_the_host_draws() {
    let file = model("draws");
    let mut engine = engine(&file);
    for (seed, temperature, top_k, top_p) in
        [(1, 0.8, 40, 0.95), (2, 1.5, 0, 1.0), (3, 0.3, 5, 0.5)]
    {
        let params =
            SamplingParams { seed, temperature, top_k, top_p, ..SamplingParams::default() };
        let mut so_far = tokens(12);
        engine.start(&so_far).unwrap();
        for _ in 0..10 {
            let token = engine.step(&params, true).unwrap().unwrap();
            let position = so_far.len() as u64;
            let expected = sampling::sample(&params, &token.logits, &so_far, position).unwrap();
            assert_eq!(token.id, expected);
            so_far.push(token.id);
        }
    }
}

#[test]
fn a_repeat_penalty_changes_the_choice() {
    let file = model("penalty");
    let mut engine = engine(&file);
    let params = SamplingParams { repeat_penalty: 50.0, top_k: 1, ..SamplingParams::default() };
    let prompt = tokens(12);
    engine.start(&prompt).unwrap();
    let mut so_far = prompt.clone();
    for _ in 0..12 {
        let token = engine.step(&params, true).unwrap().unwrap();
        let mut logits = token.logits.clone();
        sampling::penalise_repeats(&mut logits, &so_far, 50.0);
        assert_eq!(Some(token.id), sampling::argmax(&logits));
        so_far.push(token.id);
    }
}

#[test]
fn an_interrupt_stops_between_chunks_and_the_next_call_goes_on() {
    let file = model("interrupt");
    let expected = run(&mut engine(&file), &tokens(100), greedy(6)).0;
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let builder = Engine::builder().model(file.path()).device(&cpu()).chunk(17);
    let every_third = move || count.fetch_add(1, Ordering::Relaxed) % 3 == 2;
    let mut engine = builder.interrupt(every_third).build().unwrap();
    let mut generation = engine.generate(&tokens(100), greedy(6)).unwrap();
    let (mut ids, mut interrupts) = (Vec::new(), 0);
    for piece in generation.by_ref() {
        match piece {
            Ok(piece) => ids.push(piece.id),
            Err(EngineError::Interrupted) => interrupts += 1,
            Err(other) => panic!("{other}"),
        }
    }
    // Six chunks and five single tokens.
    assert_eq!((ids, interrupts), (expected, 5));
}
