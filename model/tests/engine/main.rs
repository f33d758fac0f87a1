//! The engine on every device: against the f32 oracle of the default model, and against a plain
//! forward pass of tiny random models.
//!
//! `TILEWRIGHT_TEST_MODEL` names the default model's file; `TILEWRIGHT_TEST_DEVICES` the devices
//! ("cpu,wgpu").

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bare;
mod blocks;
mod chunking;
mod default_model;
mod devices;
mod faults;
mod generation;
mod growth;
mod oracle;
mod reference;
mod refusals;
mod sequences;
mod submissions;
mod tiny;
mod trees;
