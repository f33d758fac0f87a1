//! The template, and rendering a conversation through it.

use std::time::SystemTime;

use minijinja::{Environment, Error, ErrorKind, context};
use serde::Serialize;
use serde_json::{Map, Value};

use super::clock::strftime;
use super::error::ChatError;
use super::guard::Guard;
use super::json::tojson;
use crate::gguf::Metadata;
use crate::tokenizer::Tokenizer;

/// Steps that a template may take: templates come with files, and files are not trusted.
const FUEL: u64 = 10_000_000;
/// Longest template; the longest in use has 20 KiB.
const MAX_BYTES: usize = 1 << 20;
/// The name under which the template is compiled; it appears in messages.
const NAME: &str = "chat_template";
/// Marks an error as the template's own.
const REFUSED: &str = "raise_exception: ";

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions before the conversation.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The result of a tool.
    Tool,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said: plain text, in which special tokens are never recognised.
    pub content: String,
}

/// How a conversation is rendered.
#[derive(Clone, Copy, Debug)]
pub struct RenderOptions {
    /// Whether the beginning of the model's answer is appended.
    pub add_generation_prompt: bool,
    /// The date that `strftime_now` gives, in UTC.
    pub now: SystemTime,
}

impl Default for RenderOptions {
    /// The model is to answer, now.
    fn default() -> Self {
        Self { add_generation_prompt: true, now: SystemTime::now() }
    }
}

/// A compiled chat template.
pub struct ChatTemplate {
    environment: Environment<'static>,
    source: String,
}

impl ChatTemplate {
    /// Compiles the file's template.
    ///
    /// # Errors
    /// [`ChatError::NoTemplate`] where there is none, [`ChatError::Syntax`].
    pub fn from_metadata(metadata: Metadata) -> Result<Self, ChatError> {
        let source = metadata.string("tokenizer.chat_template")?.ok_or(ChatError::NoTemplate)?;
        Self::new(source)
    }

    /// Compiles `source`, with the settings that published templates are written for: blocks
    /// take their line with them, Python's string methods, `raise_exception`, `strftime_now`,
    /// `tojson`.
    ///
    /// # Errors
    /// [`ChatError::Syntax`].
    pub fn new(source: &str) -> Result<Self, ChatError> {
        if source.len() > MAX_BYTES {
            let message = format!("it has {} bytes, at most {MAX_BYTES} are allowed", source.len());
            return Err(ChatError::Syntax { message });
        }
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_fuel(Some(FUEL));
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_filter("tojson", tojson);
        environment.add_function("raise_exception", |message: String| -> Result<(), Error> {
            Err(Error::new(ErrorKind::InvalidOperation, format!("{REFUSED}{message}")))
        });
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|error| ChatError::Syntax { message: one_line(&error) })?;
        Ok(Self { environment, source: source.to_owned() })
    }

    /// The text of a conversation, as it would be shown.
    ///
    /// # Errors
    /// [`ChatError::Render`] or [`ChatError::Refused`].
    pub fn render(
        &self,
        messages: &[Message],
        tokenizer: &Tokenizer,
        options: RenderOptions,
    ) -> Result<String, ChatError> {
        self.render_with(messages, &Map::new(), tokenizer, options)
    }

    /// The same for messages of any form, with variables beside the usual ones.
    pub(super) fn render_with(
        &self,
        messages: impl Serialize,
        variables: &Map<String, Value>,
        tokenizer: &Tokenizer,
        options: RenderOptions,
    ) -> Result<String, ChatError> {
        let name = |id: Option<u32>| id.and_then(|id| tokenizer.name(id)).unwrap_or_default();
        let mut environment = self.environment.clone();
        environment.add_function("strftime_now", move |format: String| {
            strftime(&format, options.now).map_err(|directive| {
                let message = format!("strftime_now does not know %{directive}");
                Error::new(ErrorKind::InvalidOperation, message)
            })
        });
        let template = environment.get_template(NAME).map_err(render_error)?;
        template
            .render(context! {
                messages => minijinja::Value::from_serialize(&messages),
                add_generation_prompt => options.add_generation_prompt,
                bos_token => name(tokenizer.bos()),
                eos_token => name(tokenizer.eos()),
                ..minijinja::Value::from_serialize(variables)
            })
            .map_err(render_error)
    }

    /// The template's own text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The tokens of a conversation: the template's special tokens recognised, the messages' not.
    ///
    /// # Errors
    /// Those of [`render`](Self::render), and of the tokenizer.
    pub fn encode(
        &self,
        messages: &[Message],
        tokenizer: &Tokenizer,
        options: RenderOptions,
    ) -> Result<Vec<u32>, ChatError> {
        let texts = messages.iter().map(|message| message.content.as_str());
        let texts = texts.chain([self.source()]);
        let guard = Guard::new(tokenizer.special_texts(), texts).ok_or(ChatError::NoGuard)?;
        let protected: Vec<Message> = messages
            .iter()
            .map(|Message { role, content }| Message {
                role: *role,
                content: guard.protect(content),
            })
            .collect();
        let text = self.render(&protected, tokenizer, options)?;
        let mut ids = tokenizer.encode_guarded(&text, guard.character())?;
        tokenizer.begin_chat(&mut ids);
        Ok(ids)
    }
}

fn render_error(error: Error) -> ChatError {
    let refusal = error.detail().and_then(|detail| detail.strip_prefix(REFUSED));
    match refusal {
        Some(message) => ChatError::Refused { message: flat(message) },
        None => ChatError::Render { message: one_line(&error) },
    }
}

fn one_line(error: &Error) -> String {
    flat(&error.to_string())
}

/// `text` on one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
