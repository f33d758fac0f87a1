//! Copies of pages: what a fork gets before it writes to a shared one.

use super::KvCache;
use tilewright_kernels::KvElement;
use tilewright_runtime::Error;

impl<K: KvElement> KvCache<K> {
    /// Copies keys and values of one page to another in every layer.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a page that the cache does not have, and what the device reports.
    pub fn copy_page(&self, from: u32, to: u32) -> Result<(), Error> {
        let Some(first) = self.layers.first() else { return Ok(()) };
        let len: u64 = first.keys.shape().dims().iter().skip(1).product();
        // Source and target of a copy may not be one buffer.
        let between = first.keys.device().zeros::<K>([len])?;
        for pages in self.layers.iter().flat_map(|layer| [&layer.keys, &layer.values]) {
            between.copy_from(&pages.view(u64::from(from) * len, [len])?)?;
            pages.view(u64::from(to) * len, [len])?.copy_from(&between)?;
        }
        Ok(())
    }
}
