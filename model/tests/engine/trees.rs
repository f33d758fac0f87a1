//! Drafted trees: every node's logits are those of its own text, and so are those after the accepted
//! branch was moved together.

use crate::devices::{Tested, cpu, devices};
use crate::oracle::Oracle;
use crate::reference::{cases, model};
use crate::tiny::{Written, tokens};
use tilewright_model::ModelFile;
use tilewright_model::batch::{BEST, Batch, Sight};
use tilewright_model::decoder::Decoder;
use tilewright_model::kv_cache::{BlockTable, PagePool, SlotMove};
use tilewright_model::sampling::{Chain, SamplingParams};
use tilewright_model::serving::{Engine, Event, Request};
use tilewright_model::speculative::{DraftTree, Speculation};
use tilewright_model::step_inputs::StepSize;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::weights::Weights;

/// Two branches of three tokens, and one that ends at once.
fn tree() -> DraftTree {
    let mut tree = DraftTree::default();
    let nodes = [(None, 3), (None, 9), (Some(0), 4), (Some(1), 5), (Some(2), 6), (Some(3), 7)];
    for (parent, token) in nodes {
        tree.push(parent, token);
    }
    tree.push(None, 8);
    tree
}

/// A prompt whose tree lies across the end of a page, at one's start and within one.
const LENGTHS: [u32; 3] = [61, 64, 70];

struct Session<'a> {
    decoder: Decoder<f32>,
    table: BlockTable,
    oracle: &'a Oracle,
    what: String,
    tolerance: f32,
}

impl<'a> Session<'a> {
    fn new(file: &Written, oracle: &'a Oracle, tested: &Tested, length: u32) -> Self {
        let file = ModelFile::open(file.path()).unwrap();
        let weights = Weights::load(&file, &tested.device, &mut |_, _| ()).unwrap();
        let capacity = StepSize { tokens: 80, outputs: 1, sequences: 1, pages: 3 };
        let config = file.config().clone();
        let decoder = Decoder::new(&tested.device, config, weights, 5, capacity).unwrap();
        let mut table = BlockTable::default();
        table.grow(length + 10, &mut PagePool::new(5)).unwrap();
        let what = format!("{length} tokens on {:?}", tested.device);
        Session { decoder, table, oracle, what, tolerance: tested.tiny_tolerance }
    }

    /// Whether the outputs of a batch have the logits of these texts.
    fn agrees(&mut self, batch: &Batch, texts: &[Vec<u32>]) {
        let logits = self.decoder.forward(batch).unwrap().logits;
        let vocab = logits.shape().dims()[1] as usize;
        let logits = logits.download().unwrap();
        assert_eq!(logits.len(), texts.len() * vocab);
        for (text, found) in texts.iter().zip(logits.chunks(vocab)) {
            let expected = self.oracle.logits(text).pop().unwrap();
            let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let end = &text[text.len() - 3..];
            assert!(worst <= self.tolerance, "{}, after {end:?}: {worst}", self.what);
        }
    }
}

#[test]
fn nodes_have_the_logits_of_their_own_text() {
    let bytes = SyntheticModel::default().to_bytes();
    let (file, oracle) = (Written::new("trees", &bytes), Oracle::new(&bytes));
    for (tested, length) in devices().iter().flat_map(|t| LENGTHS.map(move |length| (t, length))) {
        let mut session = Session::new(&file, &oracle, tested, length);
        let text = tokens(length);
        let mut batch = Batch::default();
        batch.push(&text, 0, &session.table, &[BEST]);
        session.agrees(&batch, std::slice::from_ref(&text));
        // The tree follows one more known token.
        let known = [&text[..], &[11]].concat();
        let (tree, start) = (tree(), length + 1);
        let mut batch = Batch::default();
        batch.push(&[11], length, &session.table, &[BEST]);
        let mut texts = vec![known.clone()];
        for (node, token) in tree.tokens().iter().enumerate() {
            let place = start + node as u32;
            let sight = Sight { place, start, visible: tree.visible(node) };
            let position = start + tree.depth(node) as u32;
            batch.push_node(*token, position, sight, &session.table, &[BEST]);
            let mut path: Vec<u32> = tree.path(node).map(|node| tree.tokens()[node]).collect();
            path.reverse();
            texts.push([&known[..], &path].concat());
        }
        // The second time a recorded step is replayed.
        session.agrees(&batch, &texts);
        session.agrees(&batch, &texts);
        // The second branch is accepted.
        let slot = |place: u32| session.table.slot(start + place).unwrap();
        let moves: Vec<SlotMove> = [(1, 0), (3, 1), (5, 2)]
            .map(|(from, to)| SlotMove { from: slot(from), to: slot(to) })
            .to_vec();
        session.decoder.move_slots(&moves).unwrap();
        let mut batch = Batch::default();
        batch.push(&[20], start + 3, &session.table, &[BEST]);
        session.agrees(&batch, &[[&known[..], &[9, 5, 7, 20]].concat()]);
    }
}

/// The default model's greedy tokens are the same with guessed trees.
#[test]
fn the_default_model_says_the_same() {
    let tokens = |speculation: Speculation| {
        let engine = Engine::builder().model(model()).device(&cpu()).context(256);
        let engine = engine.speculation(speculation).build().unwrap();
        let prompt = cases()[0].prompt.repeat(3);
        let sampling = Chain::new(SamplingParams::greedy());
        let request =
            Request { sampling, max_tokens: 24, ignore_end: true, ..Request::new(prompt) };
        let mut ids = Vec::new();
        for event in engine.generate(request).unwrap().blocking() {
            if let Event::Token(token) = event.unwrap() {
                ids.push(token.id);
            }
        }
        (ids, engine.figures().drafted)
    };
    let (expected, _) = tokens(Speculation::Off);
    let (found, drafted) = tokens(Speculation::Tree);
    assert_eq!(found, expected);
    assert!(drafted > 0);
}
