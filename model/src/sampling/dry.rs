//! [`Dry`]: "don't repeat yourself", a penalty on going on with what was there before.

use super::error::SamplingError;

/// A token that would make the end of the text repeat `n` earlier tokens in order, `n` at least
/// `allowed_length`, loses `multiplier * base^(n - allowed_length)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dry {
    /// 0 is off.
    pub multiplier: f32,
    /// At least 1.
    pub base: f32,
    /// The longest repetition without a penalty, plus one.
    pub allowed_length: u32,
    /// No repetition reaches over one of these.
    pub breakers: Vec<u32>,
}

/// The longest repetition that is measured: its penalty is beyond every logit already.
const LONGEST: usize = 64;

impl Default for Dry {
    /// Off.
    fn default() -> Self {
        Dry { multiplier: 0.0, base: 1.75, allowed_length: 2, breakers: Vec::new() }
    }
}

impl Dry {
    /// Checks every range.
    ///
    /// # Errors
    /// The first parameter that is out of range, with its value.
    pub fn validate(&self) -> Result<(), SamplingError> {
        let value = self.multiplier;
        if !value.is_finite() || value < 0.0 {
            return Err(SamplingError::Dry { name: "dry_multiplier", value });
        }
        let value = self.base;
        if !value.is_finite() || value < 1.0 {
            return Err(SamplingError::Dry { name: "dry_base", value });
        }
        Ok(())
    }

    /// Lowers the logits of tokens that would go on with a repetition in `tokens`.
    pub fn penalise(&self, logits: &mut [f32], tokens: &[u32]) {
        if self.multiplier == 0.0 {
            return;
        }
        let mut longest: std::collections::BTreeMap<u32, usize> = Default::default();
        for at in 1..tokens.len() {
            // How much of the text's end stands before `at` too.
            let same = tokens[..at].iter().rev().zip(tokens.iter().rev());
            let length = same
                .take(LONGEST)
                .take_while(|(a, b)| a == b && !self.breakers.contains(a))
                .count();
            let entry = longest.entry(tokens[at]).or_default();
            *entry = length.max(*entry);
        }
        for (token, length) in longest {
            let over = length as i64 - i64::from(self.allowed_length);
            if over >= 0
                && let Some(logit) = logits.get_mut(token as usize)
            {
                *logit -= self.multiplier * self.base.powi(over as i32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Dry;

    #[test]
    fn longer_repetitions_cost_more() {
        let penalty = |tokens: &[u32], breakers: &[u32]| {
            let breakers = breakers.to_vec();
            let dry = Dry { multiplier: 1.0, base: 2.0, allowed_length: 2, breakers };
            let mut logits = [0.0; 8];
            dry.penalise(&mut logits, tokens);
            logits
        };
        assert_eq!(penalty(&[1, 2, 3, 4, 9, 2, 3], &[]), [0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0]);
        assert_eq!(penalty(&[1, 2, 3, 4, 9, 1, 2, 3], &[])[4], -2.0);
        assert_eq!(penalty(&[1, 2, 3, 4, 9, 1, 2, 3], &[2])[4], 0.0);
        assert_eq!(penalty(&[3, 4, 9, 3], &[]), [0.0; 8]);
        assert_eq!(penalty(&[], &[]), [0.0; 8]);
    }
}
