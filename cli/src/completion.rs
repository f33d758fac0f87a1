//! The generation loop: one token after another until something ends it.

use std::time::Instant;

use crate::args::SamplingArgs;
use crate::engine::{self, Engine, Prompt, Token};
use crate::error::Error;
use crate::report::{Completion, FinishReason, Timings, milliseconds};
use crate::text::TextStream;

/// A completion, and whether Ctrl-C cut it short.
#[derive(Debug)]
pub struct Outcome {
    /// What was generated.
    pub completion: Completion,
    /// Ctrl-C was pressed before it ended by itself.
    pub interrupted: bool,
}

/// Completes `prompt`; every piece of text goes to `emit` as soon as it is certain.
///
/// `pressed` is asked before every token whether to stop there.
///
/// # Errors
/// Those of the engine and of `emit`.
pub fn complete(
    engine: &mut dyn Engine,
    prompt: Prompt<'_>,
    sampling: &SamplingArgs,
    top_logits: Option<u32>,
    pressed: &dyn Fn() -> bool,
    mut emit: impl FnMut(&str) -> Result<(), Error>,
) -> Result<Outcome, Error> {
    let begun = Instant::now();
    let prompt_ids = engine.start(prompt, sampling, top_logits.unwrap_or(0))?;
    let tokenised = Instant::now();
    let mut timings = Timings {
        load_ms: milliseconds(engine.load_time()),
        prompt_tokens: prompt_ids.len(),
        ..Timings::default()
    };
    let (mut ids, mut text, mut logits) = (Vec::new(), String::new(), Vec::new());
    let mut stream = TextStream::new(&sampling.stop);
    let mut first_token = None;
    let mut finish_reason = FinishReason::Length;
    let mut interrupted = false;
    while ids.len() < sampling.max_tokens as usize {
        interrupted = pressed();
        if interrupted {
            break;
        }
        let token = match engine.next_token() {
            Err(engine::Error::Interrupted) => {
                interrupted = true;
                break;
            }
            token => token?,
        };
        let Some(Token { id, bytes, end, top_logits }) = token else { break };
        let first = *first_token.get_or_insert_with(Instant::now);
        ids.push(id);
        logits.push(top_logits);
        timings.decode_ms = milliseconds(first.elapsed());
        let piece = stream.push(&bytes);
        deliver(&piece, &mut text, &mut emit)?;
        if end || stream.stopped() {
            finish_reason = FinishReason::Stop;
            break;
        }
    }
    deliver(&stream.finish(), &mut text, &mut emit)?;
    timings.decode_tokens = ids.len().saturating_sub(1);
    if let Some(first) = first_token {
        timings.prompt_ms = milliseconds(first - tokenised);
        timings.ttft_ms = milliseconds(first - begun);
    }
    let completion = Completion {
        prompt_ids,
        ids,
        text,
        finish_reason,
        device: engine.device(),
        timings,
        top_logits: top_logits.map(|_| logits),
    };
    Ok(Outcome { completion, interrupted })
}

fn deliver(
    piece: &str,
    text: &mut String,
    emit: &mut impl FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    if piece.is_empty() {
        return Ok(());
    }
    text.push_str(piece);
    emit(piece)
}
