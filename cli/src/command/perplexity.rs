//! `perplexity`: how well a model predicts a text, and how far it is from a second model.

use crate::args::{Cli, PerplexityArgs};
use crate::engine::{self, Loaded, Options};
use crate::error::Error;
use crate::{model_file, output, prompt};

/// Scores the text, a context at a time.
pub(super) fn run(cli: &Cli, args: &PerplexityArgs) -> Result<(), Error> {
    if args.model.ctx_size.is_some_and(|tokens| tokens.get() == 1) {
        let line = "--ctx-size 1 leaves no token to predict: write at least 2";
        return Err(Error::Usage(line.to_owned()));
    }
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
    let mut context = engine.context();
    if let Some(second) = &mut second {
        let second = second.engine();
        check_vocabularies(engine.config().vocab_size, second.config().vocab_size)?;
        context = context.min(second.context());
    }
    let mut score = Score::default();
    for window in ids.chunks(context as usize).filter(|window| window.len() > 1) {
        add_window(&mut score, window, engine, second.as_mut().map(Loaded::engine))?;
    }
    if score.tokens == 0 {
        return Err(Error::TooShort { path: args.file.clone() });
    }
    output::stream(&mut std::io::stdout().lock(), &score.report(second.is_some()))
}

fn check_vocabularies(first: u32, second: u32) -> Result<(), Error> {
    if first == second { Ok(()) } else { Err(Error::Vocabularies { first, second }) }
}

/// Adds the tokens of one context, both models in step so that few rows are held at once.
fn add_window(
    score: &mut Score,
    window: &[u32],
    first: &mut tilewright_model::Engine,
    second: Option<&mut tilewright_model::Engine>,
) -> Result<(), Error> {
    let mut first = first.score(window).map_err(engine::Error::failed)?;
    let mut second = match second {
        Some(second) => Some(second.score(window).map_err(engine::Error::failed)?),
        None => None,
    };
    while let Some(scores) = first.next_rows().map_err(engine::Error::failed)? {
        let others = match &mut second {
            Some(second) => second.next_rows().map_err(engine::Error::failed)?,
            None => None,
        };
        let mut others = others.iter().flat_map(|others| others.rows());
        for (at, logits) in (scores.first..).zip(scores.rows()) {
            let reference = others.next().map(log_softmax);
            if let Some(next) = window.get(at + 1) {
                score.add(&log_softmax(logits), *next, reference.as_deref());
            }
        }
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
    fn add(&mut self, log: &[f64], next: u32, reference: Option<&[f64]>) {
        self.tokens += 1;
        self.negative_log -= log.get(next as usize).copied().unwrap_or(f64::NEG_INFINITY);
        if let Some(reference) = reference {
            let terms = reference.iter().zip(log).map(|(p, q)| p.exp() * (p - q));
            self.divergence += terms.sum::<f64>();
        }
    }

    /// One line per figure.
    fn report(&self, compared: bool) -> String {
        let tokens = self.tokens as f64;
        let perplexity = (self.negative_log / tokens).exp();
        let mut text = format!("tokens      {}\nperplexity  {perplexity:.4}\n", self.tokens);
        if compared {
            text += &format!("divergence  {:.6}\n", self.divergence / tokens);
        }
        text
    }
}

/// Natural logarithms of the probabilities that logits give.
fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|l| f64::from(l - most).exp()).sum();
    let norm = f64::from(most) + sum.ln();
    logits.iter().map(|l| f64::from(*l) - norm).collect()
}

#[cfg(test)]
mod tests {
    use super::{Score, log_softmax};

    #[test]
    fn an_even_distribution_has_the_perplexity_of_its_size() {
        let even = log_softmax(&[2.5; 8]);
        let mut score = Score::default();
        for next in [0, 3, 7] {
            score.add(&even, next, Some(&even));
        }
        assert_eq!(score.report(true), "tokens      3\nperplexity  8.0000\ndivergence  0.000000\n");
        assert!(!score.report(false).contains("divergence"));
    }

    #[test]
    fn the_divergence_is_that_of_the_first_from_the_second() {
        // Second (3/4, 1/4), first (1/2, 1/2): 3/4 ln(3/2) + 1/4 ln(1/2).
        let (first, second) = (log_softmax(&[0.0, 0.0]), log_softmax(&[3f32.ln(), 0.0]));
        let mut score = Score::default();
        score.add(&first, 0, Some(&second));
        let expected = 0.75 * 1.5f64.ln() + 0.25 * 0.5f64.ln();
        assert!((score.divergence - expected).abs() < 1e-6, "{}", score.divergence);
    }
}
