//! Speculative decoding: a cheap [`Drafter`] guesses the tokens that follow, one pass verifies all
//! guesses, and [`accept`] keeps those that the model would have chosen itself.
//!
//! A rejected guess leaves keys and values behind that nobody reads: the sequence's length says
//! what counts, and the next pass writes over them.

mod accept;
mod adaptive;
mod drafter;
mod ngram;
mod suffix;

pub use accept::accept;
pub use adaptive::{AdaptiveLength, best_length, speed_up};
pub use drafter::{Drafter, Speculation};
pub use ngram::NgramDrafter;
pub use suffix::SuffixDrafter;
