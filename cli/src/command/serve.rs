//! `serve`: an OpenAI-compatible server.

use std::net::SocketAddr;
use std::path::Path;

use tilewright_model::serving::{BuildError, Engine};
use tilewright_server::Options;

use crate::args::{Cli, ServeArgs};
use crate::engine::service;
use crate::error::Error;
use crate::output;

/// Listens at once, loads the model, and serves until it is told to stop.
pub(super) fn run(cli: &Cli, args: &ServeArgs) -> Result<(), Error> {
    let (builder, file) = service(cli, &args.model, &args.engine)?;
    let builder = builder.max_queue(args.max_queue);
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
