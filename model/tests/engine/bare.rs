//! Random weights made on a device, and the decoder that benchmarks run.

use crate::devices::devices;
use tilewright_model::Config;
use tilewright_model::config::{Rope, RopeScaling};
use tilewright_model::engine::BareDecoder;
use tilewright_model::speculative::{DraftTree, GuessShape, accept};
use tilewright_model::synthetic::{KnownShape, Recipe};
use tilewright_model::weights::Weights;

/// A well-known shape, cut down to what a test can run.
fn config() -> Config {
    Config {
        block_count: 8,
        embedding_length: 256,
        feed_forward_length: 512,
        head_count: 4,
        head_count_kv: 2,
        head_size: 64,
        rope: Rope { dimension_count: 64, freq_base: 1e4, scaling: RopeScaling::None },
        vocab_size: 300,
        ..KnownShape::Llama8b.config()
    }
}

#[test]
fn the_bytes_of_a_token_are_those_that_the_shapes_are_known_for() {
    let tested = &devices()[0];
    let weights = |recipe| Weights::random(&tested.device, &config(), recipe, 1).unwrap();
    // 8 blocks of (4 + 2 + 2 + 4) * 64 * 256 and 3 * 512 * 256 weights, and the head's.
    let elements = 8 * (12 * 64 * 256 + 3 * 512 * 256) + 300 * 256;
    assert_eq!(weights(Recipe::Bf16).bytes_per_token(), 2 * elements);
    let quantised = weights(Recipe::Q8_0).bytes_per_token();
    let exact = elements / 32 * 34;
    assert!((exact..exact + 100 * 32).contains(&quantised), "{quantised} for {exact}");
}

#[test]
fn sequences_that_are_decoded_together_agree_with_one_alone() {
    for tested in devices() {
        for recipe in [Recipe::Q4_0, Recipe::Q4_K_M, Recipe::Bf16] {
            let decoded = |sequences: u32| {
                let config = config();
                let weights = Weights::random(&tested.device, &config, recipe, 7).unwrap();
                let made = BareDecoder::new(&tested.device, &config, weights, 128, sequences, 32);
                let mut decoder = made.unwrap();
                let mut all = Vec::new();
                for _ in 0..2 {
                    decoder.clear();
                    decoder.prefill(&(0..70).map(|id| id * 4 + 1).collect::<Vec<_>>()).unwrap();
                    let mut next = vec![5; sequences as usize];
                    for _ in 0..4 {
                        next = decoder.decode(&next).unwrap();
                        all.push(next.clone());
                    }
                }
                assert_eq!(all[..4], all[4..], "a cleared decoder starts over");
                all
            };
            let (alone, together) = (decoded(1), decoded(3));
            for (alone, together) in alone.iter().zip(&together) {
                assert_eq!(*together, vec![alone[0]; 3]);
            }
        }
    }
}

/// Passes over guesses at the model's own text choose that text, whatever is guessed.
#[test]
fn guesses_are_verified_as_if_they_were_decoded() {
    for tested in devices() {
        let weights = Weights::random(&tested.device, &config(), Recipe::Bf16, 7).unwrap();
        let mut decoder = BareDecoder::new(&tested.device, &config(), weights, 192, 1, 64).unwrap();
        let prompt: Vec<u32> = (0..60).map(|id| id * 4 + 1).collect();
        decoder.prefill(&prompt).unwrap();
        let mut text = vec![5];
        while text.len() < 24 {
            text.extend(decoder.decode(&text[text.len() - 1..]).unwrap());
        }
        for shape in [GuessShape::chain(3), GuessShape::tree(8, 0.6)] {
            decoder.clear();
            decoder.prefill(&prompt).unwrap();
            let (mut at, mut turn) = (0, 0);
            while at + 8 < text.len() {
                turn += 1;
                // Right and wrong by turns.
                let share = [0.0, 1.0, 0.7][turn % 3];
                let drafts: DraftTree = shape.guess(&text[at + 1..], 0.5, 300, || share - 0.5);
                let chosen = decoder.verify(text[at], &drafts).unwrap();
                let choose = |node: Option<usize>| {
                    chosen.get(node.map_or(0, |node| node + 1)).copied().ok_or("no output")
                };
                let accepted = accept(&drafts, choose).unwrap();
                let end = at + 1 + accepted.tokens.len();
                assert_eq!(accepted.tokens, text[at + 1..end], "{}", tested.selector);
                decoder.keep(&accepted.path).unwrap();
                at = end - 1;
            }
        }
    }
}
