//! [`Scheduler`]: who waits, who runs, and the plan of the next pass.

use super::{
    Costs, Limits, LimitsError, Move, NewSequence, Plan, PlannedSpan, Rank, Sequence, SequenceId,
};
use crate::block_manager::{BlockManager, Blocks, PageSwap, Swapped};
use crate::speculative::DraftTree;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tilewright_kernels::PAGE;

/// Rows of logits that one pass of a scored prompt computes.
const SCORED_ROWS: u32 = 64;

/// What has happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Plans made.
    pub steps: u64,
    /// Times that a sequence lost its pages.
    pub preemptions: u64,
    /// Those of them whose pages went to the host.
    pub swaps: u64,
    /// Pages that went there.
    pub swapped_pages: u64,
    /// Sequences whose deadline passed.
    pub expired: u64,
}

/// The sequences of an engine.
#[derive(Debug)]
pub struct Scheduler {
    limits: Limits,
    blocks: BlockManager,
    waiting: BTreeMap<Rank, Sequence>,
    running: BTreeMap<Rank, Sequence>,
    ranks: HashMap<SequenceId, Rank>,
    next: SequenceId,
    costs: Costs,
    statistics: Statistics,
}

impl Scheduler {
    /// A scheduler over a cache.
    ///
    /// # Errors
    /// Limits that do not suit the cache.
    pub fn new(limits: Limits, blocks: BlockManager) -> Result<Self, LimitsError> {
        limits.validate(blocks.total())?;
        Ok(Scheduler {
            limits,
            blocks,
            waiting: BTreeMap::new(),
            running: BTreeMap::new(),
            ranks: HashMap::new(),
            next: 0,
            costs: Costs::default(),
            statistics: Statistics::default(),
        })
    }

    /// Tells what bringing pages to the host and computing tokens again cost.
    pub fn set_costs(&mut self, costs: Costs) {
        self.costs = costs;
    }

    /// Takes a sequence; it waits for a place.
    pub fn submit(&mut self, mut new: NewSequence) -> SequenceId {
        let id = self.next;
        self.next += 1;
        if self.limits.page_chunks {
            new.fork_of = None;
        }
        let rank = Rank::new(self.statistics.steps, new.priority, id);
        self.ranks.insert(id, rank);
        self.waiting.insert(rank, Sequence::new(new));
        id
    }

    /// Forgets a sequence, finished or cancelled; its pages are free at once.
    pub fn remove(&mut self, id: SequenceId) {
        let Some(rank) = self.ranks.remove(&id) else { return };
        let waited = self.waiting.remove(&rank);
        if let Some(swapped) = waited.and_then(|sequence| sequence.swapped) {
            self.blocks.forget_swapped(swapped);
        }
        if let Some(sequence) = self.running.remove(&rank) {
            self.blocks.release(sequence.blocks);
        }
    }

    /// A sequence.
    pub fn sequence(&self, id: SequenceId) -> Option<&Sequence> {
        let rank = self.ranks.get(&id)?;
        self.running.get(rank).or_else(|| self.waiting.get(rank))
    }

    /// Guesses the tokens that follow a running sequence, for the next plan.
    pub fn draft(&mut self, id: SequenceId, drafts: DraftTree) {
        let rank = self.ranks.get(&id);
        if let Some(sequence) = rank.and_then(|rank| self.running.get_mut(rank)) {
            sequence.drafts = drafts;
        }
    }

    /// The next pass.
    pub fn schedule(&mut self, now: Duration) -> Plan {
        self.statistics.steps += 1;
        let mut plan = Plan::default();
        plan.expired = self.expire(now);
        let (decoding, prompts): (Vec<_>, Vec<_>) =
            self.running.iter().map(|(r, s)| (*r, s.pending())).partition(|(_, p)| *p == 1);
        for (rank, _) in decoding.into_iter().chain(prompts) {
            self.plan_known(rank, &mut plan);
        }
        if plan.preempted.is_empty() {
            self.admit(&mut plan);
        }
        self.plan_drafts(&mut plan);
        plan
    }

    /// Takes the outcome of a span: its known tokens are computed, and so are the drafts that
    /// `emitted` agrees with; `emitted` is added to the sequence. Before the next pass, what was
    /// computed of an accepted branch must be moved to the places that follow the known tokens.
    pub fn commit(&mut self, span: &PlannedSpan, emitted: &[u32]) {
        let rank = self.ranks.get(&span.id);
        let Some(sequence) = rank.and_then(|rank| self.running.get_mut(rank)) else { return };
        let accepted = emitted.len().saturating_sub(1) as u32;
        sequence.computed = span.start + span.count + accepted;
        sequence.tokens.extend(emitted);
        sequence.drafts = DraftTree::default();
        let known = if self.limits.page_chunks { sequence.prompt } else { u32::MAX };
        let computed = sequence.computed.min(known);
        self.blocks.publish(&mut sequence.blocks, &sequence.tokens, computed);
    }

    /// Sequences that wait for a place.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Sequences that have pages.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// The pages.
    pub fn blocks(&self) -> &BlockManager {
        &self.blocks
    }

    /// What has happened so far.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    fn expire(&mut self, now: Duration) -> Vec<SequenceId> {
        let queues = [&self.waiting, &self.running];
        let late = |sequence: &Sequence| sequence.deadline.is_some_and(|deadline| deadline <= now);
        let ranks = queues.into_iter().flatten().filter(|(_, s)| late(s)).map(|(rank, _)| *rank);
        let expired: Vec<SequenceId> = ranks.map(|rank| rank.id()).collect();
        expired.iter().for_each(|id| self.remove(*id));
        self.statistics.expired += expired.len() as u64;
        expired
    }

    /// Plans known tokens of a running sequence; those of a worse rank lose their pages where it
    /// has too few, in the end itself.
    fn plan_known(&mut self, rank: Rank, plan: &mut Plan) {
        let left = self.limits.max_batched_tokens.saturating_sub(plan.known());
        loop {
            let Some(sequence) = self.running.get_mut(&rank) else { return };
            let start = sequence.computed;
            let count = chunk(sequence, left, self.limits.page_chunks);
            if count == 0 {
                return;
            }
            let prepared = self.blocks.prepare(&mut sequence.blocks, start..start + count);
            if let Ok(copies) = prepared {
                let output = count == sequence.pending();
                let id = rank.id();
                plan.extend(id, copies.into_iter().map(Move::Copy));
                plan.push(PlannedSpan { id, start, count, drafts: DraftTree::default(), output });
                return;
            }
            let Some((worst, _)) = self.running.last_key_value() else { return };
            self.preempt(*worst, plan);
        }
    }

    fn preempt(&mut self, rank: Rank, plan: &mut Plan) {
        let Some(mut sequence) = self.running.remove(&rank) else { return };
        plan.remove(rank.id());
        match self.swap_out(&sequence) {
            Some((swapped, pages)) => {
                plan.extend(rank.id(), pages.into_iter().map(Move::Out));
                sequence.swapped = Some(swapped);
            }
            // Nobody needs what was to come into its pages.
            None => plan.moves.retain(|(owner, _)| *owner != rank.id()),
        }
        self.blocks.release(std::mem::take(&mut sequence.blocks));
        sequence.computed = 0;
        sequence.drafts = DraftTree::default();
        self.waiting.insert(rank, sequence);
        plan.preempted.push(rank.id());
        self.statistics.preemptions += 1;
    }

    /// Places on the host for the pages of a sequence, where that is the cheaper way.
    fn swap_out(&mut self, sequence: &Sequence) -> Option<(Swapped, Vec<PageSwap>)> {
        let pages = sequence.computed.div_ceil(PAGE);
        if pages == 0 || !self.costs.prefers_swap(pages, sequence.computed) {
            return None;
        }
        let out = self.blocks.swap_out(&sequence.blocks, sequence.computed)?;
        self.statistics.swaps += 1;
        self.statistics.swapped_pages += u64::from(pages);
        Some(out)
    }

    /// Gives places to waiting sequences, best first, until one does not fit.
    fn admit(&mut self, plan: &mut Plan) {
        let ranks: Vec<Rank> = self.waiting.keys().copied().collect();
        for rank in ranks {
            if plan.known() >= self.limits.max_batched_tokens {
                return;
            }
            let Some(sequence) = self.waiting.get(&rank) else { continue };
            if self.must_wait_for_prompt(sequence) {
                continue;
            }
            while !self.has_place(rank) {
                match self.running.last_key_value() {
                    Some((worst, _)) if *worst > rank => self.preempt(*worst, plan),
                    _ => return,
                }
            }
            let Some(mut sequence) = self.waiting.remove(&rank) else { continue };
            (sequence.blocks, sequence.computed) = match sequence.swapped.take() {
                Some(swapped) => self.swap_in(rank.id(), swapped, &sequence, plan),
                None => self.first_pages(&sequence),
            };
            if !std::mem::replace(&mut sequence.started, true) {
                sequence.cached = sequence.computed;
            }
            sequence.fork_of = None;
            self.running.insert(rank, sequence);
            self.plan_known(rank, plan);
        }
    }

    /// Pages for a sequence that was on the host, and how many of its tokens they hold.
    fn swap_in(
        &mut self,
        id: SequenceId,
        swapped: Swapped,
        sequence: &Sequence,
        plan: &mut Plan,
    ) -> (Blocks, u32) {
        let computed = swapped.computed();
        match self.blocks.swap_in(swapped, &sequence.tokens) {
            Ok((blocks, pages)) => {
                plan.extend(id, pages.into_iter().map(Move::In));
                (blocks, computed)
            }
            Err(swapped) => {
                self.blocks.forget_swapped(swapped);
                self.first_pages(sequence)
            }
        }
    }

    /// Whether a fork's prompt is being computed by the sequence that it is a fork of.
    fn must_wait_for_prompt(&self, sequence: &Sequence) -> bool {
        let other = sequence.fork_of.and_then(|id| self.sequence(id));
        other.is_some_and(|other| other.computed < other.prompt && !other.has_output())
    }

    /// Whether a waiting sequence can have pages for all that it knows and one token more, and
    /// some are left for those that run.
    fn has_place(&self, rank: Rank) -> bool {
        let Some(sequence) = self.waiting.get(&rank) else { return false };
        if self.running.is_empty() {
            return true;
        }
        if self.running.len() as u32 >= self.limits.max_sequences {
            return false;
        }
        let all = (sequence.tokens.len() as u32 + 1).div_ceil(PAGE);
        let (needed, available) = if self.parent(sequence).is_some() {
            // The shared pages, but for the last one, and that is copied.
            (all - (sequence.prompt - 1) / PAGE, self.blocks.available())
        } else if sequence.scored {
            (all, self.blocks.available())
        } else {
            let cacheable = match &sequence.swapped {
                Some(swapped) => swapped.cacheable(&sequence.tokens),
                None => &sequence.tokens,
            };
            let cached = self.blocks.cached_tokens(cacheable) / PAGE;
            (all - cached, self.blocks.available_beside(cacheable))
        };
        needed + self.blocks.total() / 100 <= available
    }

    /// The running sequence whose prompt's pages a fork can share.
    fn parent(&self, sequence: &Sequence) -> Option<&Sequence> {
        let rank = self.ranks.get(&sequence.fork_of?)?;
        let parent = self.running.get(rank)?;
        let same = sequence.tokens.len() as u32 == sequence.prompt;
        (same && parent.computed >= sequence.prompt).then_some(parent)
    }

    /// Pages with what is known of a sequence's tokens already, and how many tokens that is.
    fn first_pages(&mut self, sequence: &Sequence) -> (Blocks, u32) {
        let rank = sequence.fork_of.and_then(|id| self.ranks.get(&id)).copied();
        if let Some(rank) = rank
            && self.parent(sequence).is_some()
            && let Some(parent) = self.running.get(&rank)
        {
            // Its last token is computed once more, for the logits.
            let blocks = self.blocks.fork(&parent.blocks, sequence.prompt);
            return (blocks, sequence.prompt - 1);
        }
        if sequence.scored {
            return (Blocks::default(), 0);
        }
        let blocks = self.blocks.reuse(&sequence.tokens);
        let computed = blocks.pages().len() as u32 * PAGE;
        (blocks, computed)
    }

    /// Adds guesses to spans that end in an output, as far as tokens and free pages reach.
    fn plan_drafts(&mut self, plan: &mut Plan) {
        let mut left = self.limits.max_batched_tokens.saturating_sub(plan.known()) as usize;
        for span in plan.spans.iter_mut().filter(|span| span.output) {
            let rank = self.ranks.get(&span.id);
            let Some(sequence) = rank.and_then(|rank| self.running.get_mut(rank)) else { continue };
            let end = span.start + span.count;
            let room = self.limits.context.saturating_sub(end) as usize;
            sequence.drafts.truncate(left.min(room));
            let all = end + sequence.drafts.len() as u32;
            if let Ok(copies) = self.blocks.prepare(&mut sequence.blocks, end..all) {
                plan.moves.extend(copies.into_iter().map(|copy| (span.id, Move::Copy(copy))));
                span.drafts = std::mem::take(&mut sequence.drafts);
                left -= span.drafts.len();
            }
        }
    }
}

/// How many of a sequence's pending tokens go into one pass with room for `left`.
fn chunk(sequence: &Sequence, left: u32, page_chunks: bool) -> u32 {
    let mut most = left;
    if sequence.scored && sequence.computed < sequence.prompt {
        most = most.min(SCORED_ROWS);
    }
    let pending = sequence.pending();
    if pending <= most || !page_chunks {
        return pending.min(most);
    }
    let end = (sequence.computed + most) / PAGE * PAGE;
    end.saturating_sub(sequence.computed)
}
