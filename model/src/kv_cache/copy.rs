//! Copies of pages: what a fork gets before it writes to a shared one.

use super::KvCache;
use tilewright_kernels::KvElement;
use tilewright_runtime::{Error, Tensor};

impl<K: KvElement> KvCache<K> {
    /// Copies keys and values of one page to another in every layer.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a page that the cache does not have, and what the device reports.
    pub fn copy_page(&self, from: u32, to: u32) -> Result<(), Error> {
        for layer in &self.layers {
            copy(&layer.keys, from, to)?;
            copy(&layer.values, from, to)?;
        }
        Ok(())
    }
}

/// By way of a tensor of its own: source and target of a copy may not be one buffer.
fn copy<K: KvElement>(pages: &Tensor<K>, from: u32, to: u32) -> Result<(), Error> {
    let dims = pages.shape().dims().to_vec();
    let len: u64 = dims.iter().skip(1).product();
    let between = pages.device().zeros::<K>([len])?;
    between.copy_from(&pages.view(u64::from(from) * len, [len])?)?;
    pages.view(u64::from(to) * len, [len])?.copy_from(&between)
}
