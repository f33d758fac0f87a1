//! The server as clients see it, on the processor with a tiny random model.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod chat;
mod completions;
mod connections;
mod errors;
mod paths;
mod server;
mod structured;
