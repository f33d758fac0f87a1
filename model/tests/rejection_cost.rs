//! A file that is refused costs little memory, however large it pretends, or tries, to be.
//! The test starts itself once more per file, to watch the peak of a fresh process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

use tilewright_model::gguf::writer::GgufWriter;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::{GgmlType, ModelFile};

/// The process's largest resident size so far, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Set for the process that opens a file.
const FILE: &str = "TILEWRIGHT_COST_FILE";

fn long_keys() -> Vec<u8> {
    let mut writer = GgufWriter::new();
    for index in 0..300 {
        writer.set(&format!("{index}{}", "k".repeat(65_000)), 1u8);
    }
    writer.to_bytes()
}

fn many_tensors() -> Vec<u8> {
    let mut writer = GgufWriter::new();
    for index in 0..3000 {
        let name = format!("{index}{}", "t".repeat(240));
        writer.tensor(&name, GgmlType::F32, &[1, 1, 1, 1], vec![0; 4]);
    }
    writer.to_bytes()
}

/// A vocabulary that fills the directory and fails in its last merge.
fn large_vocabulary() -> Vec<u8> {
    let mut tokens: Vec<String> = (0..400_000).map(|id| format!("{id:020}")).collect();
    tokens[0] = "0".into();
    tokens[1] = "00".into();
    let mut model = SyntheticModel {
        block_count: 1,
        embedding_length: 32,
        feed_forward_length: 32,
        head_count: 1,
        embedding: GgmlType::Q4_0,
        ..SyntheticModel::default()
    };
    model.vocab_size = 400_000;
    let mut writer = model.writer();
    let mut merges = vec!["0 0"; 400_000];
    merges[399_999] = "x x";
    writer
        .set("tokenizer.ggml.tokens", tokens.as_slice())
        .set("tokenizer.ggml.token_type", vec![1i32; 400_000].as_slice())
        .set("tokenizer.ggml.merges", merges.as_slice());
    writer.to_bytes()
}

/// A header, and then zeros as far as the file goes.
fn header(tensors: u64, keys: u64) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend(tensors.to_le_bytes());
    bytes.extend(keys.to_le_bytes());
    bytes
}

/// One key `k` of a value type, and the value's first bytes.
fn key(ty: u32, value: &[u8]) -> Vec<u8> {
    let mut bytes = header(0, 1);
    bytes.extend(1u64.to_le_bytes());
    bytes.push(b'k');
    bytes.extend(ty.to_le_bytes());
    bytes.extend(value);
    bytes
}

/// An array of `count` elements of a type.
fn array(element: u32, count: u64) -> Vec<u8> {
    key(9, &[&element.to_le_bytes()[..], &count.to_le_bytes()].concat())
}

/// One tensor `t` of one dimension.
fn tensor(dim: u64, offset: u64) -> Vec<u8> {
    let mut bytes = header(1, 0);
    bytes.extend(1u64.to_le_bytes());
    bytes.push(b't');
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(dim.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes
}

/// Length of a file with holes, so long that its counts can be true.
const HUGE: u64 = 1 << 40;

/// Absurd counts, lengths, sizes and offsets, at the length of the file as it is and at [`HUGE`].
fn absurd() -> Vec<Vec<u8>> {
    vec![
        header(u64::MAX, 0),
        header(0, u64::MAX),
        header(1 << 34, 0),
        header(0, 1 << 34),
        key(8, &u64::MAX.to_le_bytes()),
        key(8, &(1u64 << 38).to_le_bytes()),
        array(4, u64::MAX),
        array(4, 1 << 37),
        array(8, 1 << 36),
        array(9, 1 << 36),
        tensor(u64::MAX, 0),
        tensor(1 << 37, 1 << 41),
        tensor(4, u64::MAX - 31),
    ]
}

/// Opens the file, and prints what that cost in KiB and why it is refused.
fn open(path: &Path) {
    let before = peak();
    let refusal = match ModelFile::open(path) {
        Err(error) => error.to_string(),
        Ok(model) => model.tokenizer().err().expect("it must be refused").to_string(),
    };
    println!("\ncost {} {refusal}", peak() - before);
}

#[test]
fn refusals_cost_less_than_64_mb() {
    if let Some(path) = std::env::var_os(FILE) {
        return open(Path::new(&path));
    }
    let path = std::env::temp_dir().join(format!("tilewright-cost-{}.gguf", std::process::id()));
    let files = [
        (long_keys(), "general.architecture"),
        (many_tensors(), "general.architecture"),
        (large_vocabulary(), "tokenizer.ggml.merges[399999]"),
    ];
    let absurd = absurd().into_iter();
    let absurd = absurd.flat_map(|b| [b.len() as u64, HUGE].map(|length| (b.clone(), length, "")));
    let files = files.map(|(bytes, reason)| {
        let length = bytes.len() as u64;
        (bytes, length, reason)
    });
    for (bytes, length, reason) in files.into_iter().chain(absurd) {
        std::fs::write(&path, bytes).unwrap();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        let child = child.args(["refusals", "--nocapture"]).env(FILE, &path).output().unwrap();
        let out = String::from_utf8(child.stdout).unwrap();
        let line = out.lines().find_map(|line| line.strip_prefix("cost ")).expect(&out);
        let (cost, refusal) = line.split_once(' ').unwrap();
        assert!(refusal.contains(reason), "{refusal}");
        assert!(cost.parse::<u64>().unwrap() < 64_000, "{cost} KiB: {refusal}");
        eprintln!("{cost} KiB: {refusal}");
    }
    std::fs::remove_file(&path).unwrap();
}
