//! Pages of sequences that wait: where they lie on the host.

use super::{BlockManager, Blocks};
use tilewright_kernels::PAGE;

/// A page on the device and its place on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSwap {
    /// The page.
    pub page: u32,
    /// The place.
    pub slot: u32,
}

/// The pages of a sequence on the host, in the order of its tokens. The [`BlockManager`] made it
/// and must get it back.
#[derive(Debug, Default)]
pub struct Swapped {
    slots: Vec<u32>,
    /// Tokens whose keys and values are there.
    computed: u32,
}

impl Swapped {
    /// Tokens whose keys and values are there.
    pub fn computed(&self) -> u32 {
        self.computed
    }

    /// How much of a text the prefix cache may give in place of the host: whole pages.
    pub fn cacheable<'a>(&self, tokens: &'a [u32]) -> &'a [u32] {
        // The cache never gives the page of a text's last token.
        let end = (self.computed / PAGE * PAGE + 1) as usize;
        tokens.get(..end).unwrap_or(tokens)
    }
}

/// Places on the host, each for one page.
#[derive(Debug, Default)]
pub(super) struct SwapSpace {
    free: Vec<u32>,
    total: u32,
}

impl SwapSpace {
    pub fn new(slots: u32) -> Self {
        SwapSpace { free: (0..slots).rev().collect(), total: slots }
    }
}

impl BlockManager {
    /// The same with room for so many pages on the host.
    #[must_use]
    pub fn with_swap(mut self, slots: u32) -> Self {
        self.swap = SwapSpace::new(slots);
        self
    }

    /// Places on the host.
    pub fn swap_total(&self) -> u32 {
        self.swap.total
    }

    /// Those that are free.
    pub fn swap_free(&self) -> u32 {
        self.swap.free.len() as u32
    }

    /// Finds places for the pages with the first `computed` tokens of a sequence, which keeps the
    /// pages; `None` where there are too few. The pages must be brought there before anything else
    /// is written to them.
    pub fn swap_out(&mut self, blocks: &Blocks, computed: u32) -> Option<(Swapped, Vec<PageSwap>)> {
        let pages = blocks.pages.get(..computed.div_ceil(PAGE) as usize)?;
        let left = self.swap.free.len().checked_sub(pages.len())?;
        let slots = self.swap.free.split_off(left);
        let moves =
            pages.iter().zip(&slots).map(|(page, slot)| PageSwap { page: *page, slot: *slot });
        let moves = moves.collect();
        Some((Swapped { slots, computed }, moves))
    }

    /// Takes pages for a sequence that was brought to the host, as far as the prefix cache does not
    /// have them, and frees its places there. The pages must be brought back before anything else
    /// is brought to those places.
    ///
    /// # Errors
    /// The sequence where there are too few pages; nothing has changed then.
    pub fn swap_in(
        &mut self,
        swapped: Swapped,
        tokens: &[u32],
    ) -> Result<(Blocks, Vec<PageSwap>), Swapped> {
        let mut blocks = self.hold_matching(swapped.cacheable(tokens));
        let missing = swapped.slots.get(blocks.pages.len()..).unwrap_or_default();
        if missing.len() as u32 > self.available() {
            self.release(blocks);
            return Err(swapped);
        }
        let mut moves = Vec::with_capacity(missing.len());
        for slot in missing {
            // There are enough of them, as was just counted.
            let Ok(page) = self.take() else { break };
            blocks.pages.push(page);
            moves.push(PageSwap { page, slot: *slot });
        }
        self.forget_swapped(swapped);
        Ok((blocks, moves))
    }

    /// Frees the places of a sequence that does not come back.
    pub fn forget_swapped(&mut self, swapped: Swapped) {
        self.swap.free.extend(swapped.slots.into_iter().rev());
    }
}
