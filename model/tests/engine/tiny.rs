//! Tiny random models of every weight format and head size, against the plain forward pass.

use crate::devices::devices;
use crate::oracle::Oracle;
use std::path::{Path, PathBuf};
use tilewright_model::gguf::writer::GgufWriter;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::{Engine, GgmlType};

/// A file in the temporary folder that goes away with its test.
pub struct Written(PathBuf);

impl Written {
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let file = format!("tilewright-engine-{name}-{}.gguf", std::process::id());
        let path = std::env::temp_dir().join(file);
        std::fs::write(&path, bytes).unwrap();
        Written(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        // Left behind, it does no harm: the name carries the process id.
        let _left = std::fs::remove_file(&self.0);
    }
}

/// Tokens of the bytes' part of the vocabulary, none like its neighbours.
pub fn tokens(count: u32) -> Vec<u32> {
    (0..count).map(|i| (i * 37 + i / 7) % 250).collect()
}

/// Every logit of 70 tokens, more than a page, in chunks of 32 rows.
fn agrees(name: &str, writer: &GgufWriter) {
    let bytes = writer.to_bytes();
    let file = Written::new(name, &bytes);
    let tokens = tokens(70);
    let expected = Oracle::new(&bytes).logits(&tokens);
    for tested in devices() {
        let engine = Engine::builder().model(file.path()).device(&tested.device);
        let mut engine = engine.shuffle_pages(3).build().unwrap();
        let mut scorer = engine.score(&tokens).unwrap();
        let mut rows = 0;
        while let Some(scores) = scorer.next_rows().unwrap() {
            for (at, row) in (scores.first..).zip(scores.rows()) {
                let errors = row.iter().zip(&expected[at]).map(|(a, b)| (a - b).abs());
                let error = errors.fold(0.0, f32::max);
                let device = &tested.device.capabilities().name;
                assert!(error <= tested.tiny_tolerance, "{name} on {device} at {at}: {error}");
                rows += 1;
            }
        }
        assert_eq!(rows, tokens.len());
    }
}

#[test]
fn weight_formats() {
    use GgmlType::{BF16, F16, F32, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0};
    for weights in [F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K] {
        let model = SyntheticModel {
            embedding_length: 256,
            feed_forward_length: 256,
            head_count: 4,
            head_count_kv: 2,
            head_size: 64,
            weights,
            embedding: weights,
            ..SyntheticModel::default()
        };
        agrees(&format!("format-{}", weights.name()), &model.writer());
    }
}

#[test]
fn head_sizes() {
    for head_size in [32, 64, 80, 96, 128, 256] {
        let model = SyntheticModel {
            embedding_length: 96,
            feed_forward_length: 160,
            head_count: 6,
            head_count_kv: 2,
            head_size,
            weights: GgmlType::Q5_1,
            embedding: GgmlType::F16,
            ..SyntheticModel::default()
        };
        agrees(&format!("head-{head_size}"), &model.writer());
    }
}

#[test]
fn each_tensor_has_its_own_type() {
    let model = SyntheticModel {
        weights: GgmlType::Q4_0,
        embedding: GgmlType::Q8_0,
        output: Some(GgmlType::F16),
        head_count: 3,
        head_count_kv: 3,
        ..SyntheticModel::default()
    };
    agrees("mixed", &model.writer());
}

#[test]
fn rotary_embeddings() {
    let partial = SyntheticModel { head_size: 80, head_count_kv: 2, ..SyntheticModel::default() };
    let mut writer = partial.writer();
    writer.set("llama.rope.dimension_count", 48u32).set("llama.rope.freq_base", 500_000.0f32);
    agrees("partial", &writer);
    let mut writer = SyntheticModel::default().writer();
    writer.set("llama.rope.scaling.type", "linear").set("llama.rope.scaling.factor", 4.0f32);
    agrees("linear", &writer);
    agrees("yarn", &yarn(1.0));
    let factors: Vec<u8> = (0..16).flat_map(|i| (1.0 + i as f32 / 2.0).to_le_bytes()).collect();
    let mut writer = SyntheticModel::default().writer();
    writer.tensor("rope_freqs.weight", GgmlType::F32, &[16], factors);
    agrees("factors", &writer);
}

/// A model stretched from 32 to 128 tokens by YaRN, with a further factor on its magnitude.
fn yarn(attn_factor: f32) -> GgufWriter {
    let model = SyntheticModel { context_length: 128, ..SyntheticModel::default() };
    let mut writer = model.writer();
    writer
        .set("llama.rope.scaling.type", "yarn")
        .set("llama.rope.scaling.factor", 4.0f32)
        .set("llama.rope.scaling.original_context_length", 32u32)
        .set("llama.rope.scaling.attn_factor", attn_factor);
    writer
}

/// A decoder without 0.1 ln(4) + 1 would be outside of what `agrees` lets it be.
#[test]
fn the_magnitude_of_yarn_shows_in_the_logits() {
    let tokens = tokens(70);
    let logits = |attn_factor| Oracle::new(&yarn(attn_factor).to_bytes()).logits(&tokens).concat();
    let (with, without) = (logits(1.0), logits(1.0 / (0.1 * 4f32.ln() + 1.0)));
    let apart = with.iter().zip(&without).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let tolerance = devices().iter().map(|tested| tested.tiny_tolerance).fold(0.0, f32::max);
    assert!(apart > 2.0 * tolerance, "{apart} with a tolerance of {tolerance}");
}
