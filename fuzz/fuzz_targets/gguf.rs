//! Any bytes give a model or a one-line error: file, hyper-parameters, vocabulary, template.
//! `cargo fuzz run -s none gguf` (the parser has no unsafe code for a sanitizer to watch).
#![no_main]

use libfuzzer_sys::fuzz_target;
use tilewright_model::chat::ChatTemplate;
use tilewright_model::{Config, GgufFile, ParseSpecial, Tokenizer};

fuzz_target!(|bytes: &[u8]| {
    let gguf = match GgufFile::from_bytes(bytes.to_vec()) {
        Ok(gguf) => gguf,
        Err(error) => return one_line(&error),
    };
    for tensor in gguf.tensors() {
        assert_eq!(tensor.ggml_type.row_bytes(tensor.row_len()).map(|row| row * tensor.rows()),
            Some(tensor.bytes.len() as u64));
    }
    // Each part on its own, so that a broken one does not hide the others.
    if let Err(error) = Config::from_gguf(&gguf) {
        one_line(&error);
    }
    if let Err(error) = ChatTemplate::from_metadata(gguf.metadata()) {
        one_line(&error);
    }
    match Tokenizer::from_metadata(gguf.metadata()) {
        Ok(tokenizer) => {
            let text = "Hello, <|im_end|> 123 na\u{ef}ve\n";
            if let Ok(ids) = tokenizer.encode(text, ParseSpecial::Yes) {
                tokenizer.decode(&ids);
            }
        }
        Err(error) => one_line(&error),
    }
});

fn one_line(error: &dyn std::fmt::Display) {
    let message = error.to_string();
    assert!(!message.is_empty() && !message.contains(['\n', '\r']), "{message:?}");
}
