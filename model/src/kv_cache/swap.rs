//! Pages on their way to the host and back.

use super::KvCache;
use tilewright_kernels::KvElement;
use tilewright_runtime::{Error, Tensor};

/// Pages that wait on the host, by their place there. Memory is taken when a page comes and given
/// back when it goes.
#[derive(Debug)]
pub struct HostPages<K> {
    pages: Vec<Option<Vec<K>>>,
}

impl<K> Default for HostPages<K> {
    fn default() -> Self {
        HostPages { pages: Vec::new() }
    }
}

impl<K> HostPages<K> {
    /// Puts a page into a place, instead of what was there.
    pub fn put(&mut self, slot: u32, page: Vec<K>) {
        let at = slot as usize;
        if self.pages.len() <= at {
            self.pages.resize_with(at + 1, || None);
        }
        if let Some(place) = self.pages.get_mut(at) {
            *place = Some(page);
        }
    }

    /// Takes a page out of its place.
    pub fn take(&mut self, slot: u32) -> Option<Vec<K>> {
        self.pages.get_mut(slot as usize)?.take()
    }
}

impl<K: KvElement> KvCache<K> {
    /// Keys and values of one page in every layer, `[layers, 2, G, 64, hd]`, once everything that
    /// was begun before is done.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a page that the cache does not have, and what the device reports.
    pub fn read_page(&self, page: u32) -> Result<Vec<K>, Error> {
        let Some((all, len)) = self.staging()? else { return Ok(Vec::new()) };
        for (at, pages) in self.tensors() {
            all.view(at * len, [len])?.copy_from(&pages.view(u64::from(page) * len, [len])?)?;
        }
        all.download()
    }

    /// Puts what [`read_page`](Self::read_page) gave into a page.
    ///
    /// # Errors
    /// As there, and [`Error::OutOfRange`] for contents of more than a page.
    pub fn write_page(&self, page: u32, contents: &[K]) -> Result<(), Error> {
        let Some((all, len)) = self.staging()? else { return Ok(()) };
        all.write(0, contents)?;
        for (at, pages) in self.tensors() {
            pages.view(u64::from(page) * len, [len])?.copy_from(&all.view(at * len, [len])?)?;
        }
        Ok(())
    }

    /// Room for one page of every layer, and the elements of one layer's keys: one transfer of all
    /// of them takes less time than one for each.
    fn staging(&self) -> Result<Option<(Tensor<K>, u64)>, Error> {
        let Some(first) = self.layers.first() else { return Ok(None) };
        let len: u64 = first.keys.shape().dims().iter().skip(1).product();
        let all = first.keys.device().zeros::<K>([2 * self.layers.len() as u64 * len])?;
        Ok(Some((all, len)))
    }

    fn tensors(&self) -> impl Iterator<Item = (u64, &Tensor<K>)> {
        (0..).zip(self.layers.iter().flat_map(|layer| [&layer.keys, &layer.values]))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{HostPages, KvCache};
    use half::bf16;
    use tilewright_kernels::PAGE;
    use tilewright_runtime::{Device, Error};

    #[test]
    fn a_page_comes_back_as_it_went() {
        let device = Device::open(&"cpu".parse().unwrap()).unwrap();
        let cache = KvCache::<bf16>::new(&device, 2, 3, 1, 4).unwrap();
        let len = u64::from(PAGE) * 4;
        for (at, tensor) in cache.tensors() {
            let some: Vec<bf16> =
                (0..3 * len).map(|i| bf16::from_bits((i * 7 + at) as u16)).collect();
            tensor.write(0, &some).unwrap();
        }
        let before = [cache.read_page(0).unwrap(), cache.read_page(1).unwrap()];
        let mut host = HostPages::default();
        host.put(4, before[1].clone());
        cache.write_page(2, &host.take(4).unwrap()).unwrap();
        let after: Vec<Vec<bf16>> = (0..3).map(|page| cache.read_page(page).unwrap()).collect();
        let bits = |page: &[bf16]| page.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&after[2]), bits(&before[1]));
        assert_eq!([bits(&after[0]), bits(&after[1])], before.each_ref().map(|page| bits(page)));
        assert_eq!(before[0].len() as u64, 4 * len);
        assert!(host.take(4).is_none() && host.take(9).is_none());
        assert!(matches!(cache.read_page(3), Err(Error::OutOfRange { .. })));
    }
}
