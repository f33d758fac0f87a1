//! The engine of a service, from the command line.

use std::path::PathBuf;

use tilewright_model::serving::{Builder, Engine};

use super::{device, use_threads};
use crate::args::{Cli, EngineArgs, ModelArgs};
use crate::error::Error;
use crate::model_file;

/// Opens the device and finds the file, but loads nothing yet.
///
/// # Errors
/// What device and file run into.
pub fn service(
    cli: &Cli,
    model: &ModelArgs,
    args: &EngineArgs,
) -> Result<(Builder<'static>, PathBuf), Error> {
    let file = model_file::resolve(&model.model, model.hf_endpoint.as_deref())?;
    if let Some(threads) = model.threads {
        use_threads(threads);
    }
    let device = device(model.device, &cli.device_options()).map_err(super::Error::failed)?;
    if let Err(error) = model.kv_dtype.on(&device) {
        return Err(super::Error::Usage(Box::new(error)).into());
    }
    let mut builder = Engine::builder()
        .model(&file)
        .device(&device)
        .memory_fraction(args.memory_fraction)
        .kv_dtype(model.kv_dtype)
        .swap_memory(args.swap_memory)
        .deterministic(args.deterministic)
        .speculation(args.speculation());
    if let Some(draft) = &args.draft_model {
        builder = builder.draft_model(draft);
    }
    if let Some(tokens) = model.ctx_size {
        builder = builder.context(tokens.get());
    }
    if let Some(sequences) = args.max_sequences {
        builder = builder.max_sequences(sequences);
    }
    if let Some(tokens) = args.max_batched_tokens {
        builder = builder.max_batched_tokens(tokens);
    }
    Ok((builder, file))
}
