//! [`Constraint`]: the state of a grammar after some tokens.

use super::GrammarError;
use super::error::flat;
use llguidance::Matcher;

/// Which tokens may follow the ones so far.
pub struct Constraint {
    matcher: Matcher,
}

impl Constraint {
    pub(super) fn new(matcher: Matcher) -> Self {
        Constraint { matcher }
    }

    /// The allowed tokens, one bit each, lowest first. Where the text is complete and nothing can
    /// follow, only the end tokens are.
    ///
    /// # Errors
    /// [`GrammarError::Stuck`]
    pub fn mask(&mut self) -> Result<Vec<u32>, GrammarError> {
        let mask = self.matcher.compute_mask_or_eos().map_err(stuck)?;
        Ok(mask.as_slice().to_vec())
    }

    /// Takes a chosen token.
    ///
    /// # Errors
    /// [`GrammarError::Stuck`] for one that the mask did not allow.
    pub fn push(&mut self, token: u32) -> Result<(), GrammarError> {
        if self.matcher.is_stopped() {
            return Ok(());
        }
        self.matcher.consume_token(token).map_err(stuck)
    }

    /// Whether the text is complete and nothing can follow.
    pub fn is_finished(&self) -> bool {
        self.matcher.is_stopped()
    }
}

impl std::fmt::Debug for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Constraint").field("finished", &self.is_finished()).finish()
    }
}

fn stuck(error: impl std::fmt::Display) -> GrammarError {
    GrammarError::Stuck { message: flat(&error.to_string()) }
}
