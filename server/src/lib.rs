//! An OpenAI-compatible server over the [engine of a service](tilewright_model::serving).
//!
//! | path | what it does |
//! |---|---|
//! | `POST /v1/chat/completions` | the next message of a conversation |
//! | `POST /v1/completions` | texts that follow texts |
//! | `GET /v1/models` | the one model that is served |
//! | `POST /tokenize`, `POST /detokenize` | texts to token ids and back |
//! | `GET /health`, `GET /metrics` | for whatever watches the server |
//! | `GET /` | a chat in the browser |
//!
//! In reading order: [`Options`], [`serve`] (listen, load, serve, drain), `router` (paths),
//! `access` (the line of each request), `completions` and `chat` (over `reply`, `parameters`,
//! `events` and `sse`), `api_error`.

mod access;
mod answer;
mod api_error;
mod app;
mod auth;
mod body;
mod chat;
mod completions;
mod descriptors;
mod error;
mod events;
mod fields;
mod health;
mod listen;
mod logprobs;
mod messages;
mod metrics;
mod models;
mod options;
mod page;
mod parameters;
mod reason;
mod reply;
mod router;
mod serve;
mod signal;
mod splitter;
mod sse;
mod tokens;
mod tools;
mod usage;

pub use descriptors::raise_descriptor_limit;
pub use error::ServeError;
pub use options::Options;
pub use serve::serve;
