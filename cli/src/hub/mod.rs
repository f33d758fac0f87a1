//! Models from the Hugging Face hub, through `hf-hub`.
//!
//! `hf-hub` builds the addresses, asks for a file's metadata and transfers it, resuming a partial
//! one. It neither checks what it fetched nor copes with a server that ignores a range, and it
//! puts a file into its cache unchecked. So its cache is only a staging folder here: [`Hub::fetch`]
//! compares length and SHA-256 there, and then renames the file to its place in one step.
//!
//! ```text
//! CACHE/hub/OWNER/REPO/FILE          complete and checked, never anything else
//! CACHE/hub/.incoming/KEY/           hf-hub's cache for one file, with the part fetched so far
//! CACHE/hub/.incoming/KEY.lock       held by the process that fetches it
//! ```

mod digest;
mod error;
mod fetch;
mod name;
mod progress;
mod staging;

pub use error::Error;
pub use fetch::Hub;
pub use name::RemoteFile;
