//! What completions and chats have in common: how tokens are chosen and when they end.

use crate::api_error::ApiError;
use crate::app::{App, Model};
use crate::fields::Fields;
use serde_json::Value;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tilewright_model::grammar::Grammar;
use tilewright_model::sampling::{Chain, Dry, SamplingParams};
use tilewright_model::serving::Request;

/// The most stop texts.
const MOST_STOPS: usize = 16;
/// The most log-probabilities of one position.
pub const MOST_LOGPROBS: i64 = 20;

/// Parameters of a request, but for its prompt.
#[derive(Debug, Clone)]
pub struct Parameters {
    /// The engine's request without a prompt.
    pub request: Request,
    /// Whether events are sent as they come.
    pub stream: bool,
    /// Whether a stream ends with the usage.
    pub include_usage: bool,
    /// Most tokens, where the request says it.
    pub max_tokens: Option<usize>,
}

impl Parameters {
    /// Reads them.
    ///
    /// # Errors
    /// 400 for a wrong type or range, 404 for another model's name.
    pub fn read(fields: &Fields<'_>, app: &App, model: &Model) -> Result<Self, ApiError> {
        if let Some(asked) = fields.text("model")?
            && asked != model.name
        {
            return Err(ApiError::model(asked, &model.name));
        }
        let context = i64::from(model.engine.context());
        let max_tokens = match fields.integer("max_completion_tokens", 0..=context)? {
            Some(tokens) => Some(tokens),
            None => fields.integer("max_tokens", 0..=context)?,
        };
        let stop = fields.texts("stop")?;
        if stop.len() > MOST_STOPS {
            return Err(fields.wrong("stop", "at most 16 strings"));
        }
        let stop_ids = fields.tokens("stop_token_ids")?.unwrap_or_default();
        let deadline = Instant::now().checked_add(app.options.request_timeout);
        let request = Request {
            sampling: chain(fields)?,
            stop,
            stop_ids,
            ignore_end: fields.flag("ignore_eos")?,
            choices: fields.integer("n", 1..=128)?.unwrap_or(1) as u32,
            grammar: grammar(fields)?,
            priority: fields.integer("priority", -100..=100)?.unwrap_or(0) as i32,
            deadline,
            ..Request::new(Vec::new())
        };
        let stream = fields.flag("stream")?;
        let options = fields.object("stream_options")?;
        let include_usage = options.map_or(Ok(false), |options| options.flag("include_usage"))?;
        let max_tokens = max_tokens.map(|tokens| tokens as usize);
        Ok(Parameters { request, stream, include_usage, max_tokens })
    }

    /// The request for a prompt.
    ///
    /// # Errors
    /// 400 where the prompt alone fills the context.
    pub fn with_prompt(
        &self,
        prompt: Vec<u32>,
        default: usize,
        model: &Model,
    ) -> Result<Request, ApiError> {
        let context = model.engine.context();
        if prompt.len() > context as usize {
            return Err(ApiError::context(prompt.len(), context));
        }
        let max_tokens = self.max_tokens.unwrap_or(default);
        Ok(Request { prompt, max_tokens, ..self.request.clone() })
    }
}

fn chain(fields: &Fields<'_>) -> Result<Chain, ApiError> {
    let small = f64::from(f32::MIN_POSITIVE);
    let penalty = match fields.number("repetition_penalty", small..=100.0)? {
        Some(penalty) => Some(penalty),
        None => fields.number("repeat_penalty", small..=100.0)?,
    };
    let base = SamplingParams {
        temperature: fields.number("temperature", 0.0..=2.0)?.unwrap_or(1.0),
        top_k: fields.integer("top_k", -1..=i64::from(u32::MAX))?.unwrap_or(0).max(0) as u32,
        top_p: fields.number("top_p", small..=1.0)?.unwrap_or(1.0),
        min_p: fields.number("min_p", 0.0..=1.0)?.unwrap_or(0.0),
        repeat_penalty: penalty.unwrap_or(1.0),
        seed: fields.integer("seed", i64::MIN..=i64::MAX)?.map_or_else(clock_seed, |s| s as u64),
        ..SamplingParams::default()
    };
    let dry = Dry {
        multiplier: fields.number("dry_multiplier", 0.0..=1000.0)?.unwrap_or(0.0),
        base: fields.number("dry_base", 1.0..=1000.0)?.unwrap_or(1.75),
        allowed_length: fields.integer("dry_allowed_length", 0..=1 << 20)?.unwrap_or(2) as u32,
        breakers: Vec::new(),
    };
    Ok(Chain {
        base,
        frequency_penalty: fields.number("frequency_penalty", -2.0..=2.0)?.unwrap_or(0.0),
        presence_penalty: fields.number("presence_penalty", -2.0..=2.0)?.unwrap_or(0.0),
        dry,
        logit_bias: logit_bias(fields)?,
        typical_p: fields.number("typical_p", small..=1.0)?.unwrap_or(1.0),
    })
}

fn logit_bias(fields: &Fields<'_>) -> Result<Vec<(u32, f32)>, ApiError> {
    let Some(value) = fields.get("logit_bias") else { return Ok(Vec::new()) };
    let wrong =
        || fields.wrong("logit_bias", "an object of token ids with numbers from -100 to 100");
    let entries = value.as_object().ok_or_else(wrong)?.iter().map(|(id, bias)| {
        let bias = bias.as_f64().filter(|bias| (-100.0..=100.0).contains(bias))?;
        Some((id.parse().ok()?, bias as f32))
    });
    entries.collect::<Option<Vec<_>>>().ok_or_else(wrong)
}

/// `response_format`, or one of the extensions `guided_regex` and `guided_grammar`.
fn grammar(fields: &Fields<'_>) -> Result<Option<Grammar>, ApiError> {
    if let Some(regex) = fields.text("guided_regex")? {
        return Ok(Some(Grammar::Regex(regex.to_owned())));
    }
    if let Some(text) = fields.text("guided_grammar")? {
        return Ok(Some(Grammar::of_text(text)));
    }
    let Some(format) = fields.object("response_format")? else { return Ok(None) };
    let schema = || -> Result<Value, ApiError> {
        let wrapped = format.object("json_schema")?;
        let schema = wrapped.as_ref().and_then(|wrapped| wrapped.get("schema"));
        schema.cloned().ok_or_else(|| format.wrong("json_schema", "an object with a `schema`"))
    };
    match format.text("type")? {
        Some("text") => Ok(None),
        Some("json_object") => Ok(Some(Grammar::JsonObject)),
        Some("json_schema") => schema().map(|schema| Some(Grammar::JsonSchema(schema))),
        _ => Err(format.wrong("type", "`text`, `json_object` or `json_schema`")),
    }
}

/// A seed for requests that bring none.
fn clock_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
}
