//! Speculative decoding: a cheap [`Drafter`] guesses the tokens that follow, one pass verifies all
//! guesses, and [`accept`] keeps those that the model would have chosen itself.
//!
//! Guesses are a tree: several may follow the same text, and all are verified in one pass in which a token
//! sees its own ancestors only. The keys and values of the accepted branch are then moved together.
//!
//! A rejected guess leaves keys and values behind that nobody reads: the sequence's length says
//! what counts, and the next pass writes over them.

mod accept;
mod adaptive;
mod branching;
mod drafter;
mod ngram;
mod replay;
mod suffix;
mod tree;

pub use accept::{Accepted, accept};
pub use adaptive::{AdaptiveLength, LONGEST, best_length, speed_up};
pub use branching::TreeDrafter;
pub use drafter::{Drafter, Speculation};
pub use ngram::NgramDrafter;
pub use replay::GuessShape;
pub use suffix::SuffixDrafter;
pub use tree::DraftTree;
