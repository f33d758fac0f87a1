//! [`Events`]: the events of one or more requests to the engine, in the order in which they come.

use crate::api_error::ApiError;
use crate::metrics::Metrics;
use futures_core::Stream;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;
use tilewright_model::serving::{Completion, Engine, Event, PromptToken, Request};

/// Completions of several prompts; choices are numbered through: `prompt * n + choice`.
pub struct Events {
    completions: Vec<Option<Completion>>,
    choices: u32,
    /// Where to look first, so that no prompt waits for the others.
    next: usize,
    began: Instant,
    last: HashMap<u32, Instant>,
}

/// An event with the number of its choice.
pub enum Numbered {
    /// The tokens of a prompt; the number is its first choice's.
    Prompt(u32, Vec<PromptToken>),
    /// A token or an end.
    Event(u32, Event),
}

impl Events {
    /// Submits requests with equal numbers of choices.
    ///
    /// # Errors
    /// The first that is refused; the others are cancelled.
    pub fn submit(engine: &Engine, requests: Vec<Request>) -> Result<Self, ApiError> {
        let choices = requests.first().map_or(1, |request| request.choices);
        let mut completions = Vec::with_capacity(requests.len());
        for request in requests {
            completions.push(Some(engine.generate(request)?));
        }
        let last = HashMap::new();
        Ok(Events { completions, choices, next: 0, began: Instant::now(), last })
    }

    /// Choices in all.
    pub fn choices(&self) -> u32 {
        self.choices * self.completions.len() as u32
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// The engine's; the request is over then.
    pub async fn next(&mut self, metrics: &Metrics) -> Result<Option<Numbered>, ApiError> {
        let Some((prompt, event)) = poll_fn(|context| self.poll(context)).await? else {
            return Ok(None);
        };
        let first = prompt as u32 * self.choices;
        Ok(Some(match event {
            Event::Prompt(tokens) => Numbered::Prompt(first, tokens),
            Event::Token(token) => {
                let choice = first + token.choice;
                self.measure(choice, metrics);
                Numbered::Event(choice, Event::Token(token))
            }
            Event::Finished(finished) => {
                Numbered::Event(first + finished.choice, Event::Finished(finished))
            }
        }))
    }

    fn measure(&mut self, choice: u32, metrics: &Metrics) {
        let now = Instant::now();
        match self.last.insert(choice, now) {
            Some(last) => metrics.next_token(now - last),
            None => metrics.first_token(now - self.began),
        }
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<(usize, Event)>, ApiError>> {
        let count = self.completions.len();
        let mut pending = false;
        for at in (0..count).map(|at| (self.next + at) % count) {
            let Some(completion) = self.completions.get_mut(at) else { continue };
            let Some(stream) = completion else { continue };
            match Pin::new(stream).poll_next(context) {
                Poll::Ready(Some(Ok(event))) => {
                    self.next = at + 1;
                    return Poll::Ready(Ok(Some((at, event))));
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error.into())),
                Poll::Ready(None) => *completion = None,
                Poll::Pending => pending = true,
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(Ok(None)) }
    }
}
