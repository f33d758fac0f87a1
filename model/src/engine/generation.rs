//! [`Generation`]: the tokens of one request, with their text, until something ends it.

use super::{Engine, EngineError};
use crate::sampling::SamplingParams;
use crate::stop::StopMatcher;
use crate::tokenizer::Utf8Stream;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateParams {
    /// How tokens are chosen.
    pub sampling: SamplingParams,
    /// Ends after so many tokens.
    pub max_tokens: usize,
    /// Ends before the first of these texts; none may be empty.
    pub stop: Vec<String>,
    /// Whether every piece carries the raw logits of its position.
    pub logits: bool,
}

impl Default for GenerateParams {
    fn default() -> Self {
        let sampling = SamplingParams::default();
        GenerateParams { sampling, max_tokens: 128, stop: Vec::new(), logits: false }
    }
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// An end token or a stop text.
    Stop,
    /// The most tokens asked for, or a full context.
    Length,
}

/// One generated token and the text that became certain with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The token; an end token is the last one.
    pub id: u32,
    /// Text, often empty in the middle of a character or of what may become a stop text. The
    /// pieces' texts together are the completion.
    pub text: String,
    /// Raw logits of its position, if asked for.
    pub logits: Vec<f32>,
}

/// An iterator over the tokens of a request.
///
/// After an error the next call goes on where it stopped; [`EngineError::Interrupted`] is one.
pub struct Generation<'e> {
    engine: &'e mut Engine,
    params: GenerateParams,
    utf8: Utf8Stream,
    stops: StopMatcher,
    generated: usize,
    finish: Option<FinishReason>,
}

impl Engine {
    /// Generates what follows a prompt.
    ///
    /// # Errors
    /// As for [`Engine::start`], parameters out of range, an empty stop text.
    pub fn generate(
        &mut self,
        prompt: &[u32],
        params: GenerateParams,
    ) -> Result<Generation<'_>, EngineError> {
        params.sampling.validate()?;
        let stops = StopMatcher::new(params.stop.clone())?;
        self.start(prompt)?;
        let finish = (params.max_tokens == 0).then_some(FinishReason::Length);
        let utf8 = Utf8Stream::new();
        Ok(Generation { engine: self, params, utf8, stops, generated: 0, finish })
    }
}

impl Generation<'_> {
    /// Why it ended; `None` while it goes on.
    pub fn finish_reason(&self) -> Option<FinishReason> {
        self.finish
    }

    fn advance(&mut self) -> Result<Option<Piece>, EngineError> {
        let Some(token) = self.engine.step(&self.params.sampling, self.params.logits)? else {
            self.finish = Some(FinishReason::Length);
            return Ok(None);
        };
        self.generated += 1;
        let tokenizer = self.engine.tokenizer();
        let released = self.stops.push(&self.utf8.push(tokenizer.token_bytes(token.id)));
        let mut text = released.text;
        if released.stopped || tokenizer.is_end(token.id) {
            self.finish = Some(FinishReason::Stop);
        } else if self.generated >= self.params.max_tokens || self.engine.is_full() {
            self.finish = Some(FinishReason::Length);
        }
        if self.finish.is_some() && !released.stopped {
            text += &self.stops.push(&self.utf8.finish()).text;
            text += &self.stops.finish();
        }
        Ok(Some(Piece { id: token.id, text, logits: token.logits }))
    }
}

impl Iterator for Generation<'_> {
    type Item = Result<Piece, EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finish.is_some() {
            return None;
        }
        self.advance().transpose()
    }
}
