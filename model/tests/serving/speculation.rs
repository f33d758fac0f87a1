//! Guessed tokens change the number of passes and nothing else.

use crate::concurrency::idle;
use crate::tiny::{Outcome, Written, alone, cpu, drawn, greedy, one, together, tokens};
use tilewright_model::sampling::Chain;
use tilewright_model::serving::{BuildError, Engine, Request};
use tilewright_model::speculative::Speculation;
use tilewright_model::synthetic::SyntheticModel;

fn engine(file: &Written, speculation: Speculation) -> Engine {
    let builder = Engine::builder().model(file.path()).device(&cpu());
    builder.deterministic(true).speculation(speculation).build().unwrap()
}

#[test]
fn tokens_are_those_without_guesses() {
    let file = Written::new("speculation");
    for speculation in [Speculation::Ngram, Speculation::Suffix, Speculation::Tree] {
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
    let found = together(&engine, (0..4).map(request));
    let found: Vec<_> = found.iter().map(Outcome::ids).collect();
    assert_eq!(found, expected);
}

/// A drafter of trees whose guesses branch, with company that prefills beside them, with penalties and
/// drawn tokens: nothing but the number of passes tells. Branches are accepted beside the first one, so
/// that keys and values are moved.
#[test]
fn trees_change_nothing() {
    let file = Written::new("trees");
    let builder = Engine::builder().model(file.path()).device(&cpu()).max_sequences(4);
    let engine = builder.speculation(Speculation::Tree).build().unwrap();
    // What follows a token changes, so that its followers branch.
    let prompt = |at: u32| {
        let part = |from: u32| tokens(at + from % 3, 6);
        (0..20).flat_map(part).collect::<Vec<u32>>()
    };
    let requests: Vec<Request> = (0..6)
        .map(|at| match at {
            0..3 => greedy(prompt(at), 80),
            3 => drawn(prompt(at), 80, 5),
            _ => {
                let request = drawn(prompt(at), 80, 7);
                let sampling = Chain { frequency_penalty: 0.2, ..request.sampling.clone() };
                Request { sampling, ..request }
            }
        })
        .collect();
    let off = Engine::builder().model(file.path()).device(&cpu()).build().unwrap();
    let expected: Vec<_> =
        requests.iter().map(|request| one(&off, request.clone()).ids()).collect();
    let found = together(&engine, requests);
    let found: Vec<_> = found.iter().map(Outcome::ids).collect();
    assert_eq!(found, expected);
    let figures = idle(&engine);
    assert!(figures.drafted > 100 && figures.accepted > 0, "{figures:?}");
}

/// The model itself as its own draft model guesses right as long as it is asked for the best
/// token; another model does not, and nothing but the number of passes tells.
#[test]
fn a_draft_model_guesses() {
    let file = Written::new("drafts");
    let other = SyntheticModel { seed: 2, block_count: 1, ..SyntheticModel::default() };
    let other = Written::with("other", &other.to_bytes());
    let requests: Vec<Request> =
        (0..3).map(|at| greedy(tokens(at, 70 + at * 30), 60 + at as usize)).collect();
    for (draft, right) in [(&file, true), (&other, false)] {
        let builder = Engine::builder().model(file.path()).device(&cpu()).max_sequences(4);
        let builder = builder.speculation(Speculation::Draft).draft_model(draft.path());
        let engine = builder.build().unwrap();
        let found = together(&engine, requests.clone());
        for (request, outcome) in requests.iter().zip(found) {
            assert_eq!(outcome.ids(), alone(&file, request));
        }
        let figures = idle(&engine);
        assert_eq!(figures.accepted == figures.drafted, right, "{figures:?}");
        assert!(figures.drafted > 20, "{figures:?}");
    }
}

#[test]
fn draft_models_that_do_not_fit() {
    let file = Written::new("draft-refused");
    let other = SyntheticModel { vocab_size: 300, ..SyntheticModel::default() };
    let other = Written::with("vocabulary", &other.to_bytes());
    let builder = || Engine::builder().model(file.path()).device(&cpu());
    let draft = || builder().speculation(Speculation::Draft);
    assert!(matches!(draft().build().err(), Some(BuildError::NoDraftModel)));
    let error = draft().draft_model(other.path()).build().err();
    assert!(matches!(error, Some(BuildError::DraftVocabulary)));
}
