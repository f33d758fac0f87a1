//! The key-value cache: pages of 64 tokens on the device, block tables on the host.
//!
//! Device memory comes on demand: the cache starts with a few pages and is enlarged when they are
//! used up, so that a short conversation in a long context costs little.

mod copy;
mod dtype;
mod moves;
mod pages;
mod swap;
mod table;

pub use dtype::{KvDtype, UnsupportedKvDtype};
pub use moves::{SlotMove, branch_moves};
pub use pages::{OutOfPages, PagePool};
pub use swap::HostPages;
pub use table::BlockTable;

use tilewright_kernels::{KvElement, PAGE};
use tilewright_runtime::{Device, Error, Shape, Tensor};

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

    /// Makes room for `pages` pages in every layer; those that there are keep their contents and
    /// their numbers. Tensors of the cache are new ones afterwards.
    ///
    /// # Errors
    /// What the device reports. The contents are kept then too, and a second call goes on.
    pub fn grow(&mut self, pages: u32) -> Result<(), Error> {
        self.layers.iter_mut().try_for_each(|layer| layer.grow(pages))
    }
}

impl<K: KvElement> LayerCache<K> {
    fn grow(&mut self, pages: u32) -> Result<(), Error> {
        if self.keys.shape().dims().first().is_some_and(|have| *have >= u64::from(pages)) {
            return Ok(());
        }
        let keys = enlarged(&self.keys, pages)?;
        let values = enlarged(&self.values, pages)?;
        // The old tensors are freed when their copies are made: one layer at a time, so that no
        // more than one is there twice.
        self.keys.device().synchronise()?;
        (self.keys, self.values) = (keys, values);
        Ok(())
    }
}

/// A tensor of `pages` pages that begins with those of `old`.
fn enlarged<K: KvElement>(old: &Tensor<K>, pages: u32) -> Result<Tensor<K>, Error> {
    let mut dims = old.shape().dims().to_vec();
    if let Some(first) = dims.first_mut() {
        *first = u64::from(pages);
    }
    let new = old.device().zeros::<K>(Shape::try_from(dims.as_slice())?)?;
    new.view(0, old.shape())?.copy_from(old)?;
    Ok(new)
}

/// Bytes of a cache of `tokens` tokens.
pub fn bytes(layers: u32, tokens: u32, kv_heads: u32, head_size: u32, element: usize) -> u64 {
    let row = u64::from(kv_heads) * u64::from(head_size) * element as u64;
    2 * u64::from(layers) * u64::from(tokens.div_ceil(PAGE)) * u64::from(PAGE) * row
}
