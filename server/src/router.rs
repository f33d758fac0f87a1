//! Which path is answered by what.

use crate::api_error::ApiError;
use crate::app::Shared;
use crate::{access, auth, chat, completions, health, models, page, tokens};
use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware;
use axum::routing::{get, post};

/// The server as a service.
pub fn router(app: Shared) -> Router {
    let with_key = Router::new()
        .route("/v1/chat/completions", post(chat::handle))
        .route("/v1/completions", post(completions::handle))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::one))
        .route("/tokenize", post(tokens::tokenize))
        .route("/detokenize", post(tokens::detokenize))
        .route("/metrics", get(health::metrics))
        .route_layer(middleware::from_fn_with_state(app.clone(), auth::check));
    Router::new()
        .route("/", get(page::page))
        .route("/health", get(health::health))
        .merge(with_key)
        .fallback(|uri: Uri| async move { ApiError::path(uri.path()) })
        .method_not_allowed_fallback(|method: Method, uri: Uri| async move {
            ApiError::method(method.as_str(), uri.path())
        })
        .layer(middleware::from_fn_with_state(app.clone(), access::line))
        .with_state(app)
}
