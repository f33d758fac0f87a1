//! `POST /tokenize` and `POST /detokenize`.

use crate::api_error::ApiError;
use crate::app::Shared;
use crate::body;
use crate::fields::Fields;
use axum::Json;
use axum::extract::{Request, State};
use serde_json::{Value, json};
use tilewright_model::ParseSpecial;

/// `{"content", "add_special"}` to `{"tokens", "count"}`.
///
/// # Errors
/// 400 where the body is something else.
pub async fn tokenize(
    State(app): State<Shared>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let model = app.model()?;
    let body = body::json(&app, request).await?;
    let fields = Fields::new(&body)?;
    let text = match fields.text("content")? {
        Some(text) => text,
        None => fields.text("prompt")?.ok_or_else(|| fields.wrong("content", "a string"))?,
    };
    let tokenizer = model.engine.tokenizer();
    let encoded = match fields.flag("add_special")? {
        true => tokenizer.encode_prompt(text),
        false => tokenizer.encode(text, ParseSpecial::Yes),
    };
    let ids = encoded.map_err(|error| ApiError::invalid("content", error.to_string()))?;
    Ok(Json(json!({"tokens": ids, "count": ids.len()})))
}

/// `{"tokens"}` to `{"content"}`.
///
/// # Errors
/// 400 where the body is something else, or a token is not in the vocabulary.
pub async fn detokenize(
    State(app): State<Shared>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let model = app.model()?;
    let body = body::json(&app, request).await?;
    let fields = Fields::new(&body)?;
    let ids = fields.tokens("tokens")?;
    let ids = ids.ok_or_else(|| fields.wrong("tokens", "an array of token ids"))?;
    let tokenizer = model.engine.tokenizer();
    if let Some(id) = ids.iter().find(|id| **id as usize >= tokenizer.vocab_size()) {
        let message = format!("token {id} is not in the vocabulary");
        return Err(ApiError::invalid("tokens", message));
    }
    Ok(Json(json!({"content": tokenizer.decode(&ids)})))
}
