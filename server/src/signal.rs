//! What asks the server to stop.

use std::io;

/// Waits for SIGTERM or Ctrl-C.
///
/// # Errors
/// The system refuses a handler.
#[cfg(unix)]
pub async fn stop() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Waits for Ctrl-C.
///
/// # Errors
/// The system refuses a handler.
#[cfg(not(unix))]
pub async fn stop() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
