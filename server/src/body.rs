//! Reading the body of a request: bounded in bytes and time.

use crate::api_error::ApiError;
use crate::app::App;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use http_body_util::LengthLimitError;
use serde_json::Value;
use std::error::Error;

/// The JSON value of a body.
///
/// # Errors
/// 400 where it is not JSON in UTF-8, 408 where it comes too slowly, 413 where it is too large.
pub async fn json(app: &App, request: Request) -> Result<Value, ApiError> {
    let limit = app.options.body_limit;
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > limit) {
        return Err(ApiError::too_large(limit));
    }
    let bytes = read(request.into_body(), limit);
    let bytes = tokio::time::timeout(app.options.read_timeout, bytes);
    let bytes = bytes.await.map_err(|_| ApiError::slow())??;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let offset = error.valid_up_to();
        ApiError::malformed(format!("the body is not UTF-8 (first bad byte at offset {offset})"))
    })?;
    serde_json::from_str(text)
        .map_err(|error| ApiError::malformed(format!("the body is not JSON: {error}")))
}

async fn read(body: Body, limit: usize) -> Result<axum::body::Bytes, ApiError> {
    to_bytes(body, limit).await.map_err(|error| {
        if error.source().is_some_and(|cause| cause.is::<LengthLimitError>()) {
            ApiError::too_large(limit)
        } else {
            ApiError::malformed(format!("the body is incomplete: {error}"))
        }
    })
}
