//! [`KvElement`]: what a key-value cache may hold.

use crate::{decode, prefill, tree};
use tilewright_runtime::{Element, bf16, f16};

/// Element type of a key-value cache: `f32`, `f16` or `bf16`.
pub trait KvElement:
    Element
    + decode::kernels::decode::ElementK
    + prefill::kernels::prefill::ElementK
    + tree::kernels::tree::ElementK
{
}

impl KvElement for f32 {}
impl KvElement for f16 {}
impl KvElement for bf16 {}
