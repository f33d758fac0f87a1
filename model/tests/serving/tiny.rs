//! A tiny model's file, requests, and what they give.

use std::path::{Path, PathBuf};
use tilewright_model::FinishReason;
use tilewright_model::sampling::{Chain, SamplingParams};
use tilewright_model::serving::{Completion, Engine, Event, Finished, PromptToken, Request, Token};
use tilewright_model::synthetic::SyntheticModel;
use tilewright_runtime::Device;

/// A file in the temporary folder that goes away with its test.
pub struct Written(PathBuf);

impl Written {
    pub fn new(name: &str) -> Self {
        Self::with(name, &SyntheticModel::default().to_bytes())
    }

    pub fn with(name: &str, bytes: &[u8]) -> Self {
        let file = format!("tilewright-serving-{name}-{}.gguf", std::process::id());
        let path = std::env::temp_dir().join(file);
        std::fs::write(&path, bytes).unwrap();
        Written(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        // Left behind, it does no harm: the name carries the process id.
        let _left = std::fs::remove_file(&self.0);
    }
}

pub fn cpu() -> Device {
    Device::open(&"cpu".parse().unwrap()).unwrap()
}

/// Tokens of the bytes' part of the vocabulary; those of different families differ from the start.
pub fn tokens(family: u32, count: u32) -> Vec<u32> {
    (0..count).map(|i| (i * 37 + i / 7 + family * 11) % 250).collect()
}

pub fn greedy(prompt: Vec<u32>, max_tokens: usize) -> Request {
    let sampling = Chain::new(SamplingParams::greedy());
    Request { sampling, max_tokens, ignore_end: true, ..Request::new(prompt) }
}

pub fn drawn(prompt: Vec<u32>, max_tokens: usize, seed: u64) -> Request {
    let base = SamplingParams { seed, temperature: 1.0, ..SamplingParams::default() };
    Request { sampling: Chain::new(base), ..greedy(prompt, max_tokens) }
}

/// Everything that one choice gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    pub tokens: Vec<Token>,
    pub finished: Option<Finished>,
}

impl Outcome {
    pub fn ids(&self) -> Vec<u32> {
        self.tokens.iter().map(|token| token.id).collect()
    }

    pub fn text(&self) -> String {
        self.tokens.iter().map(|token| token.text.as_str()).collect()
    }

    pub fn reason(&self) -> Option<FinishReason> {
        self.finished.map(|finished| finished.reason)
    }
}

/// Runs a request to its end: its choices, and the prompt's log-probabilities.
pub fn run(engine: &Engine, request: Request) -> (Vec<Outcome>, Vec<PromptToken>) {
    let choices = request.choices;
    finish(engine.generate(request).unwrap(), choices)
}

fn finish(completion: Completion, choices: u32) -> (Vec<Outcome>, Vec<PromptToken>) {
    let mut outcomes = vec![Outcome::default(); choices as usize];
    let mut scores = Vec::new();
    for event in completion.blocking() {
        match event.unwrap() {
            Event::Prompt(tokens) => scores = tokens,
            Event::Token(token) => outcomes[token.choice as usize].tokens.push(token),
            Event::Finished(finished) => {
                outcomes[finished.choice as usize].finished = Some(finished);
            }
        }
    }
    assert!(outcomes.iter().all(|outcome| outcome.finished.is_some()));
    (outcomes, scores)
}

/// The only choices of requests that run at the same time.
pub fn together(engine: &Engine, requests: impl IntoIterator<Item = Request>) -> Vec<Outcome> {
    let start = |request: Request| engine.generate(request).unwrap();
    let completions: Vec<Completion> = requests.into_iter().map(start).collect();
    completions.into_iter().map(|completion| finish(completion, 1).0.remove(0)).collect()
}

/// The only choice of a request.
pub fn one(engine: &Engine, request: Request) -> Outcome {
    run(engine, request).0.remove(0)
}

/// What the engine of one sequence gives.
pub fn alone(file: &Written, request: &Request) -> Vec<u32> {
    let builder = tilewright_model::Engine::builder().model(file.path()).device(&cpu());
    let mut engine = builder.build().unwrap();
    engine.start(&request.prompt).unwrap();
    let mut ids = Vec::new();
    while ids.len() < request.max_tokens {
        let Some(token) = engine.step(&request.sampling.base, false).unwrap() else { break };
        ids.push(token.id);
    }
    ids
}
