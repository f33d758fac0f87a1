//! Writes the seeds of the `gguf` fuzz target: `cargo run --example fuzz_seeds -- FOLDER`.

use std::error::Error;
use std::path::PathBuf;

use tilewright_model::GgmlType;
use tilewright_model::gguf::writer::GgufWriter;
use tilewright_model::synthetic::SyntheticModel;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("which folder?")?);
    std::fs::create_dir_all(&folder)?;
    let mut model = SyntheticModel {
        block_count: 1,
        embedding_length: 32,
        feed_forward_length: 32,
        head_count: 1,
        weights: GgmlType::Q4_1,
        embedding: GgmlType::Q8_0,
        vocab_size: 258,
        ..SyntheticModel::default()
    };
    std::fs::write(folder.join("model"), model.to_bytes())?;
    model.output = Some(GgmlType::BF16);
    let mut scaled = model.writer();
    scaled
        .set("llama.rope.scaling.type", "yarn")
        .set("llama.rope.scaling.factor", 2.0f32)
        .set("llama.rope.scaling.original_context_length", 128u32)
        .tensor("rope_freqs.weight", GgmlType::F32, &[16], vec![0; 64]);
    std::fs::write(folder.join("scaled"), scaled.to_bytes())?;
    std::fs::write(folder.join("byte_level"), byte_level().to_bytes())?;
    std::fs::write(folder.join("sentence_piece"), sentence_piece().to_bytes())?;
    std::fs::write(folder.join("every_type"), every_type().to_bytes())?;
    std::fs::write(folder.join("empty"), GgufWriter::new().to_bytes())?;
    Ok(())
}

fn byte_level() -> GgufWriter {
    let mut writer = GgufWriter::new();
    writer
        .set("tokenizer.ggml.model", "gpt2")
        .set("tokenizer.ggml.pre", "llama-bpe")
        .set("tokenizer.ggml.tokens", ["a", "b", "ab", "<|im_end|>", "<t>"].as_slice())
        .set("tokenizer.ggml.token_type", [1i32, 1, 1, 3, 4].as_slice())
        .set("tokenizer.ggml.merges", ["a b"].as_slice())
        .set("tokenizer.ggml.eos_token_id", 3u32)
        .set("tokenizer.chat_template", "{% for m in messages %}{{ m.content }}{% endfor %}");
    writer
}

fn sentence_piece() -> GgufWriter {
    let mut writer = GgufWriter::new();
    writer
        .set("tokenizer.ggml.model", "llama")
        .set("tokenizer.ggml.tokens", ["<unk>", "</s>", "<0x0A>", "l", "ll", "▁"].as_slice())
        .set("tokenizer.ggml.scores", [0f32, 0.0, 0.0, -1.0, -2.0, -3.0].as_slice())
        .set("tokenizer.ggml.token_type", [2i32, 3, 6, 1, 5, 1].as_slice())
        .set("tokenizer.ggml.add_bos_token", false)
        .set("tokenizer.ggml.unknown_token_id", 0u32);
    writer
}

fn every_type() -> GgufWriter {
    let mut writer = GgufWriter::new();
    writer
        .set("u8", 1u8)
        .set("i8", -1i8)
        .set("u16", 1u16)
        .set("i16", -1i16)
        .set("i32", -1i32)
        .set("u64", 1u64)
        .set("i64", -1i64)
        .set("f64", 1f64)
        .set("bools", [true, false].as_slice())
        .set("general.alignment", 64u32);
    for ty in GgmlType::ALL {
        let data = vec![0; ty.block_bytes() as usize];
        writer.tensor(ty.name(), ty, &[ty.block_len()], data);
    }
    writer
}
