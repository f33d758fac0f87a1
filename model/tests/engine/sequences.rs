//! Several sequences in one pass, over one cache.

use crate::devices::{Tested, devices};
use crate::oracle::Oracle;
use crate::tiny::tokens;
use half::f16;
use tilewright_kernels::KvElement;
use tilewright_model::ModelFile;
use tilewright_model::batch::{BEST, Batch};
use tilewright_model::decoder::Decoder;
use tilewright_model::gguf::GgufFile;
use tilewright_model::kv_cache::{BlockTable, PagePool};
use tilewright_model::step_inputs::StepSize;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::weights::Weights;
use tilewright_runtime::BackendKind;

/// Prefills two sequences together, then decodes them together; every output row is compared.
fn run<K: KvElement>(tested: &Tested) {
    let bytes = SyntheticModel::default().to_bytes();
    let oracle = Oracle::new(&bytes);
    let file = ModelFile::new(GgufFile::from_bytes(bytes).unwrap()).unwrap();
    let weights = Weights::load(&file, &tested.device, &mut |_, _| {}).unwrap();
    // Smaller than the passes: it has to grow.
    let capacity = StepSize { tokens: 8, outputs: 1, sequences: 1, pages: 2 };
    let config = file.config().clone();
    let mut decoder = Decoder::<K>::new(&tested.device, config, weights, 5, capacity).unwrap();
    let mut pool = PagePool::shuffled(5, 11);
    let all = [tokens(75), tokens(40)[7..].to_vec()];
    let prompts = [62, 30];
    let mut tables = [BlockTable::default(), BlockTable::default()];
    let mut batch = Batch::default();
    for ((tokens, prompt), table) in all.iter().zip(prompts).zip(&mut tables) {
        table.grow(tokens.len() as u32, &mut pool).unwrap();
        batch.push(&tokens[..prompt], 0, table, &[BEST]);
    }
    let expected = all.each_ref().map(|tokens| oracle.logits(tokens));
    let mut compare = |batch: &Batch, ends: [usize; 2]| {
        let outputs = decoder.forward(batch).unwrap();
        let logits = outputs.logits.download().unwrap();
        let chosen = outputs.chosen.download().unwrap();
        for (at, end) in ends.into_iter().enumerate() {
            let expected = &expected[at][end];
            let row = &logits[at * expected.len()..(at + 1) * expected.len()];
            let error = row.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(error <= tested.tiny_tolerance, "sequence {at} after {end}: {error}");
            let most = row.iter().copied().fold(f32::MIN, f32::max);
            assert_eq!(row[chosen[at] as usize], most);
        }
        decoder.recorded_steps()
    };
    assert_eq!(compare(&batch, [61, 29]), 0);
    for step in 0..3 {
        let mut batch = Batch::default();
        for ((tokens, prompt), table) in all.iter().zip(prompts).zip(&tables) {
            let at = prompt + step;
            batch.push(&tokens[at..=at], at as u32, table, &[BEST]);
        }
        assert_eq!(compare(&batch, [62 + step, 30 + step]), 1);
    }
}

#[test]
fn sequences_of_a_batch_do_not_see_each_other() {
    for tested in devices() {
        match tested.device.kind() {
            BackendKind::Cpu => run::<f32>(&tested),
            _ => run::<f16>(&tested),
        }
    }
}
