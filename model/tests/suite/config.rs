//! Hyper-parameters: what is read, what is defaulted, what is refused.

use tilewright_model::config::{ConfigError, Rope, RopeScaling, Yarn};
use tilewright_model::gguf::writer::GgufWriter;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::{Config, GgmlType, GgufFile};

fn read(edit: impl FnOnce(&mut GgufWriter)) -> Result<Config, ConfigError> {
    let mut writer = SyntheticModel::default().writer();
    edit(&mut writer);
    Config::from_gguf(&GgufFile::from_bytes(writer.to_bytes()).unwrap())
}

fn refusal(edit: impl FnOnce(&mut GgufWriter)) -> String {
    let message = read(edit).expect_err("the model must be refused").to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

#[test]
fn defaults_of_absent_keys() {
    let config = read(|w| {
        w.unset("llama.attention.key_length").unset("llama.attention.value_length");
    })
    .unwrap();
    let expected = Config {
        block_count: 2,
        embedding_length: 64,
        feed_forward_length: 96,
        head_count: 2,
        head_count_kv: 1,
        head_size: 32,
        rope: Rope { dimension_count: 32, freq_base: 10_000.0, scaling: RopeScaling::None },
        rope_factors: false,
        rms_epsilon: 1e-5,
        context_length: 256,
        vocab_size: 260,
        tied_output: true,
    };
    assert_eq!(config, expected);
    let full = SyntheticModel { head_count_kv: 2, ..SyntheticModel::default() };
    let mut writer = full.writer();
    writer.unset("llama.attention.head_count_kv");
    let file = GgufFile::from_bytes(writer.to_bytes()).unwrap();
    assert_eq!(Config::from_gguf(&file).unwrap().head_count_kv, 2);
}

#[test]
fn rope_scaling() {
    let linear = read(|w| {
        w.set("llama.rope.scaling.type", "linear").set("llama.rope.scaling.factor", 4.0f32);
    });
    assert_eq!(linear.unwrap().rope.scaling, RopeScaling::Linear { factor: 4.0 });
    let old = read(|w| {
        w.set("llama.rope.scale_linear", 2.0f32);
    });
    assert_eq!(old.unwrap().rope.scaling, RopeScaling::Linear { factor: 2.0 });
    let yarn = read(|w| {
        w.set("llama.rope.scaling.type", "yarn")
            .set("llama.rope.scaling.factor", 8.0f32)
            .set("llama.rope.scaling.original_context_length", 4096u32)
            .set("llama.rope.scaling.yarn_beta_fast", 16.0f32)
            .set("llama.rope.scaling.attn_factor", 1.5f32);
    });
    let expected = Yarn {
        factor: 8.0,
        original_context: 4096,
        ext_factor: 1.0,
        attn_factor: 1.5,
        beta_fast: 16.0,
        beta_slow: 1.0,
    };
    assert_eq!(yarn.unwrap().rope.scaling, RopeScaling::Yarn(expected));
}

#[test]
fn rope_factors_and_separate_output() {
    let config = read(|w| {
        w.tensor("rope_freqs.weight", GgmlType::F32, &[16], vec![0; 64]);
        w.tensor("output.weight", GgmlType::F16, &[64, 260], vec![0; 64 * 260 * 2]);
    })
    .unwrap();
    assert!(config.rope_factors && !config.tied_output);
    let wrong = refusal(|w| {
        w.tensor("rope_freqs.weight", GgmlType::F32, &[32], vec![0; 128]);
    });
    assert_eq!(wrong, "tensor \"rope_freqs.weight\" has shape [32], the metadata say [16]");
}

#[test]
fn neutral_keys_pass() {
    let config = read(|w| {
        w.set("llama.expert_count", 0u32)
            .set("llama.attention.causal", true)
            .set("llama.use_parallel_residual", false)
            .set("llama.rope.scaling.type", "none")
            .set("general.quantization_version", 2u32)
            .set("general.anything.else", "free text");
    });
    assert!(config.is_ok());
}

macro_rules! refuses {
    ($($name:ident: $message:literal, $writer:ident $edit:block)*) => {$(
        #[test]
        fn $name() {
            let message = refusal(|$writer| { let _ = $edit; });
            assert!(message.starts_with($message), "{message}");
        }
    )*};
}

refuses! {
    architecture: "metadata key \"general.architecture\" is \"gemma2\": only \"llama\"",
        w { w.set("general.architecture", "gemma2") }
    no_architecture: "metadata key \"general.architecture\" is missing",
        w { w.unset("general.architecture") }
    adapter: "metadata key \"general.type\" is \"adapter\"",
        w { w.set("general.type", "adapter") }
    old_quantisation: "metadata key \"general.quantization_version\" is 1",
        w { w.set("general.quantization_version", 1u32) }
    missing_key: "metadata key \"llama.block_count\" is missing",
        w { w.unset("llama.block_count") }
    text_for_a_number: "metadata key \"llama.block_count\" must be an unsigned integer of 32 bits",
        w { w.set("llama.block_count", "two") }
    no_blocks: "metadata key \"llama.block_count\" is 0: it must be at least 1",
        w { w.set("llama.block_count", 0u32) }
    absurd_blocks: "tensor \"blk.2.attn_norm.weight\" is missing, shape [64] expected",
        w { w.set("llama.block_count", u32::MAX) }
    fewer_blocks: "tensor \"blk.1.attn_k.weight\" [64, 32] is not part of a model",
        w { w.set("llama.block_count", 1u32) }
    experts: "metadata key \"llama.expert_count\" is 8: this feature is not supported",
        w { w.set("llama.expert_count", 8u32) }
    unknown_key: "metadata key \"llama.attn_logit_softcapping\" is 50: this key is not supported",
        w { w.set("llama.attn_logit_softcapping", 50.0f32) }
    sliding_window: "metadata key \"llama.attention.sliding_window\" is 4096",
        w { w.set("llama.attention.sliding_window", 4096u32) }
    longrope: "metadata key \"llama.rope.scaling.type\" is \"longrope\": only none, linear",
        w { w.set("llama.rope.scaling.type", "longrope") }
    untyped_factor: "metadata key \"llama.rope.scaling.factor\" is 2: llama.rope.scaling.type",
        w { w.set("llama.rope.scaling.factor", 2.0f32) }
    yarn_without_context:
        "metadata key \"llama.rope.scaling.original_context_length\" is missing",
        w { w.set("llama.rope.scaling.type", "yarn").set("llama.rope.scaling.factor", 2.0f32) }
    zero_factor: "metadata key \"llama.rope.scaling.factor\" is 0: it must be positive",
        w { w.set("llama.rope.scaling.type", "linear").set("llama.rope.scaling.factor", 0.0f32) }
    infinite_base: "metadata key \"llama.rope.freq_base\" must be a finite float, it is inf",
        w { w.set("llama.rope.freq_base", f32::INFINITY) }
    odd_rope: "metadata key \"llama.rope.dimension_count\" is 31: it must be even",
        w { w.set("llama.rope.dimension_count", 31u32) }
    wide_rope: "metadata key \"llama.rope.dimension_count\" is 64: it must be even",
        w { w.set("llama.rope.dimension_count", 64u32) }
    head_groups: "llama.attention.head_count 2 is not a multiple of llama.attention.head_count_kv",
        w { w.set("llama.attention.head_count_kv", 3u32) }
    no_kv_heads: "llama.attention.head_count 2 is not a multiple of llama.attention.head_count_kv",
        w { w.set("llama.attention.head_count_kv", 0u32) }
    head_size: "head size 48 is not supported, only [32, 64, 80, 96, 128, 256] are",
        w { w.set("llama.attention.key_length", 48u32).set("llama.attention.value_length", 48u32) }
    head_sizes: "llama.attention.key_length 64 and llama.attention.value_length 32 differ",
        w { w.set("llama.attention.key_length", 64u32) }
    unknown_head_size: "llama.attention.key_length is missing and llama.embedding_length 64",
        w { w.set("llama.attention.head_count", 3u32).unset("llama.attention.key_length") }
    width: "llama.feed_forward_length is 100, which is not a multiple of 32",
        w { w.set("llama.feed_forward_length", 100u32) }
    shape: "tensor \"blk.0.ffn_gate.weight\" has shape [64, 96], the metadata say [64, 128]",
        w { w.set("llama.feed_forward_length", 128u32) }
    epsilon: "metadata key \"llama.attention.layer_norm_rms_epsilon\" is -1",
        w { w.set("llama.attention.layer_norm_rms_epsilon", -1.0f32) }
    vocabulary: "llama.vocab_size says 100 tokens, token_embd.weight has 260 rows",
        w { w.set("llama.vocab_size", 100u32) }
    tokens: "tokenizer.ggml.tokens says 1 tokens, token_embd.weight has 260 rows",
        w { w.set("tokenizer.ggml.tokens", ["a"].as_slice()) }
    missing_tensor: "tensor \"output_norm.weight\" is missing, shape [64] expected",
        w { w.remove_tensor("output_norm.weight") }
    missing_embedding: "tensor \"token_embd.weight\" is missing, shape [64, 260] expected",
        w { w.remove_tensor("token_embd.weight") }
    bias: "tensor \"blk.0.attn_q.bias\" [64] is not part of a model that is supported (biases",
        w { w.tensor("blk.0.attn_q.bias", GgmlType::F32, &[64], vec![0; 256]) }
    expert_tensor: "tensor \"blk.0.ffn_up_exps.weight\" [64, 32, 2] is not part of a model",
        w { w.tensor("blk.0.ffn_up_exps.weight", GgmlType::F16, &[64, 32, 2], vec![0; 8192]) }
}
