//! The candidates for the next token, and cutting their tail.

use std::cmp::Ordering;

/// A token with its weight: `exp((logit - best logit) / temperature)`, so the best has 1.
/// Probabilities are weights over their sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The token.
    pub id: u32,
    /// Unnormalised probability, 0 to 1.
    pub weight: f32,
}

/// The `top_k` best tokens (all of them if 0), best first.
///
/// `logits` hold no NaN and no positive infinity, `temperature` is positive.
pub fn candidates(logits: &[f32], temperature: f32, top_k: usize) -> Vec<Candidate> {
    let order = |&(a, x): &(u32, f32), &(b, y): &(u32, f32)| -> Ordering {
        y.partial_cmp(&x).unwrap_or(Ordering::Equal).then(a.cmp(&b))
    };
    let mut pairs: Vec<(u32, f32)> = (0..).zip(logits.iter().copied()).collect();
    if top_k > 0 && top_k < pairs.len() {
        pairs.select_nth_unstable_by(top_k - 1, order);
        pairs.truncate(top_k);
    }
    pairs.sort_unstable_by(order);
    let best = pairs.first().map_or(0.0, |pair| pair.1);
    // The difference first: it cannot overflow upwards, however small the temperature is.
    let weigh =
        |(id, logit): (u32, f32)| Candidate { id, weight: ((logit - best) / temperature).exp() };
    pairs.into_iter().map(weigh).collect()
}

/// Keeps the shortest beginning whose probabilities sum to at least `top_p`, never nothing.
pub fn keep_top_p(candidates: &mut Vec<Candidate>, top_p: f32) {
    if top_p >= 1.0 {
        return;
    }
    let total: f32 = candidates.iter().map(|candidate| candidate.weight).sum();
    let mut sum = 0.0;
    let enough = candidates.iter().position(|candidate| {
        sum += candidate.weight;
        sum >= top_p * total
    });
    if let Some(last) = enough {
        candidates.truncate(last + 1);
    }
}

/// Keeps the candidates with at least `min_p` of the best one's probability, never nothing.
pub fn keep_min_p(candidates: &mut Vec<Candidate>, min_p: f32) {
    let Some(best) = candidates.first().map(|candidate| candidate.weight) else { return };
    let kept = candidates.partition_point(|candidate| candidate.weight >= min_p * best);
    candidates.truncate(kept.max(1));
}
