//! The API key.

use crate::api_error::ApiError;
use crate::app::Shared;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

/// Lets a request through whose bearer token is the key, and every request where there is no key.
///
/// # Errors
/// 401
pub async fn check(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(key) = &app.options.api_key {
        let sent = request.headers().get(header::AUTHORIZATION);
        let sent = sent.and_then(|value| bearer(value.as_bytes()));
        if !sent.is_some_and(|sent| equal(sent, key.as_bytes())) {
            return Err(ApiError::key());
        }
    }
    Ok(next.run(request).await)
}

/// The token of `Bearer TOKEN`.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// Whether two texts are equal, in a time that does not tell where they differ.
fn equal(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::{bearer, equal};

    #[test]
    fn tokens() {
        assert_eq!(bearer(b"Bearer abc "), Some(&b"abc"[..]));
        assert_eq!(bearer(b"bearer abc"), Some(&b"abc"[..]));
        assert_eq!((bearer(b"Basic abc"), bearer(b"Bear")), (None, None));
        assert!(equal(b"abc", b"abc") && !equal(b"abc", b"abd") && !equal(b"abc", b"ab"));
    }
}
