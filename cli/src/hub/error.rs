//! What can go wrong while a model is fetched.

use std::io;
use std::path::PathBuf;

/// A failed download. Nothing is in place; what was fetched stays aside where it is of use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The endpoint is no address.
    #[error("hub endpoint '{0}' is no address: write http://HOST or https://HOST")]
    Endpoint(String),
    /// The hub has no such file.
    #[error("{0} does not exist on the hub: check the owner, the repository and the file name")]
    NotFound(String),
    /// The hub wants to know who asks.
    #[error("the hub refuses {file} (HTTP {status}): accept the model's licence and set HF_TOKEN")]
    Refused {
        /// The file asked for.
        file: String,
        /// 401 or 403.
        status: u16,
    },
    /// The hub answers with an error.
    #[error("the hub answers HTTP {status} for {file}: try again later")]
    Status {
        /// The file asked for.
        file: String,
        /// The HTTP status.
        status: u16,
    },
    /// The hub cannot be reached, or its answer makes no sense.
    #[error("cannot fetch {file} from {endpoint}: {cause}")]
    Transfer {
        /// The file asked for.
        file: String,
        /// The hub's address.
        endpoint: String,
        /// What went wrong.
        cause: String,
    },
    /// The transfer ended early.
    #[error("download of {file} ended after {got} of {size} bytes: run again to resume it")]
    Truncated {
        /// The file asked for.
        file: String,
        /// Bytes fetched so far, kept aside.
        got: u64,
        /// Bytes of the whole file.
        size: u64,
    },
    /// More bytes than the hub promised.
    #[error("{file} should have {size} bytes and the hub sent {got}: try another endpoint")]
    TooLong {
        /// The file asked for.
        file: String,
        /// Bytes that came.
        got: u64,
        /// Bytes of the whole file.
        size: u64,
    },
    /// The bytes are not the hub's.
    #[error("{file} is corrupt and was dropped: SHA-256 {got}, the hub says {expected}; run again")]
    WrongHash {
        /// The file asked for.
        file: String,
        /// SHA-256 of what came.
        got: String,
        /// SHA-256 that the hub told.
        expected: String,
    },
    /// The disk is full.
    #[error("disk full at {}: {missing} bytes more are needed; make room and run again", path.display())]
    DiskFull {
        /// The partial file.
        path: PathBuf,
        /// Bytes still to be fetched.
        missing: u64,
    },
    /// The cache folder cannot be used.
    #[error("cannot {doing} {}: {cause}", path.display())]
    Disk {
        /// A verb, such as `create`.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl Error {
    /// For `map_err` on a file operation.
    pub(super) fn disk(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Disk { doing, path, cause }
    }
}
