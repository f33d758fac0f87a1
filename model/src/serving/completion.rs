//! [`Completion`]: the events of one request.

use super::channel::Receiver;
use super::engine::Shared;
use super::worker::Command;
use super::{Event, GenerateError};
use futures_core::Stream;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};

/// A `Stream` of events until every choice has finished, or an error. Dropping it cancels the
/// request: its pages are free at once.
pub struct Completion {
    pub(super) events: Receiver<Result<Event, GenerateError>>,
    pub(super) request: u64,
    pub(super) choices: usize,
    pub(super) shared: Arc<Shared>,
    pub(super) commands: mpsc::Sender<Command>,
}

impl Completion {
    /// The same as an iterator that waits for each event.
    pub fn blocking(self) -> Blocking {
        Blocking(self)
    }
}

impl Stream for Completion {
    type Item = Result<Event, GenerateError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll(context)
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        self.shared.alive.fetch_sub(self.choices, Ordering::AcqRel);
        // An engine that is gone has nothing to cancel.
        let _gone = self.commands.send(Command::Cancel(self.request));
    }
}

/// An iterator over the events of a request.
pub struct Blocking(Completion);

impl Iterator for Blocking {
    type Item = Result<Event, GenerateError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.events.wait()
    }
}
