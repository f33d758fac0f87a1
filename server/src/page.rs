//! `GET /`: a chat in the browser.

use axum::response::Html;

/// The page, which is one file.
pub async fn page() -> Html<&'static str> {
    Html(include_str!("page.html"))
}
