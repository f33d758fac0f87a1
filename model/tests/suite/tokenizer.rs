//! Tokenizers of every kind on small vocabularies.

use super::vocabularies::*;
use proptest::prelude::*;
use tilewright_model::gguf::writer::GgufWriter;
use tilewright_model::tokenizer::{TokenStream, Utf8Stream};
use tilewright_model::{ParseSpecial, Tokenizer};

fn plain(tokenizer: &Tokenizer, text: &str) -> Vec<String> {
    names(tokenizer, &tokenizer.encode(text, ParseSpecial::No).unwrap())
}

fn refusal(writer: &GgufWriter) -> String {
    let message = try_build(writer).err().expect("it must be refused").to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

#[test]
fn digits_are_cut_as_each_pre_tokenizer_says() {
    let merges = ["1 2", "12 3", "123 4"];
    let cut = |pre| plain(&build(&byte_level(pre, &merges, &[])), "1234").join("|");
    assert_eq!(cut("gpt-2"), "1234");
    assert_eq!(cut("smollm"), "1|2|3|4");
    assert_eq!(cut("llama-bpe"), "123|4");
    assert_eq!(cut("qwen2"), "1|2|3|4");
}

#[test]
fn words_are_cut_as_each_pre_tokenizer_says() {
    // A word with a leading character other than a space, contractions, and trailing newlines.
    let merges = ["( a", "' T", "! Ċ", "Ġ a"];
    let cut = |pre, text| plain(&build(&byte_level(pre, &merges, &[])), text).join("|");
    for (pre, paren, upper, newline) in [
        ("gpt-2", "(|a", "I|'|T", "!|Ċ"),
        ("smollm", "(|a", "I|'|T", "!|Ċ"),
        ("llama-bpe", "(a", "I|'T", "!Ċ"),
        ("qwen2", "(a", "I|'T", "!Ċ"),
    ] {
        assert_eq!(cut(pre, "(a"), paren, "{pre}");
        assert_eq!(cut(pre, "I'T"), upper, "{pre}");
        assert_eq!(cut(pre, "!\n"), newline, "{pre}");
        assert_eq!(cut(pre, "a  a"), "a|Ġ|Ġa", "{pre}");
    }
}

#[test]
fn merges_go_by_rank() {
    let tokenizer = build(&byte_level("gpt-2", &["b c", "a b", "ab c"], &[]));
    assert_eq!(plain(&tokenizer, "abc"), ["a", "bc"]);
    assert_eq!(plain(&tokenizer, "ab"), ["ab"]);
}

#[test]
fn llama_takes_whole_words_without_merging() {
    let specials = [("abc", NORMAL)];
    let cut = |pre| plain(&build(&byte_level(pre, &[], &specials)), "abc").join("|");
    assert_eq!((cut("llama-bpe").as_str(), cut("qwen2").as_str()), ("abc", "a|b|c"));
}

#[test]
fn qwen_composes_characters() {
    let cut = |pre| plain(&build(&byte_level(pre, &[], &[])), "e\u{301}").join("|");
    assert_eq!((cut("qwen2").as_str(), cut("gpt-2").as_str()), ("Ã|©", "e|Ì|\u{123}"));
}

#[test]
fn special_tokens_only_where_asked_for() {
    let specials = [("<|a|>", CONTROL), ("<|a|>b", USER), ("<|im_end|>", NORMAL)];
    let tokenizer = build(&byte_level("gpt-2", &[], &specials));
    let yes = tokenizer.encode("x<|a|>by<|a|><|im_end|>", ParseSpecial::Yes).unwrap();
    assert_eq!(names(&tokenizer, &yes), ["x", "<|a|>b", "y", "<|a|>", "<|im_end|>"]);
    let no = tokenizer.encode("<|a|>b<|im_end|>", ParseSpecial::No).unwrap();
    assert_eq!(no.len(), 16);
    assert_eq!(tokenizer.decode(&no), "<|a|>b<|im_end|>");
    // The user-defined token is text, the control tokens are not.
    assert_eq!(tokenizer.decode(&yes), "x<|a|>by");
    assert!(tokenizer.is_end(yes[4]) && tokenizer.end_tokens().count() == 1);
}

#[test]
fn no_text_merges_into_a_special_token() {
    let mut writer = byte_level("gpt-2", &["a b", "ab c"], &[]);
    assert_eq!(plain(&build(&writer), "abc"), ["abc"]);
    for kind in [CONTROL, USER] {
        let mut kinds = [NORMAL; 102];
        kinds[101] = kind;
        let tokenizer = build(writer.set("tokenizer.ggml.token_type", kinds.as_slice()));
        assert_eq!(plain(&tokenizer, "abc"), ["ab", "c"]);
        assert_eq!(tokenizer.encode("abc", ParseSpecial::Yes).unwrap(), [101]);
    }
}

#[test]
fn bytes_without_a_token_are_dropped_and_listed() {
    let tokenizer = build(&byte_level("gpt-2", &[], &[]));
    assert_eq!(plain(&tokenizer, "a\u{4}b"), ["a", "b"]);
    // 243 bytes occur in UTF-8, 100 have a token.
    assert_eq!(tokenizer.missing_bytes().len(), 243 - 100);
    assert!(tokenizer.missing_bytes().contains(&4) && !tokenizer.missing_bytes().contains(&b' '));
}

#[test]
fn bos_and_eos_follow_the_file_and_the_kind() {
    let specials = [("<|b|>", CONTROL), ("<|e|>", CONTROL)];
    let prompt = |pre: &str, edit: fn(&mut GgufWriter)| {
        let mut writer = byte_level(pre, &[], &specials);
        writer
            .set("tokenizer.ggml.bos_token_id", 100u32)
            .set("tokenizer.ggml.eos_token_id", 101u32);
        edit(&mut writer);
        let tokenizer = build(&writer);
        names(&tokenizer, &tokenizer.encode_prompt("x").unwrap()).concat()
    };
    assert_eq!(prompt("gpt-2", |_| {}), "x");
    assert_eq!(prompt("llama-bpe", |_| {}), "<|b|>x");
    let on = |w: &mut GgufWriter| {
        w.set("tokenizer.ggml.add_bos_token", true).set("tokenizer.ggml.add_eos_token", true);
    };
    assert_eq!(prompt("gpt-2", on), "<|b|>x<|e|>");
    let off = |w: &mut GgufWriter| {
        w.set("tokenizer.ggml.add_bos_token", false);
    };
    assert_eq!(prompt("llama-bpe", off), "x");
    let spm = build(&sentence_piece(&[]));
    assert_eq!(spm.encode_prompt("").unwrap(), [1]);
}

#[test]
fn sentence_piece_merges_the_best_score_first() {
    let pieces = [
        ("▁", -9.0, NORMAL),
        ("a", -9.0, NORMAL),
        ("b", -9.0, NORMAL),
        ("c", -9.0, NORMAL),
        ("ab", -3.0, NORMAL),
        ("bc", -2.0, NORMAL),
        ("▁a", -4.0, NORMAL),
        ("aa", -1.0, NORMAL),
    ];
    let mut writer = sentence_piece(&pieces);
    let tokenizer = build(&writer);
    assert_eq!(plain(&tokenizer, "abc"), ["▁a", "bc"]);
    // Equal scores: the leftmost pair.
    assert_eq!(plain(&tokenizer, "aaa"), ["▁", "aa", "a"]);
    assert_eq!(plain(&tokenizer, "a b"), ["▁a", "▁", "b"]);
    assert_eq!(tokenizer.decode(&tokenizer.encode("a b", ParseSpecial::No).unwrap()), " a b");
    let tokenizer = build(writer.set("tokenizer.ggml.add_space_prefix", false));
    assert_eq!(plain(&tokenizer, "abc"), ["a", "bc"]);
}

#[test]
fn sentence_piece_falls_back_to_bytes() {
    let tokenizer = build(&sentence_piece(&[("▁", -1.0, NORMAL)]));
    assert_eq!(plain(&tokenizer, "é\n"), ["▁", "<0xC3>", "<0xA9>", "<0x0A>"]);
    let ids = tokenizer.encode("日本", ParseSpecial::No).unwrap();
    assert_eq!(tokenizer.decode(&ids), " 日本");
}

#[test]
fn unused_pieces_fall_apart() {
    let pieces =
        [("a", -9.0, NORMAL), ("b", -9.0, NORMAL), ("ab", -1.0, UNUSED), ("abab", -0.5, NORMAL)];
    let mut writer = sentence_piece(&pieces);
    let tokenizer = build(writer.set("tokenizer.ggml.add_space_prefix", false));
    assert_eq!(plain(&tokenizer, "ab"), ["a", "b"]);
    assert_eq!(plain(&tokenizer, "abab"), ["abab"]);
}

#[test]
fn sentence_piece_text_never_becomes_a_control_token() {
    let pieces =
        [("<", -1.0, NORMAL), ("/s>", -1.0, NORMAL), ("/", -1.0, NORMAL), ("s>", -1.0, NORMAL)];
    let mut writer = sentence_piece(&pieces);
    let tokenizer = build(writer.set("tokenizer.ggml.add_space_prefix", false));
    assert!(!tokenizer.encode("</s>", ParseSpecial::No).unwrap().contains(&2));
    assert_eq!(tokenizer.encode("</s>", ParseSpecial::Yes).unwrap(), [2]);
}

#[test]
fn characters_wait_for_their_bytes() {
    let tokenizer = build(&sentence_piece(&[]));
    let mut stream = TokenStream::new(&tokenizer);
    let byte = |byte: u32| byte + 3;
    let texts = [0xF0, 0x9F, 0x99, 0x82].map(|b| stream.push(byte(b)));
    assert_eq!(texts, ["", "", "", "🙂"]);
    assert_eq!(stream.push(byte(0xE6)), "");
    assert_eq!(stream.push(byte(b'x'.into())), "\u{FFFD}x");
    assert_eq!((stream.push(byte(0xE6)), stream.push(2)), (String::new(), String::new()));
    assert_eq!(stream.finish(), "\u{FFFD}");
}

proptest! {
    #[test]
    fn streaming_equals_lossy_decoding(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut stream = Utf8Stream::new();
        let mut text: String = bytes.iter().map(|&byte| stream.push(&[byte])).collect();
        text.push_str(&stream.finish());
        prop_assert_eq!(text, String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn sentence_piece_round_trips(text in "[a-c é日 ]{0,20}") {
        let pieces = [("ab", -1.0, NORMAL), ("▁a", -2.0, NORMAL), ("c", -3.0, NORMAL),
            ("bc", -0.5, NORMAL), ("▁", -4.0, NORMAL), ("▁▁", -2.5, NORMAL)];
        let mut writer = sentence_piece(&pieces);
        let tokenizer = build(writer.set("tokenizer.ggml.add_space_prefix", false));
        let ids = tokenizer.encode(&text, ParseSpecial::No).unwrap();
        prop_assert_eq!(tokenizer.decode(&ids), text);
    }
}

#[test]
fn broken_vocabularies_are_named() {
    let byte = |edit: &dyn Fn(&mut GgufWriter)| {
        let mut writer = byte_level("gpt-2", &["a b"], &[]);
        edit(&mut writer);
        refusal(&writer)
    };
    let set = |key: &'static str, value: &'static str| {
        byte(&move |w| {
            w.set(key, value);
        })
    };
    let merges = |merge: &'static str| {
        byte(&move |w| {
            w.set("tokenizer.ggml.merges", [merge].as_slice());
        })
    };
    let cases = [
        (set("tokenizer.ggml.model", "t5"), "tokenizer.ggml.model is \"t5\", only"),
        (set("tokenizer.ggml.pre", "default"), "tokenizer.ggml.pre is \"default\", only"),
        (
            byte(&|w| {
                w.unset("tokenizer.ggml.pre");
            }),
            "metadata key \"tokenizer.ggml.pre\" is missing",
        ),
        (merges("ab"), "tokenizer.ggml.merges[0] is \"ab\", two tokens"),
        (merges("a  b"), "tokenizer.ggml.merges[0] is \"a  b\", two tokens"),
        (merges("é a"), "tokenizer.ggml.merges[0] \"é a\": \"é\" is not in the vocabulary"),
        (merges("a c"), "tokenizer.ggml.merges[0] \"a c\": \"ac\" is not in the vocabulary"),
        (
            byte(&|w| {
                w.set("tokenizer.ggml.token_type", [1i32].as_slice());
            }),
            "tokenizer.ggml.token_type has 1 entries for 101 tokens",
        ),
        (
            byte(&|w| {
                w.set("tokenizer.ggml.token_type", [9i32; 101].as_slice());
            }),
            "tokenizer.ggml.token_type[0] is 9, 1 to 6",
        ),
        (
            byte(&|w| {
                w.set("tokenizer.ggml.eos_token_id", 101u32);
            }),
            "tokenizer.ggml.eos_token_id is 101, the vocabulary has 101 tokens",
        ),
        (
            byte(&|w| {
                w.set("tokenizer.ggml.add_bos_token", true);
            }),
            "tokenizer.ggml.add_bos_token is true but tokenizer.ggml.bos_token_id is missing",
        ),
        (
            refusal(&byte_level("gpt-2", &[], &[("a", NORMAL)])),
            "tokens 64 and 100 have the same text \"a\"",
        ),
        (refusal(&sentence_piece(&[("x", f32::NAN, NORMAL)])), "tokenizer.ggml.scores[259] is NaN"),
        (refusal(&sentence_piece(&[("<0xZZ>", 0.0, BYTE)])), "byte token 259 is called"),
        (
            refusal(sentence_piece(&[]).set("tokenizer.ggml.remove_extra_whitespaces", true)),
            "tokenizer.ggml.remove_extra_whitespaces is true",
        ),
    ];
    for (message, start) in cases {
        assert!(message.starts_with(start), "{message}\n  should begin with {start}");
    }
}

/// A run of spaces beyond the pattern matcher's own limit is tokenised all the same.
#[test]
fn long_runs_of_spaces() {
    for pre in ["gpt-2", "llama-bpe"] {
        let tokenizer = build(&byte_level(pre, &[], &[]));
        let ids = tokenizer.encode(&" ".repeat(1_100_000), ParseSpecial::No).unwrap();
        assert_eq!(ids.len(), 1_100_000, "{pre}");
    }
}
