//! The engine of a service, on tiny random models.
//!
//! `TILEWRIGHT_TEST_DEVICES` names the devices ("cpu,wgpu").

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod concurrency;
mod deterministic;
mod device_lost;
mod grammar;
mod kv_dtype;
mod refusals;
mod sampling;
mod speculation;
mod stream;
mod tiny;
