//! `perplexity`: how well a model predicts a text, and how far it is from a second model.

use crate::args::{Cli, PerplexityArgs};
use crate::engine::{self, Loaded, Options};
use crate::error::Error;
use crate::{model_file, prompt};

/// Scores the text, a context at a time.
pub(super) fn run(cli: &Cli, args: &PerplexityArgs) -> Result<(), Error> {
    let text = prompt::text_file(&args.file)?;
    let endpoint = args.model.hf_endpoint.as_deref();
    let file = model_file::resolve(&args.model.model, endpoint)?;
    let mut first = Loaded::open(&Options::new(cli, &args.model, &file))?;
    let mut second = match &args.against {
        Some(against) => {
            let file = model_file::resolve(against, endpoint)?;
            Some(Loaded::open(&Options::new(cli, &args.model, &file))?)
        }
        None => None,
    };
    let engine = first.engine();
    let ids = engine.tokenizer().encode_prompt(&text).map_err(engine::Error::failed)?;
    let context = engine.context() as usize;
    let mut score = Score::default();
    for window in ids.chunks(context).filter(|window| window.len() > 1) {
        let mut reference = Vec::new();
        if let Some(second) = &mut second {
            let keep = |_: usize, logits: &[f32]| reference.push(log_softmax(logits));
            second.engine().log_probabilities(window, keep).map_err(engine::Error::failed)?;
        }
        let visit = |at: usize, logits: &[f32]| {
            if let Some(next) = window.get(at + 1) {
                score.add(&log_softmax(logits), *next, reference.get(at));
            }
        };
        first.engine().log_probabilities(window, visit).map_err(engine::Error::failed)?;
    }
    if score.tokens == 0 {
        return Err(Error::Usage(
            "the text has fewer than two tokens: score a longer one".to_owned(),
        ));
    }
    println!("tokens      {}", score.tokens);
    println!("perplexity  {:.4}", (score.negative_log / score.tokens as f64).exp());
    if second.is_some() {
        println!("divergence  {:.6}", score.divergence / score.tokens as f64);
    }
    Ok(())
}

/// Sums over the scored tokens.
#[derive(Default)]
struct Score {
    tokens: usize,
    negative_log: f64,
    /// Kullback-Leibler divergence of the first model from the second, in nats.
    divergence: f64,
}

impl Score {
    fn add(&mut self, log: &[f64], next: u32, reference: Option<&Vec<f64>>) {
        self.tokens += 1;
        self.negative_log -= log.get(next as usize).copied().unwrap_or(f64::NEG_INFINITY);
        if let Some(reference) = reference {
            let terms = reference.iter().zip(log).map(|(p, q)| p.exp() * (p - q));
            self.divergence += terms.sum::<f64>();
        }
    }
}

/// Natural logarithms of the probabilities that logits give.
fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|l| f64::from(l - most).exp()).sum();
    let norm = f64::from(most) + sum.ln();
    logits.iter().map(|l| f64::from(*l) - norm).collect()
}
