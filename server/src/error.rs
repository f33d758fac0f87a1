//! Why a server ends.

use std::io;

/// A server that could not start or go on; every message is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        cause: io::Error,
    },
    /// The system refuses threads or signal handlers.
    #[error("cannot start the server: {0}")]
    Start(io::Error),
    /// The model could not be loaded.
    #[error(transparent)]
    Load(Box<dyn std::error::Error + Send + Sync>),
}
