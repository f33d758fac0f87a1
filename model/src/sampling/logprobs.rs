//! Log-probabilities of a row of logits.

/// A token with the natural logarithm of its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenLogprob {
    /// The token.
    pub id: u32,
    /// Its log-probability.
    pub logprob: f32,
}

/// The log-probability of one token and of the `top` likeliest ones, best first, equal ones by id.
/// Raw logits: neither temperature nor penalties count.
pub fn logprobs(logits: &[f32], id: u32, top: usize) -> (TokenLogprob, Vec<TokenLogprob>) {
    let best = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - best).exp()).sum();
    let log_sum = sum.ln() as f32;
    let of = |id: u32| {
        let logit = logits.get(id as usize).copied().unwrap_or(f32::NEG_INFINITY);
        TokenLogprob { id, logprob: logit - best - log_sum }
    };
    let mut ids: Vec<u32> = (0..logits.len() as u32).collect();
    let order =
        |a: &u32, b: &u32| logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b));
    let top = top.min(ids.len());
    if top < ids.len() {
        ids.select_nth_unstable_by(top, order);
        ids.truncate(top);
    }
    ids.sort_unstable_by(order);
    (of(id), ids.into_iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::logprobs;

    #[test]
    fn probabilities_of_a_small_row() {
        // Probabilities 1/8, 1/2, 1/4, 1/8.
        let ln = |x: f32| x.ln();
        let logits = [ln(1.0) + 7.0, ln(4.0) + 7.0, ln(2.0) + 7.0, ln(1.0) + 7.0];
        let (chosen, top) = logprobs(&logits, 3, 3);
        assert!((chosen.logprob - ln(0.125)).abs() < 1e-6);
        assert_eq!(top.iter().map(|t| t.id).collect::<Vec<_>>(), [1, 2, 0]);
        assert!((top[0].logprob - ln(0.5)).abs() < 1e-6);
        assert_eq!(logprobs(&logits, 0, 9).1.len(), 4);
    }
}
