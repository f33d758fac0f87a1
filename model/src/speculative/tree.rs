//! [`DraftTree`]: guesses of which several may follow the same text.

/// Guessed tokens, each after the text and its ancestors. A chain is a tree whose nodes have one child.
///
/// Parents come before their children, so that the first nodes of a tree are a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftTree {
    tokens: Vec<u32>,
    /// The node that each follows; none follows the text itself.
    parents: Vec<Option<usize>>,
}

impl DraftTree {
    /// Nodes that a tree may have: an attention mask is a word with one bit for each.
    pub const MOST: usize = 32;

    /// Adds a guess after another one, or after the text. Nothing is added to a full tree or after a
    /// node that is not there; a guess that is there already is not added again.
    pub fn push(&mut self, parent: Option<usize>, token: u32) -> Option<usize> {
        if parent.is_some_and(|parent| parent >= self.len()) {
            return None;
        }
        if let Some(node) = self.child(parent, token) {
            return Some(node);
        }
        if self.len() == DraftTree::MOST {
            return None;
        }
        self.tokens.push(token);
        self.parents.push(parent);
        Some(self.len() - 1)
    }

    /// Its tokens, in the order of its nodes.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether nothing is guessed.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Whether every guess follows the one before it.
    pub fn is_chain(&self) -> bool {
        self.parents.iter().enumerate().all(|(node, parent)| *parent == node.checked_sub(1))
    }

    /// Keeps the first nodes.
    pub fn truncate(&mut self, most: usize) {
        self.tokens.truncate(most);
        self.parents.truncate(most);
    }

    /// The guess of this token after a node, or after the text.
    pub fn child(&self, parent: Option<usize>, token: u32) -> Option<usize> {
        let same = |(of, guess): (&Option<usize>, &u32)| *of == parent && *guess == token;
        self.parents.iter().zip(&self.tokens).position(same)
    }

    /// A node and its ancestors, the nearest first.
    pub fn path(&self, node: usize) -> impl Iterator<Item = usize> {
        let there = (node < self.len()).then_some(node);
        std::iter::successors(there, |node| self.parents.get(*node).copied().flatten())
    }

    /// Guesses between the text and a node.
    pub fn depth(&self, node: usize) -> usize {
        self.path(node).skip(1).count()
    }

    /// The largest number of guesses that follow each other.
    pub fn height(&self) -> usize {
        (0..self.len()).map(|node| self.depth(node) + 1).max().unwrap_or(0)
    }

    /// What a node sees of the tree: bit `i` for its ancestor `i`, and for itself.
    pub fn visible(&self, node: usize) -> u32 {
        self.path(node).map(|node| 1 << node).fold(0, |word, bit| word | bit)
    }
}

/// A chain.
impl From<Vec<u32>> for DraftTree {
    fn from(mut tokens: Vec<u32>) -> Self {
        tokens.truncate(DraftTree::MOST);
        let parents = (0..tokens.len()).map(|node| node.checked_sub(1)).collect();
        DraftTree { tokens, parents }
    }
}

#[cfg(test)]
mod tests {
    use super::DraftTree;

    #[test]
    fn nodes_see_their_ancestors() {
        let mut tree = DraftTree::default();
        let nodes = [(None, 5), (None, 6), (Some(0), 5), (Some(1), 7), (Some(2), 9)];
        for (at, (parent, token)) in nodes.into_iter().enumerate() {
            assert_eq!(tree.push(parent, token), Some(at));
        }
        assert_eq!(tree.push(Some(1), 7), Some(3));
        assert_eq!(tree.push(Some(9), 7), None);
        let words: Vec<u32> = (0..5).map(|node| tree.visible(node)).collect();
        assert_eq!(words, [0b1, 0b10, 0b101, 0b1010, 0b10101]);
        assert_eq!((tree.depth(4), tree.height(), tree.is_chain()), (2, 3, false));
        tree.truncate(1);
        assert!(tree.is_chain() && tree.height() == 1);
    }

    #[test]
    fn a_chain_is_a_tree() {
        let chain = DraftTree::from(vec![4, 4, 4]);
        assert!(chain.is_chain() && chain.height() == 3);
        assert_eq!((chain.visible(2), chain.child(Some(1), 4)), (0b111, Some(2)));
        assert_eq!(DraftTree::from(vec![1; 40]).len(), DraftTree::MOST);
    }
}
