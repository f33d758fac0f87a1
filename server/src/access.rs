//! The line of each request in the log, and its id in the answer.

use crate::app::Shared;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// Runs a request; its line is written when the last byte of the answer is, or when the client
/// goes before that.
pub async fn line(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let id = format!("req-{}", app.next_id());
    let method = request.method().to_string();
    let path = request.uri().path().to_owned();
    // Paths that nothing answers are one name in the counts, however many there are.
    let matched = request.extensions().get::<MatchedPath>();
    let counted = matched.map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let mut record = Record { app, id, method, path, counted, began: Instant::now(), status: 499 };
    let mut response = next.run(request).await;
    record.status = response.status().as_u16();
    if let Ok(id) = HeaderValue::from_str(&record.id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response.map(|body| {
        let ended = body.is_end_stream();
        Body::new(Recorded { body, record, ended })
    })
}

/// What is written of a request; 499 where the client went before there was an answer.
struct Record {
    app: Shared,
    id: String,
    method: String,
    path: String,
    counted: String,
    began: Instant,
    status: u16,
}

impl Drop for Record {
    fn drop(&mut self) {
        let Record { app, id, method, path, counted, began, status } = self;
        let duration = began.elapsed();
        app.metrics.answered(counted, *status, duration);
        let milliseconds = duration.as_secs_f64() * 1000.0;
        // A path is the client's text: `?` quotes it.
        tracing::info!(
            target: "tilewright::access",
            "{id} {method} {path:?} {status} {milliseconds:.1} ms"
        );
    }
}

/// A body that tells when it ends.
struct Recorded {
    body: Body,
    record: Record,
    ended: bool,
}

impl HttpBody for Recorded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(_))) => self.ended = self.body.is_end_stream(),
            Poll::Ready(_) => self.ended = true,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        if !self.ended {
            self.record.status = 499;
        }
    }
}
