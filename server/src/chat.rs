//! `POST /v1/chat/completions`: the next message of a conversation.

use crate::answer::Answer;
use crate::api_error::ApiError;
use crate::app::{Model, Shared};
use crate::events::{Events, Numbered};
use crate::fields::Fields;
use crate::messages;
use crate::parameters::{MOST_LOGPROBS, Parameters};
use crate::reply::{Heading, Running, respond};
use crate::splitter::{Splitter, THINK};
use crate::sse::{Gone, Writer};
use crate::tools::Tools;
use crate::usage::Usage;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::Value;
use tilewright_model::ParseSpecial;
use tilewright_model::chat::RenderOptions;
use tilewright_model::serving::{Event, Reasoning};

/// What a piece of an answer calls itself.
const CHUNK: &str = "chat.completion.chunk";

/// A conversation on its way.
struct Conversing {
    app: Shared,
    events: Events,
    heading: Heading,
    usage: Usage,
    answers: Vec<Answer>,
}

/// Answers a request.
///
/// # Errors
/// What is wrong with it, and what the engine reports.
pub async fn handle(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    respond(app, request, start).await
}

fn start(app: &Shared, fields: &Fields<'_>) -> Result<(Conversing, Parameters), ApiError> {
    let model = app.model()?;
    let mut parameters = Parameters::read(fields, app, model)?;
    let wanted = fields.flag("logprobs")?;
    let top = fields.integer("top_logprobs", 0..=MOST_LOGPROBS)?;
    if top.is_some() && !wanted {
        return Err(fields.wrong("top_logprobs", "absent unless `logprobs` is true"));
    }
    parameters.request.logprobs = wanted.then_some(top.unwrap_or(0) as usize);
    let tools = Tools::read(fields)?;
    if let Some(grammar) = tools.as_ref().and_then(Tools::grammar) {
        parameters.request.grammar = Some(grammar);
    }
    let prompt = prompt(fields, model, tools.as_ref())?;
    let (thinks, inside) = thinking(model, &prompt);
    let limit = fields.integer("max_reasoning_tokens", 0..=i64::from(u32::MAX))?;
    if let Some(limit) = limit.filter(|_| thinks) {
        parameters.request.reasoning = Some(reasoning(model, limit as usize, inside)?);
    }
    let context = model.engine.context() as usize;
    let request = parameters.with_prompt(prompt, context, model)?;
    let number = app.next_id();
    let events = Events::submit(&model.engine, vec![request])?;
    let answer = |index| {
        let splitter = Splitter::new(thinks, inside, tools.is_some());
        Answer::new(index, number, splitter, wanted)
    };
    let running = Conversing {
        app: app.clone(),
        answers: (0..events.choices()).map(answer).collect(),
        events,
        heading: Heading::new(format!("chatcmpl-{number}"), model),
        usage: Usage::default(),
    };
    Ok((running, parameters))
}

/// The tokens of the conversation.
fn prompt(fields: &Fields<'_>, model: &Model, tools: Option<&Tools>) -> Result<Vec<u32>, ApiError> {
    let mut conversation = messages::read(fields)?;
    let template = model.template.as_ref().map_err(|message| {
        ApiError::invalid("messages", format!("{message}: use /v1/completions"))
    })?;
    if let Some(tools) = tools {
        tools.prepare(&mut conversation, template.source());
    }
    let options = RenderOptions::default();
    let encoded = conversation.encode(template, model.engine.tokenizer(), options);
    encoded.map_err(|error| ApiError::invalid("messages", error.to_string()))
}

/// Whether the model thinks aloud, and whether its prompt ends in the middle of it.
fn thinking(model: &Model, prompt: &[u32]) -> (bool, bool) {
    let source = model.template.as_ref().map_or("", |template| template.source());
    let [open, close] = THINK;
    let tail = prompt.get(prompt.len().saturating_sub(16)..).unwrap_or_default();
    let tokenizer = model.engine.tokenizer();
    let text: String = tail.iter().map(|id| crate::logprobs::text(tokenizer, *id)).collect();
    (source.contains(close), text.trim_end().ends_with(open))
}

/// The limit of the model's reasoning, in its own tokens.
fn reasoning(model: &Model, limit: usize, inside: bool) -> Result<Reasoning, ApiError> {
    let encode = |marker: &str| {
        let ids = model.engine.tokenizer().encode(marker, ParseSpecial::Yes);
        ids.map_err(|error| ApiError::internal(error.to_string()))
    };
    let [open, close] = THINK;
    Ok(Reasoning { limit, open: encode(open)?, close: encode(close)?, inside })
}

impl Running for Conversing {
    async fn collect(mut self) -> Result<Value, ApiError> {
        let app = self.app.clone();
        while let Some(event) = self.events.next(&app.metrics).await? {
            self.take(event);
        }
        let choices: Vec<Value> = self.answers.iter_mut().map(Answer::message).collect();
        Ok(self.heading.with_usage("chat.completion", choices, &self.usage))
    }

    async fn stream(mut self, writer: &Writer, include_usage: bool) -> Result<(), Gone> {
        let app = self.app.clone();
        let firsts: Vec<Value> = self.answers.iter().map(Answer::first).collect();
        for first in firsts {
            self.chunk(writer, vec![first]).await?;
        }
        loop {
            let number = match self.events.next(&app.metrics).await {
                Ok(Some(event)) => self.take(event),
                Ok(None) => break,
                Err(error) => return writer.send(&error.body()).await,
            };
            let answer = number.and_then(|number| self.answers.get_mut(number as usize));
            for delta in answer.map(Answer::deltas).unwrap_or_default() {
                self.chunk(writer, vec![delta]).await?;
            }
        }
        if include_usage {
            writer.send(&self.heading.with_usage(CHUNK, Vec::new(), &self.usage)).await?;
        }
        writer.done().await
    }
}

impl Conversing {
    async fn chunk(&self, writer: &Writer, choices: Vec<Value>) -> Result<(), Gone> {
        writer.send(&self.heading.object(CHUNK, choices)).await
    }

    /// Takes an event; the number of the answer that it belongs to.
    fn take(&mut self, event: Numbered) -> Option<u32> {
        let Numbered::Event(number, event) = event else { return None };
        let answer = self.answers.get_mut(number as usize)?;
        match event {
            Event::Token(token) => answer.token(self.app.loaded()?.engine.tokenizer(), &token),
            Event::Finished(finished) => {
                self.usage.add(0, &finished);
                answer.finish(finished.reason);
            }
            Event::Prompt(_) => return None,
        }
        Some(number)
    }
}
