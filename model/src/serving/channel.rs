//! A queue with one reader, who waits with a waker or by blocking.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

struct State<T> {
    queue: VecDeque<T>,
    waker: Option<Waker>,
    closed: bool,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // No code that can panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writing end; the queue ends when it is dropped.
pub(super) struct Sender<T>(Arc<Shared<T>>);

/// The reading end.
pub(super) struct Receiver<T>(Arc<Shared<T>>);

/// An empty queue.
pub(super) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let state = Mutex::new(State { queue: VecDeque::new(), waker: None, closed: false });
    let shared = Arc::new(Shared { state, ready: Condvar::new() });
    (Sender(shared.clone()), Receiver(shared))
}

impl<T> Sender<T> {
    /// Adds an item and wakes the reader.
    pub fn send(&self, item: T) {
        let waker = {
            let mut state = self.0.lock();
            state.queue.push_back(item);
            state.waker.take()
        };
        self.0.ready.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.0.lock();
            state.closed = true;
            state.waker.take()
        };
        self.0.ready.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Receiver<T> {
    /// The next item; `None` at the end.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.0.lock();
        match state.queue.pop_front() {
            Some(item) => Poll::Ready(Some(item)),
            None if state.closed => Poll::Ready(None),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The next item, after waiting for it; `None` at the end.
    pub fn wait(&mut self) -> Option<T> {
        let mut state = self.0.lock();
        while state.queue.is_empty() && !state.closed {
            state = self.0.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.queue.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::channel;

    #[test]
    fn a_reader_on_another_thread_gets_everything_and_the_end() {
        let (sender, mut receiver) = channel();
        let reader = std::thread::spawn(move || {
            std::iter::from_fn(|| receiver.wait()).collect::<Vec<i32>>()
        });
        (0..100).for_each(|i| sender.send(i));
        drop(sender);
        assert_eq!(reader.join().ok(), Some((0..100).collect()));
    }
}
