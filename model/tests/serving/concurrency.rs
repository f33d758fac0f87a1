//! Many requests at once give what each gives alone, and leave nothing behind.

use crate::tiny::{Outcome, Written, alone, cpu, drawn, greedy, one, run, together, tokens};
use std::time::{Duration, Instant};
use tilewright_model::FinishReason;
use tilewright_model::serving::{Engine, Event, Figures, GenerateError, Request};

/// Waits until nobody holds a page; the figures then.
pub fn idle(engine: &Engine) -> Figures {
    let start = Instant::now();
    loop {
        let figures = engine.figures();
        if figures.running + figures.waiting == 0 && figures.free_pages == figures.pages {
            return figures;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{figures:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Eight pages for up to six sequences of up to four pages each: preemption is the rule.
#[test]
fn together_as_alone() {
    let file = Written::new("together");
    let builder = Engine::builder().model(file.path()).device(&cpu()).pages(8);
    let engine = builder.max_sequences(6).max_batched_tokens(100).build().unwrap();
    let request = |at: u32| {
        let prompt = tokens(at % 3, 20 + at * 13 % 130);
        let length = 10 + at as usize * 7 % 60;
        if at.is_multiple_of(2) { greedy(prompt, length) } else { drawn(prompt, length, at.into()) }
    };
    let outcomes: Vec<Outcome> = together(&engine, (0..16).map(request));
    for (at, outcome) in (0..).zip(&outcomes) {
        assert_eq!(outcome.ids(), alone(&file, &request(at)), "request {at}");
        assert_eq!(outcome.reason(), Some(FinishReason::Length));
    }
    let figures = idle(&engine);
    assert!(figures.preemptions > 0 && figures.cache_hits > 0, "{figures:?}");
}

#[test]
fn choices_differ_by_their_seed_only() {
    let file = Written::new("choices");
    let engine = Engine::builder().model(file.path()).device(&cpu()).build().unwrap();
    let request = drawn(tokens(1, 100), 20, 40);
    let (outcomes, _) = run(&engine, Request { choices: 3, ..request.clone() });
    for (seed, outcome) in (40..).zip(&outcomes) {
        assert_eq!(outcome.ids(), alone(&file, &drawn(tokens(1, 100), 20, seed)));
    }
    let cached = outcomes.iter().map(|o| o.finished.unwrap().cached_tokens).collect::<Vec<_>>();
    assert_eq!(cached, [0, 99, 99]);
    assert_ne!(outcomes[0].ids(), outcomes[1].ids());
    idle(&engine);
}

#[test]
fn a_prompt_is_found_again() {
    let file = Written::new("prefix");
    let build = |on: bool| {
        Engine::builder().model(file.path()).device(&cpu()).prefix_cache(on).build().unwrap()
    };
    for (on, expected) in [(true, 128), (false, 0)] {
        let engine = build(on);
        let first = one(&engine, greedy(tokens(0, 150), 5));
        let second = one(&engine, greedy(tokens(0, 150), 5));
        assert_eq!(first.ids(), second.ids());
        assert_eq!(first.finished.unwrap().cached_tokens, 0);
        assert_eq!(second.finished.unwrap().cached_tokens, expected);
        assert_eq!(idle(&engine).cache_hits, u64::from(expected));
    }
}

#[test]
fn cancelled_requests_give_their_pages_back_at_once() {
    let file = Written::new("cancel");
    let engine = Engine::builder().model(file.path()).device(&cpu()).build().unwrap();
    let mut blocking = engine.generate(greedy(tokens(0, 70), 150)).unwrap().blocking();
    assert!(matches!(blocking.next(), Some(Ok(Event::Token(_)))));
    drop(blocking);
    let figures = idle(&engine);
    assert!(figures.generated_tokens < 150, "{figures:?}");
}

#[test]
fn a_deadline_ends_a_request() {
    let file = Written::new("deadline");
    let engine = Engine::builder().model(file.path()).device(&cpu()).build().unwrap();
    let deadline = Some(Instant::now());
    let request = Request { deadline, ..greedy(tokens(0, 70), 150) };
    let events: Vec<_> = engine.generate(request).unwrap().blocking().collect();
    assert_eq!(events, [Err(GenerateError::DeadlineExceeded)]);
    idle(&engine);
}

#[test]
fn an_engine_that_goes_ends_its_requests() {
    let file = Written::new("drop");
    let engine = Engine::builder().model(file.path()).device(&cpu()).build().unwrap();
    let completion = engine.generate(greedy(tokens(0, 70), 180)).unwrap();
    drop(engine);
    let last = completion.blocking().last().unwrap();
    assert_eq!(last, Err(GenerateError::ShutDown));
}
