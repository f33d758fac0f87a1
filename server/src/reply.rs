//! From a request to its answer, at once or piece by piece: what `chat` and `completions` share.

use crate::api_error::ApiError;
use crate::app::{Model, Shared, now};
use crate::body;
use crate::fields::Fields;
use crate::parameters::Parameters;
use crate::sse::{self, Gone, Writer};
use crate::usage::Usage;
use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::future::Future;

/// A request on its way.
pub trait Running: Send + 'static {
    /// Everything at once.
    ///
    /// # Errors
    /// What the engine reports.
    fn collect(self) -> impl Future<Output = Result<Value, ApiError>> + Send;

    /// Piece by piece, with the usage at the end where it is wanted.
    ///
    /// # Errors
    /// [`Gone`]
    fn stream(
        self,
        writer: &Writer,
        include_usage: bool,
    ) -> impl Future<Output = Result<(), Gone>> + Send;
}

/// Answers a request that `start` reads and submits.
///
/// # Errors
/// What is wrong with it, and what the engine reports.
pub async fn respond<R: Running>(
    app: Shared,
    request: Request,
    start: impl FnOnce(&Shared, &Fields<'_>) -> Result<(R, Parameters), ApiError>,
) -> Result<Response, ApiError> {
    app.model()?;
    let body = body::json(&app, request).await?;
    let (running, parameters) = start(&app, &Fields::new(&body)?)?;
    if !parameters.stream {
        return Ok(Json(running.collect().await?).into_response());
    }
    let usage = parameters.include_usage;
    Ok(sse::respond(|writer| async move {
        // A client that has gone hears nothing of it.
        let _gone = running.stream(&writer, usage).await;
    }))
}

/// What every object of an answer says of the request.
pub struct Heading {
    id: String,
    created: u64,
    model: String,
}

impl Heading {
    /// The heading of a request that comes now.
    pub fn new(id: String, model: &Model) -> Heading {
        Heading { id, created: now(), model: model.name.clone() }
    }

    /// An object with some choices.
    pub fn object(&self, kind: &str, choices: Vec<Value>) -> Value {
        let Heading { id, created, model } = self;
        json!({"id": id, "object": kind, "created": created, "model": model, "choices": choices})
    }

    /// The same with the usage.
    pub fn with_usage(&self, kind: &str, choices: Vec<Value>, usage: &Usage) -> Value {
        let mut object = self.object(kind, choices);
        if let Some(object) = object.as_object_mut() {
            object.insert("usage".to_owned(), usage.json());
        }
        object
    }
}
