//! `perplexity`: how well a model predicts a text, and how far it is from a second model.

use crate::args::{Cli, PerplexityArgs};
use crate::engine::{self, Options};
use crate::error::Error;
use crate::{model_file, prompt};

/// Scores the text.
pub(super) fn run(cli: &Cli, args: &PerplexityArgs) -> Result<(), Error> {
    let text = prompt::text_file(&args.file)?;
    let endpoint = args.model.hf_endpoint.as_deref();
    let file = model_file::resolve(&args.model.model, endpoint)?;
    if let Some(second) = &args.against {
        let second = model_file::resolve(second, endpoint)?;
        tracing::debug!("against {}", second.display());
    }
    tracing::debug!("{} bytes of text, {:?}", text.len(), Options::new(cli, &args.model, &file));
    Err(engine::Error::Missing("perplexity").into())
}
