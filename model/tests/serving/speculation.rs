//! Guessed tokens change the number of passes and nothing else.

use crate::concurrency::idle;
use crate::tiny::{Written, alone, cpu, drawn, greedy, one, tokens};
use tilewright_model::sampling::Chain;
use tilewright_model::serving::{Engine, Request};
use tilewright_model::speculative::Speculation;

fn engine(file: &Written, speculation: Speculation) -> Engine {
    let builder = Engine::builder().model(file.path()).device(&cpu());
    builder.deterministic(true).speculation(speculation).build().unwrap()
}

#[test]
fn tokens_are_those_without_guesses() {
    let file = Written::new("speculation");
    for speculation in [Speculation::Ngram, Speculation::Suffix] {
        let engine = engine(&file, speculation);
        // A prompt that repeats itself, so that guesses are made from the start.
        let prompt = tokens(0, 12).repeat(6);
        for request in [greedy(prompt.clone(), 100), drawn(prompt.clone(), 100, 9)] {
            assert_eq!(one(&engine, request.clone()).ids(), alone(&file, &request));
        }
        let figures = idle(&engine);
        assert!(figures.drafted > 0, "{figures:?}");
        assert!(figures.accepted <= figures.drafted);
    }
}

/// A greedy tiny model runs into a loop, which is guessed: fewer passes than tokens. The bias makes
/// it one token, and brings the host's sampler into play.
#[test]
fn accepted_guesses_save_passes() {
    let file = Written::new("passes");
    let mut request = greedy(tokens(0, 12), 100);
    request.sampling.logit_bias = vec![(7, 1000.0)];
    let off = engine(&file, Speculation::Off);
    let expected = one(&off, request.clone()).ids();
    assert_eq!((expected.clone(), off.figures().drafted), (vec![7; 100], 0));
    let engine = engine(&file, Speculation::Suffix);
    assert_eq!(one(&engine, request.clone()).ids(), expected);
    let figures = idle(&engine);
    assert!(figures.accepted > 80 && figures.steps < 30, "{figures:?}");
    // The number of tokens asked for is kept, and so are stop tokens among the guesses.
    let stop = Request { stop_ids: vec![7], ..request };
    assert_eq!(one(&engine, stop).ids(), [7]);
}

#[test]
fn guesses_go_with_penalties_and_company() {
    let file = Written::new("company");
    let request = |at: u32| {
        let request = drawn(tokens(at, 10).repeat(5), 60, at.into());
        let sampling = Chain { frequency_penalty: 0.3, ..request.sampling.clone() };
        Request { sampling, ..request }
    };
    let off = engine(&file, Speculation::Off);
    let expected: Vec<_> = (0..4).map(|at| one(&off, request(at)).ids()).collect();
    let engine = engine(&file, Speculation::Ngram);
    let found: Vec<_> = std::thread::scope(|scope| {
        let run = |at: u32| one(&engine, request(at)).ids();
        let threads: Vec<_> = (0..4).map(|at| scope.spawn(move || run(at))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(found, expected);
}
