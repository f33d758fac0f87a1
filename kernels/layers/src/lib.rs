//! The kernels of a layer beside its products and its attention; all are memory bound.
//!
//! | kernel | bytes moved |
//! |---|---|
//! | [`mod@rms_norm`] | `8 * rows * cols` |
//! | [`mod@swiglu`] | `12 * rows * cols` |
//! | [`mod@add`] | `12 * n` |
//! | [`mod@rotary_append`] | `8` per query element, `8 + 2 * size(K)` per element of a key |
//! | [`mod@select_rows`] | `8 * selected * cols` |
//! | [`mod@move_slots`] | `2 * size(K)` per element of a key |
//!
//! Each name is the launcher (`fn(&Device, .., scalars) -> Result<(), Error>`) and a module with the
//! statics `INFO` and `KERNEL`. Buffers of any width and start are taken; those whose rows are a
//! multiple of 16 bytes go faster. A grid has at most 65535 rows (or tokens) on most devices, and a
//! launch with more is refused; [`mod@rms_norm`] and [`mod@add`] fold theirs and take any number.

mod activation;
mod norm;
mod residual;
mod rotary;
mod rows;
mod runtime;
mod slots;

pub use activation::swiglu;
pub use norm::rms_norm;
pub use residual::add;
pub use rotary::rotary_append;
pub use rows::select_rows;
pub use slots::move_slots;
