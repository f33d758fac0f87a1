//! [`AdaptiveLength`]: how many tokens to guess, from how many were accepted lately.

/// The largest number of guesses.
pub const LONGEST: usize = 16;
/// Weight of one more guess in the running mean.
const WEIGHT: f64 = 0.05;
/// Cost of verifying one more token, in passes of one token: until it is measured.
const COST: f64 = 0.06;

/// How many times faster tokens come with `length` guesses of which each is accepted with
/// probability `acceptance` if those before it were, where each costs `cost` passes of one token
/// (Leviathan et al. 2023, theorem 3.8).
pub fn speed_up(acceptance: f64, length: usize, cost: f64) -> f64 {
    let tokens: f64 = (0..=length as i32).map(|i| acceptance.powi(i)).sum();
    tokens / (1.0 + length as f64 * cost)
}

/// The number of guesses with the largest speed-up, up to 16; 0 where guessing does not pay.
pub fn best_length(acceptance: f64, cost: f64) -> usize {
    let by_gain = |a: &usize, b: &usize| {
        speed_up(acceptance, *a, cost).total_cmp(&speed_up(acceptance, *b, cost)).then(b.cmp(a))
    };
    (0..=LONGEST).max_by(by_gain).unwrap_or(0)
}

/// The acceptance of one sequence's guesses.
#[derive(Debug, Clone)]
pub struct AdaptiveLength {
    acceptance: f64,
    /// Steps without a guess since guessing stopped to pay.
    idle: u32,
}

impl Default for AdaptiveLength {
    fn default() -> Self {
        AdaptiveLength { acceptance: 0.7, idle: 0 }
    }
}

impl AdaptiveLength {
    /// Takes how many guesses of a pass were accepted.
    pub fn observe(&mut self, drafted: usize, accepted: usize) {
        // A guess after the first wrong one says nothing.
        let tried = drafted.min(accepted + 1);
        for at in 0..tried {
            let hit = if at < accepted { 1.0 } else { 0.0 };
            self.acceptance += WEIGHT * (hit - self.acceptance);
        }
    }

    /// How many tokens to guess now. Where it does not pay, one is tried now and then.
    pub fn length(&mut self) -> usize {
        let length = best_length(self.acceptance, COST);
        if length > 0 {
            self.idle = 0;
            return length;
        }
        self.idle += 1;
        usize::from(self.idle.is_multiple_of(16))
    }
}

#[cfg(test)]
mod tests {
    use super::{AdaptiveLength, best_length, speed_up};

    #[test]
    fn the_formula() {
        let closed =
            |a: f64, k: i32, c: f64| (1.0 - a.powi(k + 1)) / ((1.0 - a) * (1.0 + f64::from(k) * c));
        for (a, k, c) in [(0.5, 4, 0.05), (0.9, 7, 0.1), (0.7, 1, 0.0)] {
            assert!((speed_up(a, k as usize, c) - closed(a, k, c)).abs() < 1e-12);
        }
        assert_eq!(best_length(0.0, 0.05), 0);
        assert!(best_length(0.9, 0.05) > best_length(0.5, 0.05));
    }

    #[test]
    fn it_follows_the_acceptance() {
        let mut length = AdaptiveLength::default();
        (0..50).for_each(|_| length.observe(4, 4));
        assert!(length.length() >= 10);
        (0..200).for_each(|_| length.observe(4, 0));
        let tries: usize = (0..64).map(|_| length.length()).sum();
        assert_eq!(tries, 4);
    }
}
