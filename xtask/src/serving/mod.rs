//! `tilewright serve` and its engine from outside: the official client, the chat page in a browser,
//! and a storm of clients.

mod client;
mod page;
mod python;
mod server;
pub mod storm;

pub use client::check as openai;
pub use page::check as page;
