//! [`PageHash`]: the name of a full page's contents.

use std::hash::{BuildHasher, Hasher, RandomState};
use tilewright_kernels::PAGE;

/// 128 bits that stand for a page's tokens and for all tokens before them.
///
/// Two prefixes with the same hash would read each other's keys and values: the hash is keyed with
/// random numbers, so that nobody can look for such prefixes beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageHash([u64; 2]);

/// Hashes pages with two secret keys.
#[derive(Debug, Clone, Default)]
pub struct PageHasher {
    keys: [RandomState; 2],
}

impl PageHasher {
    /// The hash of a page after the page with the hash `parent`.
    pub fn page(&self, parent: Option<PageHash>, tokens: &[u32]) -> PageHash {
        PageHash(self.keys.each_ref().map(|key| {
            let mut hasher = key.build_hasher();
            for word in parent.map_or([0; 2], |hash| hash.0) {
                hasher.write_u64(word);
            }
            tokens.iter().for_each(|token| hasher.write_u32(*token));
            hasher.finish()
        }))
    }

    /// The hashes of the first `pages` full pages of a text, one after the other.
    pub fn pages<'a>(
        &'a self,
        tokens: &'a [u32],
        pages: usize,
    ) -> impl Iterator<Item = PageHash> + 'a {
        let mut parent = None;
        tokens.chunks_exact(PAGE as usize).take(pages).map(move |page| {
            let hash = self.page(parent, page);
            parent = Some(hash);
            hash
        })
    }
}

#[cfg(test)]
mod tests {
    use super::PageHasher;

    #[test]
    fn a_hash_stands_for_everything_up_to_its_page() {
        let hasher = PageHasher::default();
        let mut tokens: Vec<u32> = (0..200).collect();
        let before: Vec<_> = hasher.pages(&tokens, 9).collect();
        assert_eq!(before.len(), 3);
        tokens[70] += 1;
        let after: Vec<_> = hasher.pages(&tokens, 9).collect();
        assert_eq!(before[0], after[0]);
        assert!(before[1] != after[1] && before[2] != after[2]);
        assert_ne!(before, PageHasher::default().pages(&tokens, 9).collect::<Vec<_>>());
    }
}
