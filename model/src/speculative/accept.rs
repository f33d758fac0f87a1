//! [`accept`]: the acceptance rule.

use super::DraftTree;

/// What a verified pass gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// The tokens that it emits: the accepted guesses, and one more.
    pub tokens: Vec<u32>,
    /// The nodes that were accepted, each the child of the one before it.
    pub path: Vec<usize>,
}

/// The tokens that a verified pass emits.
///
/// `choose(node)` is the token that the model chooses after the text and the guesses down to `node`
/// (none: after the text itself), by whatever rule the request asks for: the best one, or one drawn
/// from its distribution. A child of the node with this token is accepted, and goes on; where there is
/// none, the pass ends. It is called in order, and only where everything before it was accepted.
///
/// Every emitted token is the model's own choice after its own text: nothing is lost, neither with
/// the best token nor with drawn ones. For a drafter that proposes its tokens with certainty this is
/// recursive rejection over siblings (Miao et al. 2024, "SpecInfer", algorithm 2; for one child
/// Leviathan et al. 2023, "Fast inference from transformers via speculative decoding", section 2.3):
/// the first child `d` is kept with its probability `p(d)`, the second with its probability in `p`
/// without `d`, and so on, which comes to `p` of each; what replaces them all is distributed as `p`
/// without them. Draws that depend on seed and position only make the tokens themselves equal.
///
/// # Errors
/// The first error of `choose`.
pub fn accept<E>(
    drafts: &DraftTree,
    mut choose: impl FnMut(Option<usize>) -> Result<u32, E>,
) -> Result<Accepted, E> {
    let mut accepted = Accepted::default();
    let mut node = None;
    loop {
        let token = choose(node)?;
        accepted.tokens.push(token);
        match drafts.child(node, token) {
            Some(child) => accepted.path.push(child),
            None => return Ok(accepted),
        }
        node = accepted.path.last().copied();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Accepted, accept};
    use crate::sampling::draw;
    use crate::speculative::DraftTree;
    use std::convert::Infallible;

    fn greedy(drafts: &[u32], choices: &[u32]) -> Vec<u32> {
        let choose = |node: Option<usize>| choices[node.map_or(0, |node| node + 1)];
        let drafts = DraftTree::from(drafts.to_vec());
        accept(&drafts, |node| Ok::<_, Infallible>(choose(node))).unwrap().tokens
    }

    #[test]
    fn the_first_other_choice_ends_it() {
        assert_eq!(greedy(&[], &[4]), [4]);
        assert_eq!(greedy(&[4, 5, 6], &[4, 5, 6, 7]), [4, 5, 6, 7]);
        assert_eq!(greedy(&[4, 5, 6], &[4, 9, 6, 7]), [4, 9]);
        assert_eq!(accept(&vec![4].into(), |_| Err("lost")), Err("lost"));
    }

    /// A tree of these nodes, parents first.
    fn tree(nodes: &[(Option<usize>, u32)]) -> DraftTree {
        let mut tree = DraftTree::default();
        nodes.iter().for_each(|(parent, token)| assert!(tree.push(*parent, *token).is_some()));
        tree
    }

    #[test]
    fn the_chosen_branch_is_followed() {
        let tree = tree(&[(None, 4), (None, 5), (Some(1), 6), (Some(1), 7), (Some(3), 8)]);
        let choices = |choices: [u32; 6]| {
            let choose = |node: Option<usize>| choices[node.map_or(0, |node| node + 1)];
            accept(&tree, |node| Ok::<_, Infallible>(choose(node))).unwrap()
        };
        let path = |tokens: &[u32], path: &[usize]| Accepted {
            tokens: tokens.to_vec(),
            path: path.to_vec(),
        };
        assert_eq!(choices([5, 0, 7, 0, 8, 9]), path(&[5, 7, 8, 9], &[1, 3, 4]));
        assert_eq!(choices([4, 5, 0, 0, 0, 0]), path(&[4, 5], &[0]));
        assert_eq!(choices([6, 0, 0, 0, 0, 0]), path(&[6], &[]));
    }

    /// Draws of two tokens with drafts against their exact distribution, chi-square with 8 degrees
    /// of freedom: 26.1 is exceeded by one run in a thousand.
    #[test]
    fn drafts_do_not_change_the_distribution() {
        // P(b | a): the row of a, over three tokens; the first token follows token 0.
        let p = [[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5]];
        let runs = 40_000;
        let chain = |tokens: &[u32]| DraftTree::from(tokens.to_vec());
        let wide = tree(&[(None, 1), (None, 2), (Some(0), 1), (Some(0), 0), (Some(1), 2)]);
        for drafts in [chain(&[]), chain(&[0, 1]), chain(&[2, 2]), chain(&[1]), wide] {
            let mut counts = [[0u32; 3]; 3];
            for seed in 0..runs {
                let mut text = vec![0usize];
                while text.len() < 3 {
                    // What was not accepted in the first pass is drawn without drafts.
                    let rest = if text.len() == 1 { drafts.clone() } else { chain(&[]) };
                    let known = text.clone();
                    let emitted = accept(&rest, |node| {
                        let mut path: Vec<usize> =
                            node.into_iter().flat_map(|node| rest.path(node)).collect();
                        path.reverse();
                        let mut text = known.clone();
                        text.extend(path.iter().map(|node| rest.tokens()[*node] as usize));
                        let uniform = f64::from(draw::uniform(seed, text.len() as u64));
                        let row = p[text[text.len() - 1]];
                        let mut sum = 0.0;
                        let token = row.iter().position(|share| {
                            sum += share;
                            uniform < sum
                        });
                        Ok::<_, Infallible>(token.unwrap_or(2) as u32)
                    });
                    text.extend(emitted.unwrap().tokens.iter().map(|t| *t as usize));
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
