//! [`Drafter`]: what guesses tokens.

use super::{DraftTree, NgramDrafter, SuffixDrafter, TreeDrafter};
use std::str::FromStr;

/// Guesses what follows a text that it sees growing.
pub trait Drafter: Send {
    /// Takes tokens that are part of the text from now on.
    fn extend(&mut self, tokens: &[u32]);

    /// Up to `most` tokens that may follow the text; none where there is no good guess.
    fn draft(&mut self, most: usize) -> Vec<u32>;

    /// Up to `most` tokens of which several may follow the same text; a chain where the drafter
    /// knows no alternatives.
    fn tree(&mut self, most: usize) -> DraftTree {
        self.draft(most).into()
    }
}

/// The `most` tokens of a text from `at` on; at its end the guess itself goes on, as in a loop.
pub(super) fn go_on(text: &[u32], at: usize, most: usize) -> Vec<u32> {
    let mut drafts: Vec<u32> = Vec::with_capacity(most);
    for next in at..at + most {
        let token = text.get(next).or_else(|| drafts.get(next.checked_sub(text.len())?));
        let Some(&token) = token else { break };
        drafts.push(token);
    }
    drafts
}

/// Who guesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speculation {
    /// Nobody.
    #[default]
    Off,
    /// [`NgramDrafter`]
    Ngram,
    /// [`SuffixDrafter`]
    Suffix,
    /// A smaller model.
    Draft,
    /// [`TreeDrafter`]
    Tree,
}

impl Speculation {
    /// A drafter for one sequence; a model's comes from whoever has the model.
    pub fn drafter(self) -> Option<Box<dyn Drafter>> {
        match self {
            Speculation::Off | Speculation::Draft => None,
            Speculation::Ngram => Some(Box::new(NgramDrafter::default())),
            Speculation::Suffix => Some(Box::new(SuffixDrafter::default())),
            Speculation::Tree => Some(Box::new(TreeDrafter::default())),
        }
    }
}

impl FromStr for Speculation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Speculation::Off),
            "ngram" => Ok(Speculation::Ngram),
            "suffix" => Ok(Speculation::Suffix),
            "draft" => Ok(Speculation::Draft),
            "tree" => Ok(Speculation::Tree),
            _ => Err("unknown drafter: use ngram, suffix, draft, tree or off".to_owned()),
        }
    }
}
