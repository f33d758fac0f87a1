//! What the engine refuses, before it loads or computes anything.

use crate::devices::{cpu, devices};
use crate::tiny::{Written, tokens};
use tilewright_model::decoder::DecoderError;
use tilewright_model::sampling::SamplingParams;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::{Engine, EngineError};
use tilewright_runtime::{BackendKind, Device, Options};

#[test]
fn prompts() {
    let file = Written::new("prompts", &SyntheticModel::default().to_bytes());
    let builder = Engine::builder().model(file.path()).device(&cpu()).context(24);
    let mut engine = builder.build().unwrap();
    let error = engine.start(&tokens(25)).unwrap_err().to_string();
    assert!(error.contains("25 tokens") && error.contains("holds 24"), "{error}");
    assert!(matches!(engine.start(&[]), Err(EngineError::EmptyPrompt)));
    let unknown = engine.start(&[3, 260]).unwrap_err();
    assert!(matches!(unknown, EngineError::UnknownToken { id: 260, vocab: 260 }));
    engine.start(&tokens(24)).unwrap();
    let hot = SamplingParams { temperature: -1.0, ..SamplingParams::default() };
    assert!(matches!(engine.step(&hot, false), Err(EngineError::Sampling(_))));
}

#[test]
fn contexts() {
    let file = Written::new("contexts", &SyntheticModel::default().to_bytes());
    let build =
        |tokens| Engine::builder().model(file.path()).device(&cpu()).context(tokens).build();
    let error = build(257).unwrap_err();
    assert!(matches!(error, EngineError::ContextTooLong { asked: 257, most: 256 }));
    assert_eq!(build(256).unwrap().context(), 256);
    assert!(matches!(Engine::builder().build(), Err(EngineError::NoModel)));
}

#[test]
fn a_cache_that_does_not_fit() {
    let model = SyntheticModel { context_length: 1 << 31, ..SyntheticModel::default() };
    let file = Written::new("memory", &model.to_bytes());
    let mut loaded = 0;
    let builder = Engine::builder().model(file.path()).device(&cpu()).context(1 << 31);
    let error = builder.progress(|done, _| loaded = done).build().unwrap_err();
    let EngineError::Decoder(DecoderError::DoesNotFit { needed, free, .. }) = error else {
        panic!("{error}")
    };
    // Two blocks of keys and values with one head of 32 f32, and half a block while they grow.
    let layer = 2 * 32 * 4 * (1u64 << 31);
    let cache = 2 * layer + layer / 2;
    assert!(needed > cache && needed < cache + (1 << 30) && free < needed);
    assert_eq!(loaded, 0);
}

#[test]
fn a_cache_that_cannot_be_bound() {
    for tested in devices().iter().filter(|tested| tested.device.kind() == BackendKind::Wgpu) {
        let options = Options { max_binding: Some(1 << 20), ..Options::default() };
        let device = Device::open_with(&tested.selector, &options).unwrap();
        let model = SyntheticModel { context_length: 1 << 20, ..SyntheticModel::default() };
        let file = Written::new("binding", &model.to_bytes());
        let build =
            |context| Engine::builder().model(file.path()).device(&device).context(context).build();
        // One head of 32 f16: 16 384 tokens are 1 MiB.
        build(16_384).unwrap();
        let error = build(16_385).unwrap_err();
        let EngineError::Decoder(DecoderError::CacheTooLarge { needed, context, limit, .. }) =
            error
        else {
            panic!("{error}")
        };
        assert_eq!((needed, context, limit), ((1 << 20) + 64 * 64, 16_448, 1 << 20));
    }
}
