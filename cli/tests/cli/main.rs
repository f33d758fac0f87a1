//! The `tilewright` binary and its downloads, as a user meets them.
#![allow(clippy::unwrap_used)]

mod fetch;
mod scratch;
mod server;
mod usage;
