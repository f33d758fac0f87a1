//! Conversations through the model's own template (Jinja, in `tokenizer.chat_template`).
//!
//! A template writes special tokens such as `<|im_end|>`; a message must not. Before rendering,
//! a *guard* character is put into every special token's text that a message contains
//! ([`guard`]); after rendering, special tokens are recognised in the whole text, which the guards
//! prevent inside messages, and the guards are taken out of the ordinary text. So ordinary text is
//! tokenised across the seam of template and message as one, exactly as in training.
//!
//! Limits: a template sees the guards in messages that contain a special token's text (its
//! `length`, comparisons and searches differ there, and only there); a template that deletes text
//! from the *middle* of a message could bring the halves of a special token together.

mod clock;
mod conversation;
mod error;
mod guard;
mod json;
mod template;

pub use conversation::Conversation;
pub use error::ChatError;
pub use template::{ChatTemplate, Message, RenderOptions, Role};
