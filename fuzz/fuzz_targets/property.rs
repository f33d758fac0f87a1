//! What holds for any bytes: a model or a one-line error from file, hyper-parameters, vocabulary
//! and template. `model/tests/gguf_corpus.rs` builds the fuzz target and runs this without a fuzzer.

use tilewright_model::chat::ChatTemplate;
use tilewright_model::{Config, GgufFile, ParseSpecial, Tokenizer};

/// Reads the bytes as far as they go; returns whether they are a whole model.
pub fn read(bytes: &[u8]) -> bool {
    let gguf = match GgufFile::from_bytes(bytes.to_vec()) {
        Ok(gguf) => gguf,
        Err(error) => return one_line(&error),
    };
    for tensor in gguf.tensors() {
        let row = tensor.ggml_type.row_bytes(tensor.row_len());
        let bytes = row.map(|row| row * tensor.rows());
        assert_eq!(bytes, Some(tensor.bytes.len() as u64), "{}", tensor.name);
    }
    // Each part on its own, so that a broken one does not hide the others.
    let mut whole = true;
    if let Err(error) = Config::from_gguf(&gguf) {
        whole = one_line(&error);
    }
    if let Err(error) = ChatTemplate::from_metadata(gguf.metadata()) {
        // A model needs no template.
        one_line(&error);
    }
    match Tokenizer::from_metadata(gguf.metadata()) {
        Ok(tokenizer) => {
            let text = "Hello, <|im_end|> 123 na\u{ef}ve\n";
            if let Ok(ids) = tokenizer.encode(text, ParseSpecial::Yes) {
                tokenizer.decode(&ids);
            }
            whole
        }
        Err(error) => one_line(&error),
    }
}

/// Checks an error's message; it is no model.
fn one_line(error: &dyn std::fmt::Display) -> bool {
    let message = error.to_string();
    assert!(!message.is_empty() && !message.contains(['\n', '\r']), "{message:?}");
    false
}
