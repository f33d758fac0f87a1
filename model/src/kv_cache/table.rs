//! [`BlockTable`]: where the tokens of one sequence lie.

use super::{OutOfPages, PagePool};
use tilewright_kernels::PAGE;

/// The pages of a sequence, in the order of its tokens.
#[derive(Debug, Clone, Default)]
pub struct BlockTable {
    pages: Vec<u32>,
}

impl BlockTable {
    /// A table of pages that a [`BlockManager`](crate::block_manager::BlockManager) gave out.
    pub fn of_pages(pages: &[u32]) -> BlockTable {
        BlockTable { pages: pages.to_vec() }
    }

    /// Takes pages until `tokens` tokens have a place.
    ///
    /// # Errors
    /// [`OutOfPages`]; the pages taken so far are kept.
    pub fn grow(&mut self, tokens: u32, pool: &mut PagePool) -> Result<(), OutOfPages> {
        while (self.pages.len() as u32) < tokens.div_ceil(PAGE) {
            self.pages.push(pool.take()?);
        }
        Ok(())
    }

    /// The slot (`page * 64 + offset`) of the token at a position; `None` where none was taken.
    pub fn slot(&self, position: u32) -> Option<u32> {
        let page = self.pages.get((position / PAGE) as usize)?;
        Some(page * PAGE + position % PAGE)
    }

    /// The pages.
    pub fn pages(&self) -> &[u32] {
        &self.pages
    }

    /// Gives all pages back.
    pub fn release(&mut self, pool: &mut PagePool) {
        pool.give_back(self.pages.drain(..));
    }
}
