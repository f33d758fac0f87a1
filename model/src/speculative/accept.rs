//! [`accept`]: the acceptance rule.

/// The tokens that a verified pass emits.
///
/// `choose(i)` is the token that the model chooses after the text and the first `i` drafts, by
/// whatever rule the request asks for: the best one, or one drawn from its distribution. Drafts are
/// accepted as long as the choice equals them; the first other choice, or the one after the last
/// draft, ends the pass. It is called in order, and only where everything before it was accepted.
///
/// Every emitted token is the model's own choice after its own text: nothing is lost, neither with
/// the best token nor with drawn ones. For a drafter that proposes token `d` with certainty this is
/// the rule of Leviathan et al. 2023, "Fast inference from transformers via speculative decoding",
/// section 2.3: `d` is kept with its probability `p(d)`, and what replaces it is distributed as
/// `p` without `d`. Draws that depend on seed and position only make the tokens themselves equal.
///
/// # Errors
/// The first error of `choose`.
pub fn accept<E>(
    drafts: &[u32],
    mut choose: impl FnMut(usize) -> Result<u32, E>,
) -> Result<Vec<u32>, E> {
    let mut emitted = Vec::with_capacity(drafts.len() + 1);
    loop {
        let token = choose(emitted.len())?;
        let draft = drafts.get(emitted.len());
        emitted.push(token);
        if draft != Some(&token) {
            return Ok(emitted);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::accept;
    use crate::sampling::draw;
    use std::convert::Infallible;

    fn greedy(drafts: &[u32], choices: &[u32]) -> Vec<u32> {
        accept(drafts, |at| Ok::<_, Infallible>(choices[at])).unwrap()
    }

    #[test]
    fn the_first_other_choice_ends_it() {
        assert_eq!(greedy(&[], &[4]), [4]);
        assert_eq!(greedy(&[4, 5, 6], &[4, 5, 6, 7]), [4, 5, 6, 7]);
        assert_eq!(greedy(&[4, 5, 6], &[4, 9, 6, 7]), [4, 9]);
        assert_eq!(accept(&[4], |_| Err("lost")), Err("lost"));
    }

    /// Draws of two tokens with drafts against their exact distribution, chi-square with 8 degrees
    /// of freedom: 26.1 is exceeded by one run in a thousand.
    #[test]
    fn drafts_do_not_change_the_distribution() {
        // P(b | a): the row of a, over three tokens; the first token follows token 0.
        let p = [[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5]];
        let runs = 40_000;
        for drafts in [&[][..], &[0, 1], &[2, 2], &[1]] {
            let mut counts = [[0u32; 3]; 3];
            for seed in 0..runs {
                let mut text = vec![0usize];
                while text.len() < 3 {
                    let rest = drafts.get(text.len() - 1..).unwrap_or_default();
                    let known = text.clone();
                    let emitted = accept(rest, |at| {
                        let mut text = known.clone();
                        text.extend(rest[..at].iter().map(|t| *t as usize));
                        let uniform = f64::from(draw::uniform(seed, text.len() as u64));
                        let row = p[text[text.len() - 1]];
                        let mut sum = 0.0;
                        let token = row.iter().position(|share| {
                            sum += share;
                            uniform < sum
                        });
                        Ok::<_, Infallible>(token.unwrap_or(2) as u32)
                    });
                    text.extend(emitted.unwrap().iter().map(|t| *t as usize));
                }
                counts[text[1]][text[2]] += 1;
            }
            let mut statistic = 0.0;
            for (first, row) in counts.iter().enumerate() {
                for (second, count) in row.iter().enumerate() {
                    let expected = runs as f64 * p[0][first] * p[first][second];
                    statistic += (f64::from(*count) - expected).powi(2) / expected;
                }
            }
            assert!(statistic < 26.1, "{drafts:?}: {statistic}");
        }
    }
}
