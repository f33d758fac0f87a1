//! A prompt gives the same logits in one pass, in chunks, and token by token, wherever its pages
//! are.

use crate::devices::{Tested, devices};
use crate::reference::{assert_near, best, model, prompt};
use tilewright_model::Engine;
use tilewright_model::sampling::SamplingParams;

/// Round one page, round two, and many.
const LENGTHS: [usize; 6] = [63, 64, 65, 127, 129, 600];

/// The best 16 tokens after prompts of each length, computed `chunk` tokens at a time.
fn best_after(tested: &Tested, chunk: u32) -> Vec<Vec<(u32, f32)>> {
    let engine = Engine::builder().model(model()).device(&tested.device).context(1024);
    let mut engine = engine.chunk(chunk).shuffle_pages(7 + u64::from(chunk)).build().unwrap();
    let mut after = |length: usize| {
        // The prompts begin alike. Token by token a longer one goes on where the last one ended;
        // else what that left in the cache must not help.
        if chunk > 1 {
            engine.reset();
        }
        engine.start(&prompt(length)).unwrap();
        let token = engine.step(&SamplingParams::greedy(), true).unwrap().unwrap();
        best(&token.logits, 16)
    };
    LENGTHS.map(&mut after).to_vec()
}

#[test]
fn chunks_of_a_prompt_agree() {
    for tested in devices() {
        let whole = best_after(&tested, 1024);
        for chunk in [17, 1] {
            let parts = best_after(&tested, chunk);
            for ((whole, part), length) in whole.iter().zip(&parts).zip(LENGTHS) {
                let what = format!("{length} tokens by {chunk} on {:?}", tested.device);
                assert_near(part, &whole[..5], tested.tolerance, &what);
            }
        }
    }
}
