//! `GET /health` and `GET /metrics`.

use crate::api_error::ApiError;
use crate::app::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// 200 where requests are taken.
///
/// # Errors
/// 503 while the model is loaded, while the server stops, and after the device failed.
pub async fn health(State(app): State<Shared>) -> Result<Json<Value>, ApiError> {
    app.model()?;
    Ok(Json(json!({"status": "ok"})))
}

/// Counts for Prometheus.
///
/// # Errors
/// None that is known.
pub async fn metrics(State(app): State<Shared>) -> Result<Response, ApiError> {
    let text = app.metrics.text(app.loaded());
    let text = text.map_err(|error| ApiError::internal(error.to_string()))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
