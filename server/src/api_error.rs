//! [`ApiError`]: an answer that is an error, in OpenAI's form.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tilewright_model::serving::{GenerateError, SubmitError};

/// `{"error": {"message", "type", "param", "code"}}` with a status.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError {
    status: StatusCode,
    kind: &'static str,
    message: String,
    param: Option<String>,
    code: Option<&'static str>,
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        ApiError { status, kind, message: message.into(), param: None, code: None }
    }

    /// 400 because of one parameter.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        let error = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message);
        ApiError { param: Some(param.into()), ..error }
    }

    /// 400 because of the body as a whole.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    /// 400: more tokens than the context holds.
    pub fn context(tokens: usize, context: u32) -> Self {
        let message = format!(
            "the prompt has {tokens} tokens and this model's context holds {context}: shorten it"
        );
        Self::invalid("messages", message).with_code("context_length_exceeded")
    }

    /// 401.
    pub fn key() -> Self {
        let message = "the API key is missing or wrong: send it as `Authorization: Bearer KEY`";
        let error = Self::new(StatusCode::UNAUTHORIZED, "authentication_error", message);
        error.with_code("invalid_api_key")
    }

    /// 404 for a path.
    pub fn path(path: &str) -> Self {
        let message = format!("there is nothing at {path}");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message).with_code("not_found")
    }

    /// 405.
    pub fn method(method: &str, path: &str) -> Self {
        let message = format!("{path} does not take {method}");
        let kind = "invalid_request_error";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, kind, message).with_code("method_not_allowed")
    }

    /// 404 for a model.
    pub fn model(asked: &str, served: &str) -> Self {
        let message = format!("the model {asked:?} is not served here: use {served:?}");
        let error = Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message);
        ApiError { param: Some("model".to_owned()), ..error.with_code("model_not_found") }
    }

    /// 408.
    pub fn slow() -> Self {
        let message = "the body did not arrive in time";
        Self::new(StatusCode::REQUEST_TIMEOUT, "invalid_request_error", message)
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        let message = format!("the body has more than {limit} bytes");
        let kind = "invalid_request_error";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, kind, message).with_code("body_too_large")
    }

    /// 503 with what is the matter.
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "server_error", message).with_code(code)
    }

    /// 500.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", message)
    }

    /// The same with a code.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// The body.
    pub fn body(&self) -> Value {
        let ApiError { kind, message, param, code, .. } = self;
        json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        let retry = match self.status {
            StatusCode::TOO_MANY_REQUESTS => Some("1"),
            StatusCode::SERVICE_UNAVAILABLE => Some("5"),
            _ => None,
        };
        if let Some(seconds) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        let message = error.to_string();
        match error {
            SubmitError::PromptTooLong { tokens, context } => ApiError::context(tokens, context),
            SubmitError::QueueFull { .. } => {
                let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", message);
                error.with_code("queue_full")
            }
            SubmitError::Failed { .. } => ApiError::unavailable("device_lost", message),
            SubmitError::ShuttingDown => ApiError::unavailable("draining", message),
            SubmitError::EmptyPrompt | SubmitError::UnknownToken { .. } => {
                ApiError::invalid("prompt", message)
            }
            SubmitError::Choices { .. } => ApiError::invalid("n", message),
            SubmitError::Stop(_) => ApiError::invalid("stop", message),
            SubmitError::Grammar(_) => ApiError::invalid("response_format", message),
            _ => ApiError::malformed(message),
        }
    }
}

impl From<GenerateError> for ApiError {
    fn from(error: GenerateError) -> Self {
        let message = error.to_string();
        match error {
            GenerateError::DeadlineExceeded => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, "server_error", message)
                    .with_code("deadline_exceeded")
            }
            GenerateError::Failed { .. } => ApiError::unavailable("device_lost", message),
            GenerateError::ShutDown => ApiError::unavailable("draining", message),
            _ => ApiError::internal(message),
        }
    }
}
