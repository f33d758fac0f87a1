//! Locally typical sampling.

use super::truncate::Candidate;

/// Keeps the candidates whose surprise is nearest to the distribution's entropy, until their
/// probabilities reach `typical_p`, never nothing; their order stays (Meister et al. 2023,
/// "Locally typical sampling", section 3).
pub fn keep_typical(candidates: &mut Vec<Candidate>, typical_p: f32) {
    if typical_p >= 1.0 {
        return;
    }
    let total: f32 = candidates.iter().map(|candidate| candidate.weight).sum();
    let surprise = |candidate: &Candidate| -(candidate.weight / total).ln();
    let some = candidates.iter().filter(|candidate| candidate.weight > 0.0);
    let entropy: f32 = some.map(|candidate| candidate.weight / total * surprise(candidate)).sum();
    let distance = |candidate: &Candidate| (surprise(candidate) - entropy).abs();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|a, b| distance(&candidates[*a]).total_cmp(&distance(&candidates[*b])));
    let mut sum = 0.0;
    let mut kept = vec![false; candidates.len()];
    for at in order {
        kept[at] = true;
        sum += candidates[at].weight;
        if sum >= typical_p * total {
            break;
        }
    }
    let mut kept = kept.into_iter();
    candidates.retain(|_| kept.next().unwrap_or(false));
}

#[cfg(test)]
mod tests {
    use super::{Candidate, keep_typical};

    #[test]
    fn the_likeliest_token_may_be_the_least_typical() {
        let weights = [0.4f32, 0.15, 0.15, 0.15, 0.15];
        let make = || -> Vec<Candidate> {
            (0..).zip(weights).map(|(id, weight)| Candidate { id, weight }).collect()
        };
        // Entropy 1.505: 0.15 has surprise 1.897, 0.4 has 0.916.
        let mut kept = make();
        keep_typical(&mut kept, 0.45);
        assert_eq!(kept.iter().map(|c| c.id).collect::<Vec<_>>(), [1, 2, 3]);
        let mut kept = make();
        keep_typical(&mut kept, 1.0);
        assert_eq!(kept.len(), 5);
        let mut kept = make();
        keep_typical(&mut kept, 1e-6);
        assert_eq!(kept.len(), 1);
    }
}
