//! The `tilewright` binary and its downloads, as a user meets them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bad_model;
mod conversation;
mod fetch;
mod inspect;
mod interrupt;
mod load;
mod measure;
mod model;
mod scratch;
mod serve;
mod server;
mod subject;
mod usage;
