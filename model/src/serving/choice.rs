//! [`Choice`]: one completion that is being generated.

use super::thinking::Thinking;
use super::{Event, Finished, GenerateError, PromptToken, Request, Token};
use crate::FinishReason;
use crate::batch::BEST;
use crate::grammar::Constraint;
use crate::sampling::{Chain, History, TokenLogprob, logprobs};
use crate::scheduler::Sequence;
use crate::speculative::{Accepted, AdaptiveLength, DraftTree, Drafter, accept};
use crate::stop::{Released, StopError, StopMatcher};
use crate::tokenizer::{Tokenizer, Utf8Stream};
use tilewright_kernels::SampleParams;

use super::channel::Sender;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where the events of a request go.
pub(super) type Events = Sender<Result<Event, GenerateError>>;

/// A row of a pass for this choice: what the device chose and, where wanted, the logits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    /// The device's choice.
    pub chosen: u32,
    /// Its logits.
    pub logits: Option<&'a [f32]>,
}

/// A token with its log-probabilities, if they are wanted.
struct Chosen {
    logprob: Option<TokenLogprob>,
    top: Vec<TokenLogprob>,
}

/// What a choice knows beside its tokens.
pub(super) struct Choice {
    /// The request.
    pub request: u64,
    /// Which of its choices.
    pub index: u32,
    /// Who listens.
    pub events: Arc<Events>,
    chain: Chain,
    max_tokens: usize,
    stop_ids: Vec<u32>,
    ignore_end: bool,
    logprobs: Option<usize>,
    constraint: Option<Constraint>,
    thinking: Option<Thinking>,
    utf8: Utf8Stream,
    stops: StopMatcher,
    generated: u32,
    drafter: Option<Box<dyn Drafter>>,
    length: AdaptiveLength,
    /// Log-probabilities of the prompt's tokens so far.
    scores: Option<BTreeMap<u32, PromptToken>>,
}

impl Choice {
    pub fn new(
        request: u64,
        index: u32,
        asked: &Request,
        constraint: Option<Constraint>,
        mut drafter: Option<Box<dyn Drafter>>,
        events: Arc<Events>,
    ) -> Result<Self, StopError> {
        let mut chain = asked.sampling.clone();
        chain.base.seed = chain.base.seed.wrapping_add(u64::from(index));
        if let Some(drafter) = &mut drafter {
            drafter.extend(&asked.prompt);
        }
        let reasoning = asked.reasoning.clone().filter(|_| constraint.is_none());
        Ok(Choice {
            thinking: reasoning.map(Thinking::new),
            request,
            index,
            events,
            chain,
            max_tokens: asked.max_tokens,
            stop_ids: asked.stop_ids.clone(),
            ignore_end: asked.ignore_end,
            logprobs: asked.logprobs,
            constraint,
            utf8: Utf8Stream::new(),
            stops: StopMatcher::new(asked.stop.clone())?,
            generated: 0,
            drafter,
            length: AdaptiveLength::default(),
            scores: (asked.score_prompt && index == 0).then(BTreeMap::new),
        })
    }

    /// Whether the host must see the logits of an output.
    pub fn needs_logits(&self) -> bool {
        let plain = self.chain.is_plain() && self.constraint.is_none();
        !plain || self.logprobs.is_some()
    }

    /// Whether the prompt's log-probabilities are still wanted.
    pub fn scores_prompt(&self) -> bool {
        self.scores.is_some()
    }

    /// How the device chooses the token at a position.
    pub fn on_device(&self, position: u32) -> SampleParams {
        let base = &self.chain.base;
        if !self.chain.is_plain() || self.constraint.is_some() || base.temperature == 0.0 {
            return BEST;
        }
        let (temperature, top_k, top_p) = (base.temperature, base.top_k, base.top_p);
        let (min_p, seed) = (base.min_p, base.seed);
        SampleParams { temperature, top_k, top_p, min_p, seed, position }
    }

    /// The tokens that a pass over `sequence` and `drafts` emits.
    pub fn choose(
        &mut self,
        sequence: &Sequence,
        drafts: &DraftTree,
        rows: &[Row<'_>],
    ) -> Result<Accepted, GenerateError> {
        let device = self.chain.is_plain() && self.constraint.is_none();
        // A device's choice needs no text: long ones are not copied at every step.
        let mut text = if device { Vec::new() } else { sequence.tokens.clone() };
        let prompt = sequence.prompt as usize;
        let (chain, constraint) = (&self.chain, &mut self.constraint);
        let mut choose = |at: usize, forced: Option<u32>| {
            let row = rows.get(at).ok_or_else(|| no_row("an output"))?;
            let token = match forced {
                Some(token) => token,
                None if device => row.chosen,
                None => {
                    let logits = row.logits.ok_or_else(|| no_row("logits"))?;
                    let mask = constraint.as_mut().map(Constraint::mask).transpose();
                    let history = History { tokens: &text, prompt };
                    let mask = mask.map_err(failed)?;
                    chain.choose(logits, history, mask.as_deref()).map_err(failed)?
                }
            };
            if let Some(constraint) = constraint {
                constraint.push(token).map_err(failed)?;
            }
            text.push(token);
            Ok(token)
        };
        let thinking = &mut self.thinking;
        let accepted = accept(drafts, |node| {
            let row = node.map_or(0, |node| node + 1);
            let token = choose(row, thinking.as_mut().and_then(Thinking::forced))?;
            if let Some(thinking) = thinking {
                thinking.push(token);
            }
            Ok(token)
        })?;
        self.length.observe(drafts.height(), accepted.path.len());
        Ok(accepted)
    }

    /// Guesses what follows, after tokens were emitted; without `branches` a chain.
    pub fn draft(&mut self, emitted: &[u32], branches: bool) -> DraftTree {
        let Some(drafter) = &mut self.drafter else { return DraftTree::default() };
        drafter.extend(emitted);
        let left = self.max_tokens.saturating_sub(self.generated as usize + 1);
        let length = self.length.length().min(left);
        if branches { drafter.tree(length) } else { drafter.draft(length).into() }
    }

    /// Tells the emitted tokens, up to the one that ends the completion. `full`: whether the
    /// context ends with the last of them.
    pub fn tell(
        &mut self,
        tokenizer: &Tokenizer,
        emitted: &[u32],
        rows: &[Row<'_>],
        full: bool,
    ) -> Option<FinishReason> {
        if self.max_tokens == 0 {
            return Some(FinishReason::Length);
        }
        for (at, id) in emitted.iter().enumerate() {
            let logits = rows.get(at).and_then(|row| row.logits);
            let last = full && at + 1 == emitted.len();
            let reason = self.tell_one(tokenizer, *id, logits, last);
            if reason.is_some() {
                return reason;
            }
        }
        None
    }

    fn tell_one(
        &mut self,
        tokenizer: &Tokenizer,
        id: u32,
        logits: Option<&[f32]>,
        last: bool,
    ) -> Option<FinishReason> {
        self.generated += 1;
        let ends = !self.ignore_end && tokenizer.is_end(id) || self.stop_ids.contains(&id);
        let bytes = if ends { &[] } else { tokenizer.token_bytes(id) };
        let Released { mut text, stopped } = self.stops.push(&self.utf8.push(bytes));
        let reason = if stopped || ends {
            Some(FinishReason::Stop)
        } else if last || self.generated as usize >= self.max_tokens {
            Some(FinishReason::Length)
        } else {
            None
        };
        if reason.is_some() && !stopped {
            text += &self.stops.push(&self.utf8.finish()).text;
            text += &self.stops.finish();
        }
        let Chosen { logprob, top } = self.logprobs_of(id, logits);
        let logprob = logprob.map(|l| l.logprob);
        let token = Token { choice: self.index, id, text, logprob, top };
        self.events.send(Ok(Event::Token(token)));
        reason
    }

    fn logprobs_of(&self, id: u32, logits: Option<&[f32]>) -> Chosen {
        match (self.logprobs, logits) {
            (Some(count), Some(logits)) => {
                let (logprob, top) = logprobs(logits, id, count);
                Chosen { logprob: Some(logprob), top }
            }
            _ => Chosen { logprob: None, top: Vec::new() },
        }
    }

    /// Takes the logits of a prompt's token: they say how likely the next one was.
    pub fn score(&mut self, position: u32, sequence: &Sequence, logits: &[f32]) {
        let Some(scores) = &mut self.scores else { return };
        let next = position + 1;
        if next >= sequence.prompt {
            return;
        }
        let Some(&id) = sequence.tokens.get(next as usize) else { return };
        let (logprob, top) = logprobs(logits, id, self.logprobs.unwrap_or(0));
        scores.insert(next, PromptToken { id, logprob: Some(logprob.logprob), top });
    }

    /// Tells the prompt's log-probabilities, once.
    pub fn tell_scores(&mut self, sequence: &Sequence) {
        let Some(scores) = self.scores.take() else { return };
        let first = sequence.tokens.first().copied().unwrap_or_default();
        let first = PromptToken { id: first, logprob: None, top: Vec::new() };
        let tokens = std::iter::once(first).chain(scores.into_values()).collect();
        self.events.send(Ok(Event::Prompt(tokens)));
    }

    /// Tells the end.
    pub fn finish(&self, sequence: &Sequence, reason: FinishReason) {
        self.events.send(Ok(Event::Finished(Finished {
            choice: self.index,
            reason,
            prompt_tokens: sequence.prompt,
            cached_tokens: sequence.cached,
            generated_tokens: self.generated,
        })));
    }
}

fn failed(error: impl std::fmt::Display) -> GenerateError {
    GenerateError::Choice { message: error.to_string() }
}

fn no_row(what: &str) -> GenerateError {
    GenerateError::Choice { message: format!("the pass gave no {what}: please report this") }
}
