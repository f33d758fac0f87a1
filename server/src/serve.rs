//! [`serve`]: listen, load, serve, drain.

use crate::app::{App, Shared};
use crate::error::ServeError;
use crate::listen::listen;
use crate::options::Options;
use crate::router::router;
use crate::signal;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tilewright_model::serving::Engine;
use tokio::net::{TcpListener, TcpStream};

/// How long requests that were on their way to a server that stops hear of it with an answer, before
/// connections without a request are closed.
const NOTICE: Duration = Duration::from_millis(200);

/// Serves the model that `load` gives, until SIGTERM or Ctrl-C and then for as long as accepted
/// requests and [`Options::drain_timeout`] say.
///
/// `load` runs on a thread of its own while requests are answered with 503; it returns the engine
/// and the file's stem, the model's name if nothing else is. `listening` hears the address.
///
/// # Errors
/// The address is taken, the system refuses threads or signals, or `load` fails.
pub fn serve<E>(
    options: Options,
    load: impl FnOnce() -> Result<(Engine, String), E> + Send + 'static,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(ServeError::Start)?;
    let served = runtime.block_on(async {
        let address = format!("{}:{}", options.host, options.port);
        let listener = listen(&options.host, options.port).await;
        let listener = listener.map_err(|cause| ServeError::Listen { address, cause })?;
        listening(listener.local_addr().map_err(ServeError::Start)?);
        let app = Arc::new(App::new(options));
        let loaded = load_aside(app.clone(), load);
        run(app, listener, loaded).await
    });
    // A model that is still being loaded is not waited for.
    runtime.shutdown_background();
    served
}

/// Loads the model on a thread of its own; ends with an error where that fails, else never.
async fn load_aside<E>(
    app: Shared,
    load: impl FnOnce() -> Result<(Engine, String), E> + Send + 'static,
) -> Result<(), ServeError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let loaded = tokio::task::spawn_blocking(load).await;
    let loaded = loaded.map_err(|error| ServeError::Load(Box::new(error)))?;
    let (engine, stem) = loaded.map_err(|error| ServeError::Load(Box::new(error)))?;
    tracing::info!(pages = engine.pages(), context = engine.context(), "the model is loaded");
    app.load(engine, &stem);
    std::future::pending().await
}

async fn run(
    app: Shared,
    listener: TcpListener,
    loaded: impl Future<Output = Result<(), ServeError>>,
) -> Result<(), ServeError> {
    let service = router(app.clone());
    let connections = GracefulShutdown::new();
    tokio::select! {
        () = accept(&listener, &service, &connections, &app) => {}
        stopped = signal::stop() => stopped.map_err(ServeError::Start)?,
        failed = loaded => failed?,
    }
    app.drain();
    let timeout = app.options.drain_timeout;
    let notice = NOTICE.min(timeout);
    let late = accept(&listener, &service, &connections, &app);
    // It goes on until the time is over.
    let _over = tokio::time::timeout(notice, late).await;
    drop(listener);
    if tokio::time::timeout(timeout - notice, connections.shutdown()).await.is_err() {
        tracing::warn!(?timeout, "requests were cut off by the drain timeout");
    }
    Ok(())
}

/// Accepts connections for ever.
async fn accept(
    listener: &TcpListener,
    service: &Router,
    connections: &GracefulShutdown,
    app: &Shared,
) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => connect(stream, service, connections, app),
            // No file handles are left, or the client went already: others must not suffer.
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Serves one connection on a task of its own.
fn connect(stream: TcpStream, service: &Router, connections: &GracefulShutdown, app: &Shared) {
    // Without it small events wait for the client's acknowledgement; where it cannot be set they do.
    let _slower = stream.set_nodelay(true);
    let service = TowerToHyperService::new(service.clone());
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.options.read_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}
