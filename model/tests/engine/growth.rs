//! The cache's memory comes on demand, and what it holds survives its growth.

use crate::devices::devices;
use crate::oracle::Oracle;
use crate::tiny::{Written, tokens};
use tilewright_model::Engine;
use tilewright_model::sampling::SamplingParams;
use tilewright_model::synthetic::SyntheticModel;

#[test]
fn a_cache_grows_with_its_sequence() {
    let model = SyntheticModel { context_length: 4096, head_count_kv: 2, ..Default::default() };
    let bytes = model.to_bytes();
    let file = Written::new("growth", &bytes);
    let all = tokens(530);
    let expected = Oracle::new(&bytes).logits(&all);
    for tested in devices() {
        let builder = Engine::builder().model(file.path()).device(&tested.device);
        let mut engine = builder.context(700).shuffle_pages(5).build().unwrap();
        let step = |engine: &mut Engine, length: usize| {
            engine.start(&all[..length]).unwrap();
            let logits = engine.step(&SamplingParams::greedy(), true).unwrap().unwrap().logits;
            let errors = logits.iter().zip(&expected[length - 1]).map(|(a, b)| (a - b).abs());
            let error = errors.fold(0.0, f32::max);
            assert!(error <= tested.tiny_tolerance, "{length} tokens: {error}");
            engine.cache_capacity()
        };
        // Four pages until they are used up, then twice as many: in the middle of a prompt, and
        // between two single tokens whose step is recorded.
        assert_eq!(engine.cache_capacity(), 256);
        assert_eq!(step(&mut engine, 200), 256);
        assert_eq!([255, 256, 257, 258].map(|n| step(&mut engine, n)), [256, 256, 512, 512]);
        // Never more than a full context: eleven pages.
        assert_eq!(step(&mut engine, 530), 704);
        // Pages that were given back are used before the cache grows again.
        engine.reset();
        assert_eq!(step(&mut engine, 530), 704);
    }
}

#[test]
fn a_prompt_grows_it_at_once_and_a_short_context_is_small() {
    let model = SyntheticModel { context_length: 4096, ..SyntheticModel::default() };
    let file = Written::new("prompt-growth", &model.to_bytes());
    let build = |context| {
        let device = crate::devices::cpu();
        Engine::builder().model(file.path()).device(&device).context(context).chunk(2048).build()
    };
    assert_eq!(build(65).unwrap().cache_capacity(), 128);
    let mut engine = build(4096).unwrap();
    engine.start(&tokens(1500)).unwrap();
    engine.step(&SamplingParams::greedy(), false).unwrap();
    assert_eq!(engine.cache_capacity(), 1536);
}
