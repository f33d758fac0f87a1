//! The asynchronous side, without a runtime.

use crate::tiny::{Written, cpu, greedy, one, tokens};
use futures_core::Stream;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use tilewright_model::serving::{Engine, Event};

/// Wakes a parked thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn collect<S: Stream>(stream: S) -> Vec<S::Item> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut stream = pin!(stream);
    let mut items = Vec::new();
    loop {
        match stream.as_mut().poll_next(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some(item)) => items.push(item),
            Poll::Ready(None) => return items,
            Poll::Pending => std::thread::park(),
        }
    }
}

fn is_shared<T: Send + Sync>(_: &T) {}

#[test]
fn a_stream_gives_what_the_iterator_gives() {
    let file = Written::new("stream");
    let engine = Engine::builder().model(file.path()).device(&cpu()).build().unwrap();
    is_shared(&engine);
    let events = collect(engine.generate(greedy(tokens(0, 30), 12)).unwrap());
    let ids: Vec<u32> = events
        .iter()
        .filter_map(|event| match event {
            Ok(Event::Token(token)) => Some(token.id),
            _ => None,
        })
        .collect();
    assert_eq!(ids, one(&engine, greedy(tokens(0, 30), 12)).ids());
    assert!(matches!(events.last(), Some(Ok(Event::Finished(_)))));
}
