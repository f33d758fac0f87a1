//! The `tilewright` binary and its downloads, as a user meets them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fetch;
mod model;
mod scratch;
mod serve;
mod server;
mod usage;
