//! The engine of a service: many requests at once, from any thread, asynchronous or blocking.
//!
//! [`Engine`] is a handle; a thread of its own owns the device's side ([`core`]) and does nothing
//! but steps: the [scheduler](crate::scheduler) plans a pass, the decoder computes it, and every
//! chosen token goes to the request that waits for it. [`Engine::generate`] returns a
//! [`Completion`]: a `Stream` of [`Event`]s, or with [`Completion::blocking`] an iterator. Dropping
//! it cancels the request.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tilewright_model::serving::{Engine, Event, Request};
//!
//! let engine = Engine::builder().model("model.gguf").build()?;
//! let prompt = engine.tokenizer().encode_prompt("The capital of France is")?;
//! for event in engine.generate(Request::new(prompt))?.blocking() {
//!     if let Event::Token(token) = event? {
//!         print!("{}", token.text);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`engine`](crate::engine) is the smaller engine of one sequence, without a thread.

mod builder;
mod channel;
mod choice;
mod completion;
mod core;
mod draft_model;
mod engine;
mod error;
mod event;
mod figures;
mod measured;
mod output;
mod pass;
mod passes;
mod place;
mod request;
mod thinking;
mod worker;

pub use builder::Builder;
pub use completion::{Blocking, Completion};
pub use engine::Engine;
pub use error::{BuildError, GenerateError, SubmitError};
pub use event::{Event, Finished, PromptToken, Token};
pub use figures::Figures;
pub use request::Request;
pub use thinking::Reasoning;
