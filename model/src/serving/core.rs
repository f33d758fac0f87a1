//! [`Core`]: the device's side of the engine. [`Core::step`] is schedule, run, emit.

use super::choice::{Choice, Events, Row};
use super::draft_model::DraftModel;
use super::measured::Measured;
use super::output::{Expected, Rows};
use super::pass::PassOutput;
use super::passes::{self, Part, Pass};
use super::{Figures, GenerateError, Request};
use crate::FinishReason;
use crate::batch::{Batch, Sight};
use crate::decoder::DecoderError;
use crate::forward::Forward;
use crate::grammar::Constraint;
use crate::kv_cache::{BlockTable, SlotMove, branch_moves};
use crate::scheduler::{Move, NewSequence, Plan, PlannedSpan, Scheduler, SequenceId};
use crate::speculative::{Accepted, Speculation};
use crate::tokenizer::Tokenizer;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// Requests, their sequences, and the decoder.
pub(super) struct Core {
    decoder: Box<dyn Forward>,
    scheduler: Scheduler,
    tokenizer: Arc<Tokenizer>,
    choices: HashMap<SequenceId, Choice>,
    speculation: Speculation,
    draft_model: Option<DraftModel>,
    /// Whether nothing that others do may change a bit of a sequence's tokens.
    deterministic: bool,
    /// What swapping costs, where there is room for it.
    measured: Option<Measured>,
    start: Instant,
    figures: Figures,
}

impl Core {
    pub fn new(
        decoder: Box<dyn Forward>,
        scheduler: Scheduler,
        tokenizer: Arc<Tokenizer>,
        speculation: Speculation,
        draft_model: Option<DraftModel>,
        deterministic: bool,
        measured: Option<Measured>,
    ) -> Self {
        let start = Instant::now();
        let (choices, figures) = (HashMap::new(), Figures::default());
        Core {
            decoder,
            scheduler,
            tokenizer,
            choices,
            speculation,
            draft_model,
            deterministic,
            measured,
            start,
            figures,
        }
    }

    /// Takes a checked request with one constraint for each choice that has a grammar.
    pub fn submit(
        &mut self,
        id: u64,
        request: Request,
        constraints: Vec<Constraint>,
        events: Events,
    ) {
        let events = Arc::new(events);
        let deadline = request.deadline.map(|d| d.saturating_duration_since(self.start));
        let mut constraints = constraints.into_iter();
        let mut first = None;
        for index in 0..request.choices {
            let constraint = constraints.next();
            let model = self.draft_model.as_ref().map(DraftModel::drafter);
            let drafter = model.or_else(|| self.speculation.drafter());
            let choice = Choice::new(id, index, &request, constraint, drafter, events.clone());
            let choice = match choice {
                Ok(choice) => choice,
                Err(error) => {
                    let message = error.to_string();
                    return events.send(Err(GenerateError::Choice { message }));
                }
            };
            let sequence = self.scheduler.submit(NewSequence {
                prompt: request.prompt.clone(),
                priority: request.priority,
                deadline,
                fork_of: first,
                scored: choice.scores_prompt(),
            });
            first.get_or_insert(sequence);
            self.choices.insert(sequence, choice);
        }
    }

    /// Forgets a request.
    pub fn cancel(&mut self, request: u64) {
        let of_request = self.choices.iter().filter(|(_, choice)| choice.request == request);
        let ids: Vec<SequenceId> = of_request.map(|(id, _)| *id).collect();
        for id in ids {
            self.choices.remove(&id);
            self.scheduler.remove(id);
        }
    }

    /// Ends every request with an error.
    pub fn fail(&mut self, error: &GenerateError) {
        for (id, choice) in self.choices.drain() {
            choice.events.send(Err(error.clone()));
            self.scheduler.remove(id);
        }
    }

    /// Whether nobody waits for anything.
    pub fn is_idle(&self) -> bool {
        self.choices.is_empty()
    }

    /// How it is doing.
    pub fn figures(&self) -> Figures {
        let blocks = self.scheduler.blocks();
        let cache = blocks.statistics();
        let statistics = self.scheduler.statistics();
        Figures {
            waiting: self.scheduler.waiting(),
            running: self.scheduler.running(),
            pages: blocks.total(),
            free_pages: blocks.available(),
            steps: statistics.steps,
            cache_queried: cache.queried,
            cache_hits: cache.hit,
            preemptions: statistics.preemptions,
            swaps: statistics.swaps,
            swapped_pages: statistics.swapped_pages,
            swap_slots: blocks.swap_total(),
            free_swap_slots: blocks.swap_free(),
            ..self.figures
        }
    }

    /// One pass: plans it, computes it, and tells everybody what it gave.
    pub fn step(&mut self) -> Result<(), DecoderError> {
        let plan = self.schedule();
        let rows = self.run(&plan)?;
        self.emit(&plan, &rows)
    }

    fn schedule(&mut self) -> Plan {
        let began = Instant::now();
        let plan = self.scheduler.schedule(self.start.elapsed());
        self.figures.schedule_seconds += began.elapsed().as_secs_f64();
        self.figures.batch_tokens = plan.tokens();
        self.figures.batch_sequences = plan.spans.len() as u32;
        plan
    }

    fn run(&mut self, plan: &Plan) -> Result<Rows, DecoderError> {
        let began = Instant::now();
        self.move_pages(plan)?;
        let moved = Instant::now();
        let mut rows = Rows::default();
        for pass in self.passes_of(plan) {
            let (batch, expected, wanted) = self.batch(plan, &pass);
            if !batch.is_empty() {
                let outputs = self.decoder.forward(&batch)?;
                rows.add(&expected, PassOutput::download(&outputs, &batch, &wanted)?);
            }
        }
        self.figures.step_seconds += began.elapsed().as_secs_f64();
        if let Some(measured) = &mut self.measured {
            measured.computed(plan.tokens(), moved.elapsed());
            self.scheduler.set_costs(measured.costs());
        }
        Ok(rows)
    }

    /// Copies pages and brings them to the host and back, in the plan's order.
    fn move_pages(&mut self, plan: &Plan) -> Result<(), DecoderError> {
        let began = Instant::now();
        let mut swapped = 0;
        for (_, step) in &plan.moves {
            match *step {
                Move::Copy(copy) => self.decoder.copy_page(copy.from, copy.to)?,
                Move::Out(swap) => self.decoder.swap_out(swap.page, swap.slot)?,
                Move::In(swap) => self.decoder.swap_in(swap.page, swap.slot)?,
            }
            swapped += u32::from(!matches!(step, Move::Copy(_)));
        }
        if let Some(measured) = &mut self.measured {
            measured.moved(swapped, began.elapsed());
        }
        Ok(())
    }

    fn passes_of(&self, plan: &Plan) -> Vec<Pass> {
        if !self.deterministic {
            return passes::together(plan);
        }
        let prompt = |id| self.scheduler.sequence(id).map_or(0, |sequence| sequence.prompt);
        passes::deterministic(plan, prompt)
    }

    /// The batch of a pass, the outputs that it has, and those whose logits are wanted.
    fn batch(&self, plan: &Plan, pass: &Pass) -> (Batch, Expected, Vec<usize>) {
        let mut batch = Batch { order: pass.order, ..Batch::default() };
        let (mut expected, mut wanted) = (Vec::new(), Vec::new());
        for Part { span, positions } in &pass.parts {
            let Some(span) = plan.spans.get(*span) else { continue };
            let (Some(sequence), Some(choice)) =
                (self.scheduler.sequence(span.id), self.choices.get(&span.id))
            else {
                continue;
            };
            let drafts_at = span.start + span.count;
            let token = |position: u32| match position.checked_sub(drafts_at) {
                Some(draft) => span.drafts.tokens().get(draft as usize),
                None => sequence.tokens.get(position as usize),
            };
            // Places of the cache; positions are other ones within a tree.
            let position = |place: u32| match place.checked_sub(drafts_at) {
                Some(draft) => drafts_at + span.drafts.depth(draft as usize) as u32,
                None => place,
            };
            let tokens: Vec<u32> = positions.clone().filter_map(token).copied().collect();
            let scored = choice.scores_prompt() && span.start < sequence.prompt;
            let first = if scored { span.start } else { first_output(span) };
            let outputs = first.max(positions.start)..positions.end;
            let choices: Vec<_> =
                outputs.clone().map(|at| choice.on_device(position(at) + 1)).collect();
            if scored || choice.needs_logits() {
                wanted.extend(expected.len()..expected.len() + choices.len());
            }
            expected.extend(outputs.map(|at| (span.id, at)));
            let table = BlockTable::of_pages(sequence.pages());
            let node = positions.start.checked_sub(drafts_at).filter(|_| !span.drafts.is_chain());
            match (node, &tokens[..]) {
                (Some(node), [token]) => {
                    let (place, start) = (positions.start, drafts_at);
                    let visible = span.drafts.visible(node as usize);
                    let sight = Sight { place, start, visible };
                    batch.push_node(*token, position(place), sight, &table, &choices);
                }
                _ => batch.push(&tokens, positions.start, &table, &choices),
            }
        }
        (batch, expected, wanted)
    }

    fn emit(&mut self, plan: &Plan, rows: &Rows) -> Result<(), DecoderError> {
        for id in &plan.expired {
            if let Some(choice) = self.choices.remove(id) {
                choice.events.send(Err(GenerateError::DeadlineExceeded));
            }
        }
        let mut moves = Vec::new();
        for span in &plan.spans {
            if let Some(end) = self.emit_span(span, rows, &mut moves) {
                self.end(span.id, end);
            }
        }
        // Before anybody reads or writes a page again, even one that was just given back.
        self.decoder.move_slots(&moves)
    }

    /// Commits a span and tells its tokens; how the choice ended, if it did. What was computed of an
    /// accepted branch is to be moved.
    fn emit_span(
        &mut self,
        span: &PlannedSpan,
        rows: &Rows,
        moves: &mut Vec<SlotMove>,
    ) -> Option<Result<FinishReason, GenerateError>> {
        let choice = self.choices.get_mut(&span.id)?;
        let sequence = self.scheduler.sequence(span.id)?;
        let computed = sequence.prompt.saturating_sub(span.start).min(span.count);
        self.figures.prompt_tokens += u64::from(computed);
        if choice.scores_prompt() {
            rows.logits(span.id).for_each(|(at, logits)| choice.score(at, sequence, logits));
        }
        if !span.output {
            self.scheduler.commit(span, &[]);
            return None;
        }
        choice.tell_scores(sequence);
        let rows = rows.from(span.id, first_output(span));
        let Accepted { tokens: emitted, path } = match choice.choose(sequence, &span.drafts, &rows)
        {
            Ok(accepted) => accepted,
            Err(error) => return Some(Err(error)),
        };
        // What a chain computed lies where it belongs.
        if !span.drafts.is_chain() {
            let table = BlockTable::of_pages(sequence.pages());
            moves.extend(branch_moves(&table, span.start + span.count, &path));
        }
        // The rows that the emitted tokens were chosen from.
        let nodes = path.iter().map(|node| node + 1);
        let rows: Vec<Row<'_>> =
            std::iter::once(0).chain(nodes).filter_map(|row| rows.get(row).copied()).collect();
        let length = sequence.tokens.len() + emitted.len();
        let full = length >= self.scheduler.limits().context as usize;
        self.scheduler.commit(span, &emitted);
        self.figures.generated_tokens += emitted.len() as u64;
        self.figures.drafted += span.drafts.len() as u64;
        self.figures.accepted += emitted.len() as u64 - 1;
        let reason = choice.tell(&self.tokenizer, &emitted, &rows, full);
        if reason.is_none() {
            self.scheduler.draft(span.id, choice.draft(&emitted, !self.deterministic));
        }
        reason.map(Ok)
    }

    fn end(&mut self, id: SequenceId, end: Result<FinishReason, GenerateError>) {
        if let (Some(choice), Some(sequence)) =
            (self.choices.remove(&id), self.scheduler.sequence(id))
        {
            match end {
                Ok(reason) => choice.finish(sequence, reason),
                Err(error) => choice.events.send(Err(error)),
            }
        }
        self.scheduler.remove(id);
    }
}

/// Position of the last known token, whose output is the first that is chosen; past the end where
/// a span has none.
fn first_output(span: &PlannedSpan) -> u32 {
    let end = span.start + span.count;
    if span.output { end - 1 } else { end }
}
