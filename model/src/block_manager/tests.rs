//! Random use of the manager against a model that remembers every page's contents.

#![allow(clippy::unwrap_used)]

use super::{BlockManager, Blocks, CacheStatistics, Swapped};
use proptest::prelude::*;
use std::collections::HashMap;
use tilewright_kernels::PAGE;

/// What a test does next; numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Action {
    /// Starts a sequence with one of a few prompts that begin alike.
    Start { family: u8, tokens: u16 },
    /// Appends and writes tokens.
    Write { at: usize, tokens: u16 },
    /// Splits one off after the first tokens.
    Fork { at: usize },
    /// Ends one.
    End { at: usize },
    /// Brings one to the host.
    Out { at: usize },
    /// Brings one back.
    In { at: usize },
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (0..3u8, 1..400u16).prop_map(|(family, tokens)| Action::Start { family, tokens }),
        (any::<usize>(), 1..150u16).prop_map(|(at, tokens)| Action::Write { at, tokens }),
        any::<usize>().prop_map(|at| Action::Fork { at }),
        any::<usize>().prop_map(|at| Action::End { at }),
        any::<usize>().prop_map(|at| Action::Out { at }),
        any::<usize>().prop_map(|at| Action::In { at }),
    ]
}

/// A sequence and what it believes to be in its pages.
struct Live {
    tokens: Vec<u32>,
    written: u32,
    blocks: Blocks,
}

/// The manager under test beside the contents of every page, one history per slot: what was
/// written there is the whole text up to that token, as attention makes it.
struct World {
    manager: BlockManager,
    slots: HashMap<(u32, u32), Vec<u32>>,
    /// The same for places on the host.
    host: HashMap<(u32, u32), Vec<u32>>,
    live: Vec<Live>,
    /// Sequences on the host, with their tokens.
    away: Vec<(Vec<u32>, Swapped)>,
    serial: u32,
}

impl World {
    fn new(pages: u32, swap: u32) -> Self {
        let manager = BlockManager::new(pages, true).with_swap(swap);
        let (slots, host) = (HashMap::new(), HashMap::new());
        World { manager, slots, host, live: Vec::new(), away: Vec::new(), serial: 1000 }
    }

    /// Writes what is missing up to `end`; gives the sequence up where there are no pages.
    fn write(&mut self, at: usize, end: u32) {
        let mut live = self.live.swap_remove(at);
        let available = self.manager.available();
        let Ok(copies) = self.manager.prepare(&mut live.blocks, live.written..end) else {
            assert_eq!(self.manager.available(), available);
            return self.manager.release(live.blocks);
        };
        for copy in copies {
            for offset in 0..PAGE {
                if let Some(contents) = self.slots.get(&(copy.from, offset)).cloned() {
                    self.slots.insert((copy.to, offset), contents);
                }
            }
        }
        for position in live.written..end {
            let page = live.blocks.pages()[(position / PAGE) as usize];
            let history = live.tokens[..=position as usize].to_vec();
            self.slots.insert((page, position % PAGE), history);
        }
        live.written = end;
        self.manager.publish(&mut live.blocks, &live.tokens, end);
        self.live.push(live);
    }

    fn apply(&mut self, action: &Action) {
        match *action {
            Action::Start { family, tokens } => {
                let tokens: Vec<u32> =
                    (0..u32::from(tokens)).map(|i| i / 128 * 10 + u32::from(family)).collect();
                let cached = self.manager.cached_tokens(&tokens);
                assert!((cached as usize) < tokens.len());
                let blocks = self.manager.reuse(&tokens);
                assert_eq!(blocks.pages().len() as u32 * PAGE, cached);
                let end = tokens.len() as u32;
                self.live.push(Live { tokens, written: cached, blocks });
                self.check();
                self.write(self.live.len() - 1, end);
            }
            Action::Write { at, tokens } if !self.live.is_empty() => {
                let at = at % self.live.len();
                self.serial += 1;
                let live = &mut self.live[at];
                live.tokens.extend((0..tokens).map(|_| self.serial));
                let end = live.tokens.len() as u32;
                self.write(at, end);
            }
            Action::Fork { at } if !self.live.is_empty() => {
                let live = &self.live[at % self.live.len()];
                let tokens = live.tokens.clone();
                let blocks = self.manager.fork(&live.blocks, live.written);
                // As the scheduler does: the last token is computed again.
                let (written, end) = (live.written - 1, live.written);
                self.live.push(Live { tokens, written, blocks });
                self.write(self.live.len() - 1, end);
            }
            Action::End { at } if !self.live.is_empty() => {
                let live = self.live.swap_remove(at % self.live.len());
                self.manager.release(live.blocks);
            }
            Action::Out { at } if !self.live.is_empty() => {
                self.swap_out(at % self.live.len());
            }
            Action::In { at } if !self.away.is_empty() => {
                self.swap_in(at % self.away.len());
            }
            _ => {}
        }
    }

    fn swap_out(&mut self, at: usize) {
        let Live { tokens, written, blocks } = &self.live[at];
        let free = self.manager.swap_free();
        let Some((swapped, moves)) = self.manager.swap_out(blocks, *written) else {
            assert!(written.div_ceil(PAGE) > free);
            return;
        };
        assert_eq!(swapped.computed(), *written);
        for (swap, offset) in moves.iter().flat_map(|swap| (0..PAGE).map(move |at| (swap, at))) {
            if let Some(text) = self.slots.get(&(swap.page, offset)) {
                self.host.insert((swap.slot, offset), text.clone());
            }
        }
        self.away.push((tokens.clone(), swapped));
        let live = self.live.swap_remove(at);
        self.manager.release(live.blocks);
    }

    /// Comes back, with pages of the prefix cache or of the host, or not at all.
    fn swap_in(&mut self, at: usize) {
        let (tokens, swapped) = self.away.swap_remove(at);
        let (written, available) = (swapped.computed(), self.manager.available());
        let cached = self.manager.cached_tokens(swapped.cacheable(&tokens));
        let beside = self.manager.available_beside(swapped.cacheable(&tokens));
        match self.manager.swap_in(swapped, &tokens) {
            Ok((blocks, moves)) => {
                assert_eq!(moves.len() as u32, (written - cached).div_ceil(PAGE));
                for swap in moves {
                    for offset in 0..PAGE {
                        if let Some(text) = self.host.get(&(swap.slot, offset)) {
                            self.slots.insert((swap.page, offset), text.clone());
                        }
                    }
                }
                self.live.push(Live { tokens, written, blocks });
            }
            Err(swapped) => {
                assert!((written - cached).div_ceil(PAGE) > beside);
                assert_eq!(self.manager.available(), available);
                self.manager.forget_swapped(swapped);
            }
        }
    }

    /// Every sequence finds its own text in its pages, and pages are conserved.
    fn check(&self) {
        let mut held = std::collections::HashSet::new();
        for live in &self.live {
            held.extend(live.blocks.pages().iter().copied());
            for position in 0..live.written {
                let page = live.blocks.pages()[(position / PAGE) as usize];
                let contents = &self.slots[&(page, position % PAGE)];
                assert_eq!(contents, &live.tokens[..=position as usize]);
            }
        }
        assert_eq!(held.len() as u32 + self.manager.available(), self.manager.total());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn sequences_read_what_they_wrote(
        pages in 3..24u32,
        swap in 0..24u32,
        actions in proptest::collection::vec(action(), 1..24),
    ) {
        let mut world = World::new(pages, swap);
        for action in &actions {
            world.apply(action);
            world.check();
        }
        for live in std::mem::take(&mut world.live) {
            world.manager.release(live.blocks);
        }
        for (_, swapped) in std::mem::take(&mut world.away) {
            world.manager.forget_swapped(swapped);
        }
        prop_assert_eq!(world.manager.available(), pages);
        prop_assert_eq!(world.manager.swap_free(), swap);
    }
}

#[test]
fn a_prompt_is_found_again_until_its_pages_are_needed() {
    let mut manager = BlockManager::new(4, true);
    let prompt: Vec<u32> = (0..200).collect();
    let run = |manager: &mut BlockManager, prompt: &[u32]| {
        let mut blocks = manager.reuse(prompt);
        let cached = blocks.pages().len() as u32 * PAGE;
        let end = prompt.len() as u32;
        assert_eq!(manager.prepare(&mut blocks, cached..end), Ok(Vec::new()));
        manager.publish(&mut blocks, prompt, end);
        manager.release(blocks);
        cached
    };
    assert_eq!(run(&mut manager, &prompt), 0);
    assert_eq!(run(&mut manager, &prompt), 192);
    // 192 tokens: the last page is not taken, since its last token is needed.
    assert_eq!(run(&mut manager, &prompt[..192]), 128);
    // Another text needs two pages: the free one and the end of the old text.
    assert_eq!(run(&mut manager, &[7; 100]), 0);
    assert_eq!(manager.cached_tokens(&prompt), 128);
    let statistics = CacheStatistics { queried: 692, hit: 320, evicted: 1 };
    assert_eq!((manager.statistics(), manager.available()), (statistics, 4));
}

#[test]
fn a_fork_copies_the_page_that_it_writes() {
    let mut manager = BlockManager::new(4, true);
    let mut first = manager.reuse(&[1; 100]);
    manager.prepare(&mut first, 0..100).unwrap();
    let mut second = manager.fork(&first, 100);
    assert_eq!(manager.available(), 2);
    let copies = manager.prepare(&mut second, 99..101).unwrap();
    assert_eq!((copies[0].from, copies[0].to), (first.pages()[1], second.pages()[1]));
    assert_eq!(first.pages()[0], second.pages()[0]);
    // The other one now has its page for itself.
    assert_eq!(manager.prepare(&mut first, 100..101), Ok(Vec::new()));
    assert!(manager.prepare(&mut second, 101..300).is_err());
    manager.release(first);
    manager.release(second);
    assert_eq!(manager.available(), 4);
}
