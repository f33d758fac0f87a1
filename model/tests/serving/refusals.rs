//! What is refused, and how.

use crate::tiny::{Written, cpu, greedy, one, tokens};
use tilewright_model::sampling::Chain;
use tilewright_model::scheduler::LimitsError;
use tilewright_model::serving::{BuildError, Engine, Request, SubmitError};

fn build(file: &Written) -> tilewright_model::serving::Builder<'static> {
    Engine::builder().model(file.path()).device(&cpu())
}

#[test]
fn requests() {
    let file = Written::new("requests");
    let engine = build(&file).context(100).build().unwrap();
    let refused = |request: Request| engine.generate(request).err().unwrap();
    assert_eq!(refused(greedy(vec![], 3)), SubmitError::EmptyPrompt);
    let long = SubmitError::PromptTooLong { tokens: 101, context: 100 };
    assert_eq!(refused(greedy(tokens(0, 101), 3)), long);
    assert_eq!(refused(greedy(vec![260], 3)), SubmitError::UnknownToken { id: 260, vocab: 260 });
    let none = refused(Request { choices: 0, ..greedy(vec![1], 3) });
    assert!(matches!(none, SubmitError::Choices { choices: 0, .. }));
    let chain = Chain { typical_p: 2.0, ..Chain::default() };
    let hot = refused(Request { sampling: chain, ..greedy(vec![1], 3) });
    assert!(matches!(hot, SubmitError::Sampling(_)));
    let stop = refused(Request { stop: vec![String::new()], ..greedy(vec![1], 3) });
    assert!(matches!(stop, SubmitError::Stop(_)));
    // A prompt that fills the context is still followed by one token.
    assert_eq!(one(&engine, greedy(tokens(0, 100), 3)).ids().len(), 1);
    assert_eq!(one(&engine, greedy(tokens(0, 98), 9)).ids().len(), 2);
}

#[test]
fn a_full_queue() {
    let file = Written::new("queue");
    let engine = build(&file).max_sequences(1).max_queue(1).build().unwrap();
    let first = engine.generate(greedy(tokens(0, 9), 200)).unwrap();
    let second = engine.generate(greedy(tokens(0, 9), 2)).unwrap();
    let third = engine.generate(greedy(tokens(0, 9), 2)).err();
    assert_eq!(third, Some(SubmitError::QueueFull { waiting: 1 }));
    drop(first);
    assert!(second.blocking().all(|event| event.is_ok()));
    engine.generate(greedy(tokens(0, 9), 2)).unwrap();
}

#[test]
fn sizes() {
    let file = Written::new("sizes");
    let few = build(&file).pages(1).build().err().unwrap();
    assert!(matches!(few, BuildError::Limits(LimitsError::TooFewPages { .. })), "{few}");
    let small = build(&file).max_batched_tokens(20).build().err().unwrap();
    assert!(matches!(small, BuildError::Limits(LimitsError::TooFewTokens { .. })), "{small}");
    let fraction = build(&file).memory_fraction(0.0).build().err().unwrap();
    assert!(matches!(fraction, BuildError::MemoryFraction { .. }));
    let room = build(&file).memory_fraction(1e-9).build().err().unwrap();
    assert!(matches!(room, BuildError::NoRoom { .. }), "{room}");
}
