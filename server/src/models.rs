//! `GET /v1/models`.

use crate::api_error::ApiError;
use crate::app::{Model, Shared};
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

/// The only model.
///
/// # Errors
/// 503 where requests are not taken.
pub async fn list(State(app): State<Shared>) -> Result<Json<Value>, ApiError> {
    let model = app.model()?;
    Ok(Json(json!({"object": "list", "data": [entry(model)]})))
}

/// A model by its id.
///
/// # Errors
/// 404 for another one.
pub async fn one(
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let model = app.model()?;
    if id != model.name {
        return Err(ApiError::model(&id, &model.name));
    }
    Ok(Json(entry(model)))
}

fn entry(model: &Model) -> Value {
    json!({
        "id": model.name,
        "object": "model",
        "created": model.created,
        "owned_by": "tilewright",
        "max_model_len": model.engine.context(),
    })
}
