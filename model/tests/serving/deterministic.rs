//! Deterministic mode on every device: the tokens of a request do not depend on its company.

use crate::concurrency::idle;
use crate::tiny::{Outcome, Written, drawn, greedy, one, run, together, tokens};
use tilewright_model::gguf::GgmlType;
use tilewright_model::serving::{Builder, Engine, Request, Token};
use tilewright_model::speculative::Speculation;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_runtime::Device;
use tilewright_testing::{devices_or, interpreters};

fn devices() -> Vec<Device> {
    devices_or("cpu,wgpu")
}

fn builder(file: &Written, device: &Device) -> Builder<'static> {
    let builder = Engine::builder().model(file.path()).device(device).context(192);
    builder.deterministic(true).max_sequences(4)
}

/// A request whose log-probabilities show every bit.
fn request(prompt: Vec<u32>, max_tokens: usize, seed: u64) -> Request {
    Request { logprobs: Some(2), ..drawn(prompt, max_tokens, seed) }
}

fn told(outcomes: &[Outcome]) -> Vec<Vec<Token>> {
    outcomes.iter().map(|outcome| outcome.tokens.clone()).collect()
}

#[test]
fn company_changes_nothing() {
    let file = Written::new("deterministic");
    for device in devices() {
        let build = |pages: u32, swap_memory: u64| {
            builder(&file, &device).swap_memory(swap_memory).pages(pages).build().unwrap()
        };
        let request = |at: u32| request(tokens(at % 2, 50 + at * 20), 40, at.into());
        let roomy = build(20, 0);
        let expected: Vec<_> = (0..4).map(|at| one(&roomy, request(at)).tokens).collect();
        // Five pages: preempted, found in the cache, computed again or brought to the host.
        for swap_memory in [0, 1 << 20] {
            let engine = build(5, swap_memory);
            // A fast device may have ended some before the others arrive: then they come again.
            let met = (0..50).any(|_| {
                assert_eq!(told(&together(&engine, (0..4).map(request))), expected, "{device:?}");
                let figures = idle(&engine);
                assert!(figures.swaps == 0 || swap_memory > 0, "{device:?}: {figures:?}");
                figures.preemptions > 0 && (figures.swaps > 0 || swap_memory == 0)
            });
            assert!(met, "{device:?}: {:?}", idle(&engine));
        }
    }
}

/// A prompt that ends a page, one that begins one, and one that repeats itself.
fn requests() -> [Request; 4] {
    let repeated = tokens(0, 12).repeat(6);
    [
        request(tokens(0, 64), 40, 1),
        request(tokens(1, 65), 40, 2),
        request(repeated.clone(), 60, 3),
        Request { logprobs: Some(2), ..greedy(repeated, 60) },
    ]
}

#[test]
fn guesses_change_nothing() {
    let file = Written::new("deterministic-guesses");
    for device in devices() {
        let alone = builder(&file, &device).prefix_cache(false).build().unwrap();
        let expected: Vec<_> = requests().map(|request| one(&alone, request).tokens).to_vec();
        for speculation in [Speculation::Ngram, Speculation::Suffix, Speculation::Tree] {
            for pages in [5, 20] {
                let engine = builder(&file, &device).speculation(speculation).pages(pages);
                let engine = engine.build().unwrap();
                assert_eq!(told(&together(&engine, requests())), expected, "{device:?}");
                let figures = idle(&engine);
                assert!(figures.drafted > figures.accepted, "{figures:?}");
                assert!(figures.accepted > 0, "{figures:?}");
            }
        }
    }
}

/// Log-probabilities of tokens and of the prompt are bits too, and so are those of further choices.
#[test]
fn log_probabilities_are_the_same() {
    let file = Written::new("deterministic-scores");
    for device in devices() {
        let engine = builder(&file, &device).build().unwrap();
        let scored = Request { score_prompt: true, choices: 2, ..request(tokens(2, 129), 20, 5) };
        let expected = run(&engine, scored.clone());
        std::thread::scope(|scope| {
            let company = scope.spawn(|| together(&engine, requests()));
            let (found, scores) = run(&engine, scored);
            assert_eq!(told(&found), told(&expected.0), "{device:?}");
            assert_eq!(scores, expected.1, "{device:?}");
            assert_eq!(scores.len(), 129);
            company.join().unwrap();
        });
    }
}

/// The texts for CUDA, whose products sum in another order where tokens are many.
#[test]
fn orders_of_sums_follow_no_company() {
    let model = SyntheticModel {
        block_count: 1,
        embedding_length: 32,
        // From 256 columns on the orders differ.
        feed_forward_length: 256,
        head_count: 1,
        weights: GgmlType::Q8_0,
        ..SyntheticModel::default()
    };
    let file = Written::with("deterministic-cuda", &model.to_bytes());
    let [device, ..] = &interpreters()[..] else { panic!("no interpreter") };
    assert!(device.capabilities().cuda.is_some());
    let request = |at: u32| request(tokens(at, 20 + at * 25), 4, at.into());
    let alone = builder(&file, device).prefix_cache(false).build().unwrap();
    let expected: Vec<_> = (0..2).map(|at| one(&alone, request(at)).tokens).collect();
    let engine = builder(&file, device).speculation(Speculation::Ngram).pages(3).build().unwrap();
    assert_eq!(told(&together(&engine, (0..2).map(request))), expected);
}
