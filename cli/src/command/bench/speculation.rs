//! Speculation on a model of random weights: guesses at its own text that are right as often as one likes.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Instant;

use serde::Serialize;
use tilewright_model::sampling::draw;
use tilewright_model::speculative::{GuessShape, accept};

use super::Trials;
use crate::error::Error;
use crate::{engine, interrupt};

/// The acceptance for which a tree's shape is the best one.
const TREE_ACCEPTANCE: f64 = 0.7;

/// One measurement.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// `chain of 4`, `tree of 16`.
    guesses: String,
    acceptance: f32,
    tokens_per_s: f64,
    tokens_per_pass: f64,
    /// Times as fast as one token a pass.
    speed_up: f64,
    /// What [`GuessShape::tokens_per_pass`] over the cost of a pass promises.
    expected: f64,
    /// A pass with all guesses, in passes of one token.
    pass_cost: f64,
    /// Passes of one token that a guess costs: `c`.
    guess_cost: f64,
    /// Share of the computed tokens that the model chose again where it had chosen them alone: sums of
    /// several tokens have another order.
    agreement: f64,
}

/// A model and its text after the context.
pub(super) struct Replay<'a, 'b> {
    pub trials: &'a mut Trials<'b>,
    pub text: Vec<u32>,
    /// Seconds of a pass of one token.
    pub alone: f64,
}

/// What passes over the text came to.
struct Passes {
    seconds: f64,
    count: u32,
    /// Tokens that were emitted.
    tokens: usize,
    /// Those among them that the model chose again.
    agreed: usize,
}

impl Replay<'_, '_> {
    /// The chains and the tree that are asked for, with each acceptance.
    ///
    /// # Errors
    /// What the device reports; [`Error::Interrupted`].
    pub(super) fn measure(&mut self) -> Result<Vec<Row>, Error> {
        let args = self.trials.args;
        let chains = args
            .chains
            .iter()
            .map(|guesses| (format!("chain of {guesses}"), GuessShape::chain(*guesses as usize)));
        let tree = GuessShape::tree(args.tree as usize, TREE_ACCEPTANCE);
        let mut rows = Vec::new();
        for (guesses, shape) in chains.chain([(format!("tree of {}", args.tree), tree)]) {
            // The first passes record.
            self.passes(&shape, 1.0, 2)?;
            let all = self.passes(&shape, 0.5, u32::MAX)?;
            let pass_cost = all.seconds / f64::from(all.count.max(1)) / self.alone;
            for share in &args.acceptance {
                let passes = self.passes(&shape, f64::from(*share), u32::MAX)?;
                let speed = passes.tokens as f64 / passes.seconds;
                rows.push(Row {
                    guesses: guesses.clone(),
                    acceptance: *share,
                    tokens_per_s: speed,
                    tokens_per_pass: passes.tokens as f64 / f64::from(passes.count.max(1)),
                    speed_up: speed * self.alone,
                    expected: shape.tokens_per_pass(f64::from(*share)) / pass_cost,
                    pass_cost,
                    guess_cost: (pass_cost - 1.0) / shape.len().max(1) as f64,
                    agreement: passes.agreed as f64 / passes.tokens.max(1) as f64,
                });
            }
        }
        Ok(rows)
    }

    /// Passes over the text to its end, or so many.
    fn passes(&mut self, shape: &GuessShape, acceptance: f64, most: u32) -> Result<Passes, Error> {
        self.trials.begin().map_err(engine::Error::failed)?;
        let mut draws = (0..).map(|at| f64::from(draw::uniform(7, at)));
        let mut passes = Passes { seconds: 0.0, count: 0, tokens: 0, agreed: 0 };
        let start = Instant::now();
        while passes.count < most {
            if interrupt::pressed() {
                return Err(Error::Interrupted);
            }
            let Some((token, rest)) = self.text.get(passes.tokens..).and_then(<[u32]>::split_first)
            else {
                break;
            };
            // Every guess is about a token of the text, so that all passes cost the same.
            if rest.len() <= shape.len() {
                break;
            }
            let uniform = || draws.next().unwrap_or_default();
            let drafts = shape.guess(rest, acceptance, self.trials.vocabulary, uniform);
            let decoder = &mut self.trials.decoder;
            let chosen = decoder.verify(*token, &drafts).map_err(engine::Error::failed)?;
            let depth = |node: Option<usize>| node.map_or(0, |node| drafts.depth(node) + 1);
            // The text is what the model chose alone: other sums may come to another token.
            let Ok(accepted) = accept(&drafts, |node| {
                let output = node.map_or(0, |node| node + 1);
                let text = rest.get(depth(node)).copied().unwrap_or_default();
                passes.agreed += usize::from(chosen.get(output) == Some(&text));
                Ok::<_, Infallible>(text)
            });
            decoder.keep(&accepted.path).map_err(engine::Error::failed)?;
            passes.tokens += accepted.tokens.len();
            passes.count += 1;
        }
        passes.seconds = start.elapsed().as_secs_f64();
        Ok(passes)
    }
}

/// A table of them.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text =
        "\n| guesses | acceptance | tokens/s | a pass | speed-up | expected | pass cost | \
                    guess cost | agreement |\n|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.3} | {:.4} | {:.3} |",
            row.guesses,
            row.acceptance,
            row.tokens_per_s,
            row.tokens_per_pass,
            row.speed_up,
            row.expected,
            row.pass_cost,
            row.guess_cost,
            row.agreement,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Row, table};

    #[test]
    fn a_row_is_a_line() {
        let row = Row {
            guesses: "chain of 4".into(),
            acceptance: 0.7,
            tokens_per_s: 300.0,
            tokens_per_pass: 2.75,
            speed_up: 2.4,
            expected: 2.5,
            pass_cost: 1.1,
            guess_cost: 0.025,
            agreement: 1.0,
        };
        let line = "| chain of 4 | 0.7 | 300.00 | 2.75 | 2.40 | 2.50 | 1.100 | 0.0250 | 1.000 |\n";
        assert!(table(&[row]).ends_with(line));
    }
}
