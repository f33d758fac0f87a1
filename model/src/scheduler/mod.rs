//! Who computes what in the next pass: admission, chunked prefill beside decoding, preemption,
//! deadlines. Pure data: time and tokens come from the caller.
//!
//! **Order.** Sequences have a fixed rank: the step of their arrival, less [`LEAD`] steps for each
//! level of priority. A better rank gets pages and a place first, and takes them from worse ones.
//! Since ranks are fixed and every later arrival of the same priority is worse, a sequence is
//! overtaken only by what arrives within `LEAD` steps per level: nothing starves.
//!
//! **A step.** Sequences that decode come first, one token each; prompts share what is left of the
//! token budget in chunks; drafts get what is left then. Where pages run out, the running sequence
//! of the worst rank loses its pages: they go to the host where there is room and that is cheaper
//! than computing them again later.

mod costs;
mod limits;
mod order;
mod plan;
mod queues;
mod sequence;
#[cfg(test)]
mod tests;

pub use costs::Costs;
pub use limits::{Limits, LimitsError};
pub use order::{LEAD, Rank, SequenceId};
pub use plan::{Move, Plan, PlannedSpan};
pub use queues::{Scheduler, Statistics};
pub use sequence::{NewSequence, Sequence};
