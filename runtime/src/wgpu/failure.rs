//! What went wrong on a device outside of any call: an `Err` of the next one.

use std::sync::{Arc, Mutex};

use ::wgpu::{Device, ErrorFilter};

use crate::Error;
use crate::error::one_line;

/// The first failure that may have left memory undefined. It stays: after it, what a tensor holds
/// is unknown, and every call returns it.
#[derive(Debug, Default)]
pub(super) struct Failure(Mutex<Option<Error>>);

impl Failure {
    /// Catches what no error scope does, and the loss of the device.
    pub(super) fn watch(device: &Device) -> Arc<Failure> {
        let failure = Arc::new(Failure::default());
        let uncaptured = failure.clone();
        device.on_uncaptured_error(Arc::new(move |error: ::wgpu::Error| {
            uncaptured.set(one_line(&error.to_string()));
        }));
        let lost = failure.clone();
        device.set_device_lost_callback(move |reason, message| {
            lost.set(format!("{reason:?}: {}", one_line(&message)));
        });
        failure
    }

    /// Keeps the first reason.
    pub(super) fn set(&self, reason: String) {
        if let Ok(mut first) = self.0.lock() {
            first.get_or_insert(Error::DeviceLost { reason });
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        match self.0.lock() {
            Ok(first) => first.clone().map_or(Ok(()), Err),
            Err(_) => Err(Error::DeviceLost { reason: "an error handler panicked".to_owned() }),
        }
    }
}

/// Runs `work` and returns the first error that it raised, in place of its value.
pub(super) fn scoped<T>(device: &Device, work: impl FnOnce() -> T) -> Result<T, ::wgpu::Error> {
    let internal = device.push_error_scope(ErrorFilter::Internal);
    let memory = device.push_error_scope(ErrorFilter::OutOfMemory);
    let validation = device.push_error_scope(ErrorFilter::Validation);
    let value = work();
    let validation = pollster::block_on(validation.pop());
    let memory = pollster::block_on(memory.pop());
    let internal = pollster::block_on(internal.pop());
    match validation.or(memory).or(internal) {
        Some(error) => Err(error),
        None => Ok(value),
    }
}
