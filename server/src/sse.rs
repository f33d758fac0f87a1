//! Server-sent events: a body that a task writes while the client reads it.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use serde_json::Value;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Events that may wait for a slow client.
const WAITING: usize = 64;

/// The writing end.
pub struct Writer(mpsc::Sender<Bytes>);

/// The client has gone.
pub struct Gone;

impl Writer {
    /// Sends an event.
    ///
    /// # Errors
    /// [`Gone`]
    pub async fn send(&self, value: &Value) -> Result<(), Gone> {
        self.line(&value.to_string()).await
    }

    /// Sends the event that ends the stream.
    ///
    /// # Errors
    /// [`Gone`]
    pub async fn done(&self) -> Result<(), Gone> {
        self.line("[DONE]").await
    }

    async fn line(&self, data: &str) -> Result<(), Gone> {
        self.0.send(format!("data: {data}\n\n").into()).await.map_err(|_| Gone)
    }

    /// Waits until the client has gone.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

struct Reader(mpsc::Receiver<Bytes>);

impl Stream for Reader {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(Ok))
    }
}

/// An answer whose events `write` sends. It is dropped as soon as the client has gone.
pub fn respond<F>(write: impl FnOnce(Writer) -> F) -> Response
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(WAITING);
    let gone = Writer(sender.clone());
    let written = write(Writer(sender));
    tokio::spawn(async move {
        tokio::select! {
            () = written => {}
            () = gone.closed() => {}
        }
    });
    let mut response = Body::from_stream(Reader(receiver)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
