//! The key-value cache: pages of 64 tokens on the device, block tables on the host.

mod copy;
mod pages;
mod table;

pub use pages::{OutOfPages, PagePool};
pub use table::BlockTable;

use tilewright_kernels::{KvElement, PAGE};
use tilewright_runtime::{Device, Error, Tensor};

/// Keys and values of every layer.
#[derive(Debug)]
pub struct KvCache<K: KvElement> {
    /// One per block.
    pub layers: Vec<LayerCache<K>>,
}

/// Keys and values of one layer, `[pages, G, 64, hd]` each.
#[derive(Debug)]
pub struct LayerCache<K: KvElement> {
    /// Keys, rotated.
    pub keys: Tensor<K>,
    /// Values.
    pub values: Tensor<K>,
}

impl<K: KvElement> KvCache<K> {
    /// Memory for so many pages in every layer.
    ///
    /// # Errors
    /// What the device reports, above all that its memory does not suffice.
    pub fn new(
        device: &Device,
        layers: u32,
        pages: u32,
        kv_heads: u32,
        head_size: u32,
    ) -> Result<Self, Error> {
        let shape = [pages, kv_heads, PAGE, head_size];
        let layer = || {
            Ok(LayerCache { keys: device.zeros::<K>(shape)?, values: device.zeros::<K>(shape)? })
        };
        let layers: Result<Vec<_>, Error> = (0..layers).map(|_| layer()).collect();
        Ok(KvCache { layers: layers? })
    }
}

/// Bytes of a cache of `tokens` tokens.
pub fn bytes(layers: u32, tokens: u32, kv_heads: u32, head_size: u32, element: usize) -> u64 {
    let row = u64::from(kv_heads) * u64::from(head_size) * element as u64;
    2 * u64::from(layers) * u64::from(tokens.div_ceil(PAGE)) * u64::from(PAGE) * row
}
