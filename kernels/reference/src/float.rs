//! [`Float`]: the element types that buffers of activations and caches have.

use half::{bf16, f16};
use std::borrow::Cow;

/// A float that is stored as such and computed with as `f32`.
pub trait Float: Copy + Send + Sync + 'static {
    /// The exact value.
    fn to_f32(self) -> f32;
    /// The nearest value, ties to even.
    fn from_f32(value: f32) -> Self;
    /// The exact values.
    fn widened(values: &[Self]) -> Cow<'_, [f32]> {
        values.iter().map(|value| value.to_f32()).collect()
    }
}

impl Float for f32 {
    fn to_f32(self) -> f32 {
        self
    }
    fn from_f32(value: f32) -> Self {
        value
    }
    fn widened(values: &[Self]) -> Cow<'_, [f32]> {
        Cow::Borrowed(values)
    }
}

impl Float for f16 {
    fn to_f32(self) -> f32 {
        f16::to_f32(self)
    }
    fn from_f32(value: f32) -> Self {
        f16::from_f32(value)
    }
}

impl Float for bf16 {
    fn to_f32(self) -> f32 {
        bf16::to_f32(self)
    }
    fn from_f32(value: f32) -> Self {
        bf16::from_f32(value)
    }
}
