//! [`KvElement`]: what a key-value cache may hold.

use half::{bf16, f16};
use tilewright_kernels_reference::Float;
use tilewright_runtime::Element;

/// Element type of a key-value cache: `f32`, `f16` or `bf16`.
pub trait KvElement:
    Element
    + Float
    + tilewright_kernels_layers::rotary_append::ElementK
    + tilewright_kernels_layers::move_slots::ElementK
    + tilewright_kernels_attention::KvElement
{
}

impl KvElement for f32 {}
impl KvElement for f16 {}
impl KvElement for bf16 {}
