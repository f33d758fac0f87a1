//! `serve`: an OpenAI-compatible server.

use std::net::SocketAddr;
use std::path::Path;

use tilewright_model::serving::{BuildError, Engine};
use tilewright_server::Options;

use crate::args::{Cli, ServeArgs};
use crate::engine;
use crate::error::Error;
use crate::{model_file, output};

/// Listens at once, loads the model, and serves until it is told to stop.
pub(super) fn run(cli: &Cli, args: &ServeArgs) -> Result<(), Error> {
    let file = model_file::resolve(&args.model.model, args.model.hf_endpoint.as_deref())?;
    if let Some(threads) = args.model.threads {
        engine::use_threads(threads);
    }
    let device =
        engine::device(args.model.device, !cli.no_cubin_cache).map_err(engine::Error::failed)?;
    if let Err(error) = args.model.kv_dtype.on(&device) {
        return Err(engine::Error::Usage(Box::new(error)).into());
    }
    // Where it cannot be raised, the limit is the one that the user set.
    let _limit = tilewright_server::raise_descriptor_limit();
    let options = Options {
        host: args.host.clone(),
        port: args.port,
        api_key: args.api_key.clone(),
        model_name: args.served_model_name.clone(),
        drain_timeout: args.drain_timeout(),
        ..Options::default()
    };
    let mut builder = Engine::builder()
        .model(&file)
        .device(&device)
        .max_queue(args.max_queue)
        .memory_fraction(args.memory_fraction)
        .kv_dtype(args.model.kv_dtype)
        .swap_memory(args.swap_memory)
        .deterministic(args.deterministic)
        .speculation(args.speculation());
    if let Some(draft) = &args.draft_model {
        builder = builder.draft_model(draft);
    }
    if let Some(tokens) = args.model.ctx_size {
        builder = builder.context(tokens.get());
    }
    if let Some(sequences) = args.max_sequences {
        builder = builder.max_sequences(sequences);
    }
    if let Some(tokens) = args.max_batched_tokens {
        builder = builder.max_batched_tokens(tokens);
    }
    let load = move || load(builder, &file);
    tilewright_server::serve(options, load, announce).map_err(Error::Serve)
}

/// Loads the model and tells how large its cache is.
fn load(
    builder: tilewright_model::serving::Builder<'static>,
    file: &Path,
) -> Result<(Engine, String), BuildError> {
    let engine = builder.build()?;
    let capabilities = engine.device().capabilities();
    output::stderr_line(&format!(
        "{} {} | cache of {} pages of 64 tokens, {} tokens a sequence, {} sequences at once",
        capabilities.kind,
        capabilities.name,
        engine.pages(),
        engine.context(),
        engine.limits().max_sequences,
    ));
    Ok((engine, ServeArgs::stem(file)))
}

/// The one line on standard output.
fn announce(address: SocketAddr) {
    // Whoever started the server without reading its output knows the port.
    let _unread =
        output::stream(&mut std::io::stdout(), &format!("listening on http://{address}\n"));
}
