//! Model files that cannot be used: one line, exit code 1, nothing on standard output.

use tilewright_model::gguf::writer::GgufWriter;
use tilewright_model::synthetic::SyntheticModel;

use crate::scratch::Scratch;
use crate::subject::{command, fails};

/// What `generate` says of a file with these bytes.
fn refused(scratch: &Scratch, bytes: &[u8], parts: &[&str]) -> String {
    let path = scratch.path().join("bad.gguf");
    std::fs::write(&path, bytes).unwrap();
    let mut command = command(scratch, "generate", path.to_str().unwrap());
    let output = command.args(["--prompt", "a", "--json"]).output().unwrap();
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    fails(output, parts);
    line
}

#[test]
fn files_that_end_too_soon() {
    let scratch = Scratch::new("truncated");
    let whole = SyntheticModel { vocab_size: 258, ..SyntheticModel::default() }.to_bytes();
    let data = whole.len() - whole.len() / 8;
    let mut sections = ["header", "metadata key", "the value of", "tensor info", "wants"].to_vec();
    let lengths = (0..32).chain((32..6000).step_by(101)).chain([6000, data, whole.len() - 1]);
    for length in lengths {
        let line = refused(&scratch, &whole[..length], &["bad.gguf"]);
        sections.retain(|section| !line.contains(section));
    }
    assert_eq!(sections, [""; 0], "no file ended in these");
}

#[test]
fn files_of_another_kind() {
    let scratch = Scratch::new("foreign");
    let header = |version: u32, tensors: u64, keys: u64| {
        let counts = [tensors.to_le_bytes(), keys.to_le_bytes()].concat();
        [b"GGUF", &version.to_le_bytes()[..], &counts].concat()
    };
    refused(&scratch, b"PK\x03\x04 and so on", &["not a GGUF file"]);
    refused(&scratch, &header(1, 0, 0), &["version 1"]);
    refused(&scratch, &header(4, 0, 0), &["version 4"]);
    refused(&scratch, &header(3 << 24, 0, 0), &["big-endian"]);
    refused(&scratch, &header(3, u64::MAX, 0), &["18446744073709551615"]);
    refused(&scratch, &header(3, 0, u64::MAX), &["18446744073709551615"]);
}

#[test]
fn models_that_nobody_here_can_run() {
    let scratch = Scratch::new("unknown");
    let edited = |edit: &dyn Fn(&mut GgufWriter) -> &mut GgufWriter, parts: &[&str]| {
        let mut writer = SyntheticModel::default().writer();
        edit(&mut writer);
        refused(&scratch, &writer.to_bytes(), parts)
    };
    edited(&|w| w.set("general.architecture", "mamba"), &["general.architecture", "mamba"]);
    edited(&|w| w.set("tokenizer.ggml.pre", "viking"), &["tokenizer.ggml.pre", "viking"]);
    edited(&|w| w.set("tokenizer.ggml.model", "rwkv"), &["tokenizer.ggml.model", "rwkv"]);
    edited(&|w| w.set("llama.expert_count", 8u32), &["llama.expert_count", "8"]);
    edited(&|w| w.set("llama.embedding_length", 128u32), &["128", "64"]);
    edited(&|w| w.set("llama.block_count", 3u32), &["blk.2."]);
    edited(&|w| w.set("llama.attention.head_count", 7u32), &["[64, 224]"]);
    edited(&|w| w.set("llama.block_count", u32::MAX), &["blk.2."]);
    edited(&|w| w.set("split.count", 2u16), &["split.count", "2"]);
    edited(&|w| w.remove_tensor("blk.1.ffn_up.weight"), &["blk.1.ffn_up.weight"]);
    // The type of the only tensor: I32, which no weight has.
    let mut bytes = GgufWriter::new().to_bytes();
    bytes[8] = 1;
    bytes.extend([&1u64.to_le_bytes()[..], b"t", &1u32.to_le_bytes()].concat());
    bytes.extend([&32u64.to_le_bytes()[..], &26u32.to_le_bytes(), &[0; 8 + 256]].concat());
    refused(&scratch, &bytes, &["tensor \"t\"", "I32"]);
}
