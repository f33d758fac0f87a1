//! `inspect`: a kernel at any stage of its compilation.

use crate::args::InspectArgs;
use crate::error::Error;
use crate::{engine, prompt};

/// Prints the stage that was asked for.
pub(super) fn run(args: &InspectArgs) -> Result<(), Error> {
    if let Some(path) = &args.source {
        let source = prompt::text_file(path)?;
        tracing::debug!("{} bytes of source", source.len());
    }
    Err(engine::Error::Missing("compiler stages").into())
}
