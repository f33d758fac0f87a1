//! Moving tokens within the paged cache.

use crate::KvElement;
use tilewright_kernels_layers as layers;
use tilewright_runtime::{Device, Error, Tensor};

/// `cache[to[i]] = cache[from[i]]` for every `i` in turn.
///
/// `cache: [pages, G, 64, hd]`, `from`, `to: [M]`: slots, `page * 64 + offset`. Slots outside of the
/// cache move nothing; one that was moved away may be written by a later move.
///
/// # Errors
/// [`Error::NoCase`] where `hd` is no multiple of four or shapes contradict each other, and the
/// launch's.
pub fn move_slots<K: KvElement>(
    device: &Device,
    from: &Tensor<u32>,
    to: &Tensor<u32>,
    cache: &mut Tensor<K>,
) -> Result<(), Error> {
    layers::move_slots(device, from, to, cache)
}
