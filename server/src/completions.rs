//! `POST /v1/completions`: texts that follow texts.

use crate::api_error::ApiError;
use crate::app::{App, Model, Shared};
use crate::events::{Events, Numbered};
use crate::fields::{Fields, tokens};
use crate::logprobs::CompletionLogprobs;
use crate::parameters::{MOST_LOGPROBS, Parameters};
use crate::reason;
use crate::reply::{Heading, Running, respond};
use crate::sse::{Gone, Writer};
use crate::usage::Usage;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use tilewright_model::serving::Event;

/// What an answer calls itself.
const KIND: &str = "text_completion";
/// Tokens where the request does not say.
const MAX_TOKENS: usize = 16;
/// The most prompts of one request.
const MOST_PROMPTS: usize = 64;

/// One choice as far as it has come.
#[derive(Default)]
struct Choice {
    text: String,
    logprobs: CompletionLogprobs,
    reason: Option<&'static str>,
}

/// Prompts on their way.
struct Completing {
    app: Shared,
    events: Events,
    /// Texts to put in front, by prompt.
    echoes: Vec<String>,
    /// Choices of each prompt.
    each: u32,
    heading: Heading,
    logprobs: bool,
    usage: Usage,
    choices: Vec<Choice>,
}

/// Answers a request.
///
/// # Errors
/// What is wrong with it, and what the engine reports.
pub async fn handle(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    respond(app, request, start).await
}

fn start(app: &Shared, fields: &Fields<'_>) -> Result<(Completing, Parameters), ApiError> {
    let model = app.model()?;
    let mut parameters = Parameters::read(fields, app, model)?;
    if fields.get("suffix").is_some() {
        return Err(fields.wrong("suffix", "absent: filling in the middle is not supported"));
    }
    let n = i64::from(parameters.request.choices);
    if fields.integer("best_of", 1..=128)?.is_some_and(|best| best != n) {
        return Err(fields.wrong("best_of", "equal to `n`"));
    }
    let echo = fields.flag("echo")?;
    let wanted = fields.integer("logprobs", 0..=MOST_LOGPROBS)?;
    parameters.request.logprobs = wanted.map(|count| count as usize);
    parameters.request.score_prompt = echo && wanted.is_some();
    let prompts = prompts(fields, model)?;
    let tokenizer = model.engine.tokenizer();
    let echoes = prompts.iter().map(|p| if echo { tokenizer.decode(p) } else { String::new() });
    let echoes = echoes.collect();
    let requests: Result<Vec<_>, _> = prompts
        .into_iter()
        .map(|prompt| parameters.with_prompt(prompt, MAX_TOKENS, model))
        .collect();
    let events = Events::submit(&model.engine, requests?)?;
    let running = Completing {
        app: app.clone(),
        choices: (0..events.choices()).map(|_| Choice::default()).collect(),
        events,
        echoes,
        each: parameters.request.choices,
        heading: Heading::new(format!("cmpl-{}", app.next_id()), model),
        logprobs: wanted.is_some(),
        usage: Usage::default(),
    };
    Ok((running, parameters))
}

/// `prompt`: a text, tokens, or a list of either.
fn prompts(fields: &Fields<'_>, model: &Model) -> Result<Vec<Vec<u32>>, ApiError> {
    let wrong = || fields.wrong("prompt", "a string, an array of token ids, or an array of these");
    let value = fields.get("prompt").ok_or_else(wrong)?;
    let encode = |text: &str| {
        let ids = model.engine.tokenizer().encode_prompt(text);
        ids.map_err(|error| ApiError::invalid("prompt", error.to_string()))
    };
    let one = |value: &Value| match value {
        Value::String(text) => encode(text),
        other => tokens(other).ok_or_else(wrong),
    };
    let several = match value {
        Value::Array(values) if values.iter().any(|v| v.is_string() || v.is_array()) => values,
        Value::Array(values) if values.is_empty() => return Err(wrong()),
        value => return Ok(vec![one(value)?]),
    };
    if several.len() > MOST_PROMPTS {
        return Err(fields.wrong("prompt", "at most 64 prompts"));
    }
    several.iter().map(one).collect()
}

impl Running for Completing {
    async fn collect(mut self) -> Result<Value, ApiError> {
        let app = self.app.clone();
        while let Some(event) = self.events.next(&app.metrics).await? {
            self.take(&app, event);
        }
        let choices: Vec<Value> =
            (0..self.events.choices()).map(|choice| self.choice(choice)).collect();
        Ok(self.heading.with_usage(KIND, choices, &self.usage))
    }

    async fn stream(mut self, writer: &Writer, include_usage: bool) -> Result<(), Gone> {
        let app = self.app.clone();
        loop {
            let changed = match self.events.next(&app.metrics).await {
                Ok(Some(event)) => self.take(&app, event),
                Ok(None) => break,
                Err(error) => return writer.send(&error.body()).await,
            };
            let Some(changed) = changed else { continue };
            let choice = self.choice(changed);
            writer.send(&self.heading.object(KIND, vec![choice])).await?;
        }
        if include_usage {
            writer.send(&self.heading.with_usage(KIND, Vec::new(), &self.usage)).await?;
        }
        writer.done().await
    }
}

impl Completing {
    /// Takes an event; the choice that has something new to show.
    fn take(&mut self, app: &App, event: Numbered) -> Option<u32> {
        let tokenizer = app.loaded()?.engine.tokenizer();
        match event {
            Numbered::Prompt(first, tokens) => {
                for choice in self.choices.iter_mut().skip(first as usize).take(self.each as usize)
                {
                    tokens.iter().for_each(|t| choice.logprobs.add_prompt(tokenizer, t));
                }
                None
            }
            Numbered::Event(number, Event::Token(token)) => {
                self.echo(number);
                let choice = self.choices.get_mut(number as usize)?;
                choice.text += &token.text;
                choice.logprobs.add_token(tokenizer, &token);
                // Text that waits for its rest has nothing to show yet.
                (!choice.text.is_empty() || self.logprobs).then_some(number)
            }
            Numbered::Event(number, Event::Finished(finished)) => {
                self.echo(number);
                self.usage.add(number / self.each.max(1), &finished);
                let choice = self.choices.get_mut(number as usize)?;
                choice.reason = Some(reason::name(finished.reason));
                Some(number)
            }
            Numbered::Event(_, Event::Prompt(_)) => None,
        }
    }

    /// Puts the prompt's text in front of a choice, once.
    fn echo(&mut self, number: u32) {
        let prompt = (number / self.each.max(1)) as usize;
        let first = number.is_multiple_of(self.each.max(1));
        let Some(echo) = self.echoes.get_mut(prompt) else { return };
        if echo.is_empty() || !first {
            return;
        }
        let echo = std::mem::take(echo);
        let choices = self.choices.iter_mut().skip(number as usize).take(self.each as usize);
        choices.for_each(|choice| choice.text.insert_str(0, &echo));
    }

    /// What is new of a choice.
    fn choice(&mut self, number: u32) -> Value {
        let Some(choice) = self.choices.get_mut(number as usize) else { return Value::Null };
        let logprobs = if self.logprobs { choice.logprobs.take() } else { Value::Null };
        let text = std::mem::take(&mut choice.text);
        let reason = choice.reason;
        json!({"index": number, "text": text, "logprobs": logprobs, "finish_reason": reason})
    }
}
