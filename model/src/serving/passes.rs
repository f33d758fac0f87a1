//! Cuts a plan into passes.

use crate::scheduler::{Plan, PlannedSpan, SequenceId};
use std::ops::Range;
use tilewright_kernels::{PAGE, SumOrder};

/// Tokens of a planned span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Index of the span.
    pub span: usize,
    /// Positions of the tokens.
    pub positions: Range<u32>,
}

/// Parts that are computed together: those of one token come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pass {
    /// In which order its products sum.
    pub order: SumOrder,
    /// What it computes.
    pub parts: Vec<Part>,
}

impl Pass {
    fn new(order: SumOrder, mut parts: Vec<Part>) -> Option<Self> {
        parts.sort_by_key(|part| part.positions.len() != 1);
        (!parts.is_empty()).then_some(Pass { order, parts })
    }
}

/// One pass with everything.
pub(super) fn together(plan: &Plan) -> Vec<Pass> {
    let parts = plan.spans.iter().enumerate().flat_map(|(span, planned)| {
        let (start, end) = (planned.start, planned.start + planned.tokens());
        // Guesses are computed by themselves, those of all sequences in one launch of attention: nodes of
        // a tree do not follow each other, and a chain would have a launch of its own, of a tile that it
        // does not fill.
        let step = if planned.drafts.is_empty() { end - start } else { 1 };
        let starts = (start..end).step_by(step.max(1) as usize);
        starts.map(move |at| Part { span, positions: at..at + step })
    });
    Pass::new(SumOrder::Fastest, parts.collect()).into_iter().collect()
}

/// Passes in which nothing that others do changes a bit of a token: prompts, cut at the pages of the
/// cache, and generated tokens, each as if it were alone. Whether a token was generated just now,
/// guessed, or is computed again after its sequence lost its pages makes no difference.
pub(super) fn deterministic(plan: &Plan, prompt: impl Fn(SequenceId) -> u32) -> Vec<Pass> {
    let (mut pages, mut tokens) = (Vec::new(), Vec::new());
    for (span, planned) in plan.spans.iter().enumerate() {
        let PlannedSpan { start, .. } = *planned;
        let end = start + planned.tokens();
        let generated = prompt(planned.id).clamp(start, end);
        let mut at = start;
        while at < generated {
            let next = ((at / PAGE + 1) * PAGE).min(generated);
            pages.push(Part { span, positions: at..next });
            at = next;
        }
        tokens.extend((generated..end).map(|at| Part { span, positions: at..at + 1 }));
    }
    // A generated token may follow a page of the same plan.
    let passes = [(SumOrder::Many, pages), (SumOrder::Few, tokens)];
    passes.into_iter().filter_map(|(order, parts)| Pass::new(order, parts)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(spans: &[(SequenceId, Range<u32>, usize)]) -> Plan {
        let mut plan = Plan::default();
        plan.spans.extend(spans.iter().map(|(id, known, drafts)| PlannedSpan {
            id: *id,
            start: known.start,
            count: known.len() as u32,
            drafts: vec![0; *drafts].into(),
            output: true,
        }));
        plan
    }

    fn parts(pass: &Pass) -> Vec<(usize, Range<u32>)> {
        pass.parts.iter().map(|part| (part.span, part.positions.clone())).collect()
    }

    #[test]
    fn single_tokens_and_guesses_come_first() {
        let plan = plan(&[(7, 0..3, 0), (8, 10..11, 0), (9, 4..5, 2)]);
        let [pass] = &together(&plan)[..] else { panic!() };
        assert_eq!(parts(pass), [(1, 10..11), (2, 4..5), (2, 5..6), (2, 6..7), (0, 0..3)]);
        assert_eq!(together(&Plan::default()), []);
    }

    #[test]
    fn nodes_of_a_tree_are_computed_by_themselves() {
        let mut plan = plan(&[(7, 0..3, 0), (8, 10..11, 1)]);
        plan.spans[1].drafts.push(None, 9);
        let [pass] = &together(&plan)[..] else { panic!() };
        assert_eq!(parts(pass), [(1, 10..11), (1, 11..12), (1, 12..13), (0, 0..3)]);
    }

    #[test]
    fn prompts_are_cut_at_pages_and_generated_tokens_are_alone() {
        // The first was preempted: 70 tokens of its prompt and two generated ones come back.
        let plan = plan(&[(7, 64..136, 1), (8, 300..301, 2), (9, 128..129, 0)]);
        let prompt = |id| if id == 8 { 20 } else { 134 };
        let [pages, tokens] = &deterministic(&plan, prompt)[..] else { panic!() };
        assert_eq!(pages.order, SumOrder::Many);
        assert_eq!(parts(pages), [(2, 128..129), (0, 64..128), (0, 128..134)]);
        let tokens = parts(tokens);
        let expected = [(0, 134), (0, 135), (0, 136), (1, 300), (1, 301), (1, 302)];
        assert_eq!(tokens, expected.map(|(span, at)| (span, at..at + 1)));
    }
}
