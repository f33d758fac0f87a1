//! Small vocabularies for tests.

use tilewright_model::gguf::writer::GgufWriter;
use tilewright_model::tokenizer::TokenizerError;
use tilewright_model::{GgufFile, Tokenizer};

pub(crate) const NORMAL: i32 = 1;
pub(crate) const UNKNOWN: i32 = 2;
pub(crate) const CONTROL: i32 = 3;
pub(crate) const USER: i32 = 4;
pub(crate) const UNUSED: i32 = 5;
pub(crate) const BYTE: i32 = 6;

/// A byte-level vocabulary: printable ASCII, `Ġ` (space), `Ċ` (newline), the bytes of é and U+0301,
/// the results of `merges`, and `specials` with their kinds at the end.
pub(crate) fn byte_level(pre: &str, merges: &[&str], specials: &[(&str, i32)]) -> GgufWriter {
    let mut names: Vec<String> = ('!'..='~').map(String::from).collect();
    // é is C3 A9; the combining acute U+0301 is CC 81, and 81 is spelled U+0123.
    names.extend(["Ġ", "Ċ", "Ã", "©", "Ì", "\u{123}"].map(String::from));
    names.extend(merges.iter().map(|merge| merge.replace(' ', "")));
    let mut kinds = vec![NORMAL; names.len()];
    names.extend(specials.iter().map(|special| special.0.to_owned()));
    kinds.extend(specials.iter().map(|special| special.1));
    let mut writer = GgufWriter::new();
    writer
        .set("tokenizer.ggml.model", "gpt2")
        .set("tokenizer.ggml.pre", pre)
        .set("tokenizer.ggml.tokens", names.as_slice())
        .set("tokenizer.ggml.token_type", kinds.as_slice())
        .set("tokenizer.ggml.merges", merges);
    writer
}

/// A SentencePiece vocabulary: unknown, `<s>`, `</s>`, the 256 bytes, then `pieces` with scores.
pub(crate) fn sentence_piece(pieces: &[(&str, f32, i32)]) -> GgufWriter {
    let mut names = vec!["<unk>".to_owned(), "<s>".to_owned(), "</s>".to_owned()];
    names.extend((0..256).map(|byte| format!("<0x{byte:02X}>")));
    let mut kinds = vec![UNKNOWN, CONTROL, CONTROL];
    kinds.resize(names.len(), BYTE);
    let mut scores = vec![0f32; names.len()];
    for &(name, score, kind) in pieces {
        names.push(name.to_owned());
        scores.push(score);
        kinds.push(kind);
    }
    let mut writer = GgufWriter::new();
    writer
        .set("tokenizer.ggml.model", "llama")
        .set("tokenizer.ggml.tokens", names.as_slice())
        .set("tokenizer.ggml.scores", scores.as_slice())
        .set("tokenizer.ggml.token_type", kinds.as_slice())
        .set("tokenizer.ggml.bos_token_id", 1u32)
        .set("tokenizer.ggml.eos_token_id", 2u32)
        .set("tokenizer.ggml.unknown_token_id", 0u32);
    writer
}

pub(crate) fn try_build(writer: &GgufWriter) -> Result<Tokenizer, TokenizerError> {
    let file = GgufFile::from_bytes(writer.to_bytes()).unwrap();
    Tokenizer::from_metadata(file.metadata())
}

pub(crate) fn build(writer: &GgufWriter) -> Tokenizer {
    try_build(writer).unwrap_or_else(|error| panic!("{error}"))
}

/// The tokens' names, for comparison.
pub(crate) fn names(tokenizer: &Tokenizer, ids: &[u32]) -> Vec<String> {
    ids.iter().map(|&id| tokenizer.name(id).unwrap().to_owned()).collect()
}
