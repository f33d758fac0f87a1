//! Random schedules against a device that remembers which text every slot was computed from.

#![allow(clippy::unwrap_used)]

use super::{
    Costs, LEAD, Limits, LimitsError, Move, NewSequence, Plan, PlannedSpan, Scheduler, SequenceId,
    Statistics,
};
use crate::block_manager::BlockManager;
use crate::speculative::{DraftTree, accept};
use proptest::prelude::*;
use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;
use tilewright_kernels::PAGE;

/// A request of a test.
#[derive(Debug, Clone)]
struct Request {
    family: u8,
    prompt: u16,
    output: u8,
    priority: i8,
    choices: u8,
    cancel_after: Option<u8>,
    deadline: Option<u8>,
    scored: bool,
}

fn request() -> impl Strategy<Value = Request> {
    let ends = (proptest::option::weighted(0.1, 1..20u8), proptest::option::weighted(0.1, 1..40u8));
    (0..3u8, 1..150u16, 1..40u8, -1..2i8, 1..3u8, ends, proptest::bool::weighted(0.1)).prop_map(
        |(family, prompt, output, priority, choices, (cancel_after, deadline), scored)| Request {
            family,
            prompt,
            output,
            priority,
            choices,
            cancel_after,
            deadline,
            scored,
        },
    )
}

/// What the request is expected to become.
struct Live {
    request: Request,
    tokens: Vec<u32>,
    since: u64,
    /// Tokens that were computed, by itself or by another one for it.
    computed: u32,
}

/// The token after a text: a text has one continuation, whoever computes it.
fn next_token(text: &[u32]) -> u32 {
    text.iter().fold(7, |sum: u32, token| sum.wrapping_mul(31).wrapping_add(*token)) % 5
}

/// A text with the guesses down to a node.
fn guessed(known: &[u32], drafts: &DraftTree, node: Option<usize>) -> Vec<u32> {
    let mut path: Vec<usize> = node.into_iter().flat_map(|node| drafts.path(node)).collect();
    path.reverse();
    let path = path.into_iter().map(|node| drafts.tokens()[node]);
    known.iter().copied().chain(path).collect()
}

/// Three tokens ahead, one of them wrong for three of four sequences; every second sequence gets wrong
/// siblings too, some before the right ones and with children of their own.
fn drafts(text: &[u32], id: SequenceId) -> DraftTree {
    let (mut tree, mut last) = (DraftTree::default(), None);
    for at in 0..3 {
        let right = next_token(&guessed(text, &tree, last));
        let sibling = || 7 + at as u32;
        if id.is_multiple_of(2) && at != 1 {
            let wrong = tree.push(last, sibling());
            tree.push(wrong, right);
        }
        let token = if at == id % 4 { right + 1 } else { right };
        last = tree.push(last, token);
    }
    tree
}

/// Page and offset.
type Slot = (u32, u32);

struct World {
    scheduler: Scheduler,
    slots: HashMap<Slot, Vec<u32>>,
    /// The same for pages on the host.
    host: HashMap<(u32, u32), Vec<u32>>,
    live: HashMap<SequenceId, Live>,
    finished: usize,
    /// Whether drafts are given, chains and trees.
    speculate: bool,
}

impl World {
    fn new(limits: Limits, pages: u32, speculate: bool) -> World {
        World::with_swap(limits, pages, 0, speculate)
    }

    fn with_swap(limits: Limits, pages: u32, swap: u32, speculate: bool) -> World {
        let blocks = BlockManager::new(pages, true).with_swap(swap);
        let scheduler = Scheduler::new(limits, blocks).unwrap();
        let (slots, host, live) = (HashMap::new(), HashMap::new(), HashMap::new());
        World { scheduler, slots, host, live, finished: 0, speculate }
    }

    fn submit(&mut self, request: &Request) {
        let prompt: Vec<u32> =
            (0..u32::from(request.prompt)).map(|i| i / 70 + u32::from(request.family)).collect();
        let mut first = None;
        for _ in 0..request.choices {
            let steps = self.scheduler.statistics().steps;
            let deadline = request.deadline.map(|d| Duration::from_secs(steps + u64::from(d)));
            let id = self.scheduler.submit(NewSequence {
                prompt: prompt.clone(),
                priority: request.priority.into(),
                deadline,
                fork_of: first,
                scored: request.scored,
            });
            first.get_or_insert(id);
            let live = Live {
                request: request.clone(),
                tokens: prompt.clone(),
                since: steps,
                computed: 0,
            };
            self.live.insert(id, live);
        }
    }

    /// One pass, with every promise of a plan checked.
    fn step(&mut self) -> Plan {
        let now = Duration::from_secs(self.scheduler.statistics().steps);
        let plan = self.scheduler.schedule(now);
        for id in &plan.expired {
            let live = self.live.remove(id).unwrap();
            assert!(live.request.deadline.is_some());
        }
        let limits = *self.scheduler.limits();
        assert!(plan.tokens() <= limits.max_batched_tokens);
        assert!(self.scheduler.running() as u32 <= limits.max_sequences);
        plan.moves.iter().for_each(|(_, step)| self.move_page(*step));
        // All writes come before all reads, as layers of a pass have it.
        for span in &plan.spans {
            for place in span.start..span.start + span.tokens() {
                let text = self.text(span, place);
                self.slots.insert(self.slot(span.id, place), text);
            }
        }
        let mut moves = Vec::new();
        for span in &plan.spans {
            for place in 0..span.start + span.tokens() {
                assert_eq!(self.slots[&self.slot(span.id, place)], self.text(span, place));
            }
            self.commit(span, limits.context, &mut moves);
        }
        for (from, to) in moves {
            let text = self.slots[&from].clone();
            self.slots.insert(to, text);
        }
        plan
    }

    /// Page and offset of a place of a sequence.
    fn slot(&self, id: SequenceId, place: u32) -> (u32, u32) {
        let pages = self.scheduler.sequence(id).unwrap().pages();
        (pages[(place / PAGE) as usize], place % PAGE)
    }

    /// The text that ends with the token at a place of a span's sequence.
    fn text(&self, span: &PlannedSpan, place: u32) -> Vec<u32> {
        let known = &self.live[&span.id].tokens;
        match place.checked_sub(span.start + span.count) {
            None => known[..=place as usize].to_vec(),
            Some(node) => guessed(known, &span.drafts, Some(node as usize)),
        }
    }

    fn move_page(&mut self, step: Move) {
        for offset in 0..PAGE {
            let (text, to, host) = match step {
                Move::Copy(copy) => (self.slots.get(&(copy.from, offset)), copy.to, false),
                Move::Out(swap) => (self.slots.get(&(swap.page, offset)), swap.slot, true),
                Move::In(swap) => (self.host.get(&(swap.slot, offset)), swap.page, false),
            };
            let text = text.cloned();
            let memory = if host { &mut self.host } else { &mut self.slots };
            match text {
                Some(text) => memory.insert((to, offset), text),
                None => memory.remove(&(to, offset)),
            };
        }
    }

    fn commit(&mut self, span: &PlannedSpan, context: u32, moves: &mut Vec<(Slot, Slot)>) {
        let mut emitted = Vec::new();
        if span.output {
            let known = &self.live[&span.id].tokens;
            let choose = |node| next_token(&guessed(known, &span.drafts, node));
            let accepted = accept(&span.drafts, |node| Ok::<_, Infallible>(choose(node))).unwrap();
            let first = span.start + span.count;
            for (to, from) in accepted.path.iter().enumerate() {
                let slot = |at: usize| self.slot(span.id, first + at as u32);
                moves.push((slot(*from), slot(to)));
            }
            emitted = accepted.tokens;
        }
        let live = self.live.get_mut(&span.id).unwrap();
        self.scheduler.commit(span, &emitted);
        let statistics = self.scheduler.statistics();
        if statistics.swaps == statistics.preemptions {
            // What comes back from the host is not computed again.
            assert!(span.start >= live.computed);
        }
        live.computed = span.start + span.count + emitted.len().saturating_sub(1) as u32;
        live.tokens.extend(&emitted);
        let generated = live.tokens.len() - usize::from(live.request.prompt);
        let cancelled = live.request.cancel_after.is_some_and(|n| generated >= n.into());
        let full = live.tokens.len() >= context as usize;
        if cancelled || full || generated >= live.request.output.into() {
            self.live.remove(&span.id);
            self.scheduler.remove(span.id);
            self.finished += 1;
        } else if self.speculate && span.output {
            let drafts = drafts(&live.tokens, span.id);
            self.scheduler.draft(span.id, drafts);
        }
    }

    /// Runs until everything is done; nothing may wait for longer than everybody's work together.
    fn drain(&mut self) {
        let work: usize = self.live.values().map(|l| l.tokens.len() + 40).sum();
        let mut steps = 0;
        while !self.live.is_empty() {
            let plan = self.step();
            assert!(!plan.spans.is_empty() || !plan.expired.is_empty(), "nobody goes on");
            steps += 1;
            assert!(steps <= work, "{} wait after {steps} steps", self.live.len());
        }
    }
}

fn limits(max_sequences: u32, extra: u32, context: u32, page_chunks: bool) -> Limits {
    let max_batched_tokens = max_sequences + PAGE + extra;
    Limits { max_sequences, max_batched_tokens, context, page_chunks }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// With as few as three pages, so that preemption is the rule.
    #[test]
    fn every_sequence_gets_its_own_text(
        requests in proptest::collection::vec((request(), 0..4u8), 1..20),
        pages in 3..20u32,
        max_sequences in 1..8u32,
        extra in 0..100u32,
        (page_chunks, speculate) in any::<(bool, bool)>(),
        swap in prop_oneof![Just(0), 0..12u32, Just(64)],
        // A page for the price of no token, of fifty and of any number.
        token in prop_oneof![Just(1.0), Just(0.02), Just(0.0)],
    ) {
        let limits = limits(max_sequences, extra, 192, page_chunks);
        let mut world = World::with_swap(limits, pages, swap, speculate);
        world.scheduler.set_costs(Costs { page: 1.0, token });
        for (request, steps) in &requests {
            world.submit(request);
            for _ in 0..*steps {
                world.step();
            }
        }
        world.drain();
        let scheduler = &world.scheduler;
        prop_assert_eq!((scheduler.waiting(), scheduler.running()), (0, 0));
        prop_assert_eq!(scheduler.blocks().available(), pages);
        prop_assert_eq!(scheduler.blocks().swap_free(), swap);
    }
}

fn plain(prompt: u16, output: u8) -> Request {
    Request {
        family: 0,
        prompt,
        output,
        priority: 0,
        choices: 1,
        cancel_after: None,
        deadline: None,
        scored: false,
    }
}

#[test]
fn prompts_are_computed_in_chunks_beside_decoding() {
    let mut world = World::new(limits(4, 0, 400, false), 20, false);
    world.submit(&plain(10, 30));
    world.step();
    world.submit(&plain(150, 3));
    let shapes: Vec<Vec<u32>> =
        (0..4).map(|_| world.step().spans.iter().map(|s| s.count).collect()).collect();
    assert_eq!(shapes, [vec![1, 67], vec![1, 67], vec![1, 16], vec![1, 1]]);
}

#[test]
fn choices_share_the_pages_of_their_prompt() {
    let mut world = World::new(limits(4, 100, 400, false), 20, false);
    let mut request = plain(100, 5);
    request.choices = 3;
    world.submit(&request);
    assert_eq!(world.step().spans.len(), 1);
    let plan = world.step();
    assert_eq!(plan.spans.iter().map(|s| s.count).collect::<Vec<_>>(), [1, 1, 1]);
    // Each of the others writes its own copy of the second page.
    assert_eq!((plan.moves.len(), world.scheduler.blocks().available()), (3 - 1, 20 - 4));
    world.drain();
}

/// Two sequences, of which the second loses its pages in the middle of one.
fn storm(swap: u32, costs: Costs) -> (Statistics, u32) {
    let mut world = World::with_swap(limits(2, 200, 192, false), 4, swap, false);
    world.scheduler.set_costs(costs);
    world.submit(&plain(90, 60));
    world.submit(&Request { family: 1, ..plain(70, 60) });
    let mut computed = 0;
    while !world.live.is_empty() {
        computed += world.step().spans.iter().map(|span| span.count).sum::<u32>();
    }
    (world.scheduler.statistics(), computed)
}

#[test]
fn the_cheaper_way_is_taken() {
    let dear = Costs { page: 0.0, token: 1.0 };
    let (statistics, computed) = storm(8, dear);
    assert!(statistics.swaps > 0 && statistics.swaps == statistics.preemptions);
    assert!(statistics.swapped_pages >= statistics.swaps);
    // The last token of each is never computed.
    assert_eq!(computed, 149 + 129);
    let (statistics, again) = storm(8, Costs { page: 1.0, token: 0.0 });
    assert!(statistics.swaps == 0 && statistics.preemptions > 0 && again > computed);
    // Without room on the host there is one way only.
    assert_eq!(storm(0, dear), (statistics, again));
}

/// Requests of a higher priority keep arriving; the first one is overtaken for so long only.
#[test]
fn nothing_starves() {
    let mut world = World::new(limits(1, 0, 192, false), 3, false);
    world.submit(&plain(60, 1));
    let mut steps = 0;
    while world.live.values().any(|live| live.request.priority == 0) {
        if world.live.len() < 3 {
            world.submit(&Request { priority: 1, ..plain(60, 10) });
        }
        world.step();
        steps += 1;
        assert!(steps < LEAD + 100);
    }
    assert!(steps > LEAD / 2, "priorities mean something: {steps}");
    let oldest = world.live.values().map(|live| live.since).min().unwrap();
    assert!(oldest > 0);
}

#[test]
fn limits_under_which_somebody_would_wait_for_ever() {
    let check = |limits: Limits, pages| limits.validate(pages);
    assert_eq!(check(limits(0, 0, 9, false), 9), Err(LimitsError::NoSequences));
    let few = Limits { max_batched_tokens: 70, ..limits(7, 0, 9, false) };
    let error = LimitsError::TooFewTokens { tokens: 70, sequences: 7, least: 71 };
    assert_eq!(check(few, 9), Err(error));
    let error = LimitsError::TooFewPages { pages: 3, context: 193 };
    assert_eq!(check(limits(1, 0, 193, false), 3), Err(error));
}
