//! The default model: its tokenizer and template against ids from an independent implementation.

use serde::Deserialize;
use tilewright_model::chat::{Message, RenderOptions, Role};
use tilewright_model::{ModelFile, ParseSpecial};

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
    tokenizer_vectors: Vec<TokenizerVector>,
}

#[derive(Deserialize)]
struct Case {
    prompt: String,
    prompt_ids: Vec<u32>,
    greedy_ids: Vec<u32>,
}

#[derive(Deserialize)]
struct TokenizerVector {
    text: String,
    ids: Vec<u32>,
}

fn reference() -> Reference {
    let path = crate::package().join("../tests/data/smollm2.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn model() -> ModelFile {
    let path = std::env::var_os("TILEWRIGHT_TEST_MODEL").expect(
        "set TILEWRIGHT_TEST_MODEL to the path of SmolLM2-135M-Instruct.Q4_1.gguf \
         (`cargo xtask ci` fetches it)",
    );
    ModelFile::open(path).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn hyper_parameters() {
    let model = model();
    let config = model.config();
    assert_eq!((config.block_count, config.embedding_length), (30, 576));
    assert_eq!((config.head_count, config.head_count_kv, config.head_size), (9, 3, 64));
    assert_eq!((config.rope.freq_base, config.rope.dimension_count), (100_000.0, 64));
    assert_eq!((config.vocab_size, config.tied_output), (49152, true));
    assert_eq!(model.tensors().count(), 272);
}

#[test]
fn ids_equal_the_reference() {
    let tokenizer = model().tokenizer().unwrap();
    let reference = reference();
    assert!(reference.tokenizer_vectors.len() >= 5 && reference.cases.len() >= 4);
    for TokenizerVector { text, ids } in reference.tokenizer_vectors {
        assert_eq!(tokenizer.encode(&text, ParseSpecial::Yes).unwrap(), ids, "{text:?}");
    }
    for case in reference.cases {
        assert_eq!(tokenizer.encode_prompt(&case.prompt).unwrap(), case.prompt_ids);
        assert!(case.greedy_ids.iter().all(|&id| (id as usize) < tokenizer.vocab_size()));
    }
    assert_eq!(tokenizer.end_tokens().collect::<Vec<_>>(), [0, 2]);
    assert_eq!(tokenizer.missing_bytes(), [0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, 0xF1, 0xF2]);
}

#[test]
fn texts_round_trip() {
    let tokenizer = model().tokenizer().unwrap();
    for text in ["naïve café 日本語 🙂", "a\r\n\tb  c", "fn f<'a>(x: &'a str) {}", "<|im_end|>"]
    {
        let ids = tokenizer.encode(text, ParseSpecial::No).unwrap();
        assert_eq!(tokenizer.decode(&ids), text);
    }
}

/// The template's own text, with and without the system message that it adds.
#[test]
fn a_conversation_equals_the_reference() {
    let model = model();
    let tokenizer = model.tokenizer().unwrap();
    let template = model.chat_template().unwrap();
    let reference = reference();
    let case = reference.cases.iter().find(|case| case.prompt.contains("What is 2+2?")).unwrap();
    let user = Message { role: Role::User, content: "What is 2+2?".into() };
    let options = RenderOptions::default();
    let one = std::slice::from_ref(&user);
    assert_eq!(template.render(one, &tokenizer, options).unwrap(), case.prompt);
    assert_eq!(template.encode(one, &tokenizer, options).unwrap(), case.prompt_ids);
    let system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face";
    let system = Message { role: Role::System, content: system.into() };
    let ids = template.encode(&[system, user], &tokenizer, options).unwrap();
    assert_eq!(ids, case.prompt_ids);
}
