//! Choosing the next token on the device.
//!
//! | kernel | cost per row |
//! |---|---|
//! | [`mod@argmax`] | one pass over the logits |
//! | [`mod@sample`] | up to 20 passes for each of top-k, top-p and the draw; the row stays in the cache |
//!
//! Each name is the launcher (`fn(&Device, .., &mut out) -> Result<(), Error>`) and a module with the
//! statics `INFO` and `KERNEL`.

mod best;
mod draw;

pub use best::argmax;
pub use draw::kernels::sample;
