//! The fuzz target's property without a fuzzer: any bytes give a model or a one-line error.
//! `cargo xtask ci fuzz` lets it run for a minute.

#![allow(clippy::unwrap_used, clippy::expect_used)]

// The fuzz target as the fuzzer builds it, so that it cannot rot; it has no `main` there.
#[allow(unused_attributes)]
#[path = "../../fuzz/fuzz_targets/gguf.rs"]
mod gguf;

use std::path::Path;
use std::time::{Duration, Instant};

use gguf::property::read;

use tilewright_model::sampling::philox::philox4x32_10;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::{GgmlType, GgufFile};

/// A small file with one of everything.
fn tiny() -> Vec<u8> {
    let model = SyntheticModel {
        block_count: 1,
        embedding_length: 32,
        feed_forward_length: 32,
        head_count: 1,
        weights: GgmlType::Q4_0,
        embedding: GgmlType::Q8_0,
        vocab_size: 258,
        ..SyntheticModel::default()
    };
    model.to_bytes()
}

#[test]
fn every_truncation_is_refused() {
    let whole = tiny();
    assert!(read(&whole));
    for length in 0..whole.len() {
        assert!(!read(&whole[..length]), "{length} of {} bytes", whole.len());
    }
}

/// Every 32-bit and 64-bit field of the directory at its extremes, wherever it lies.
#[test]
fn extreme_fields_never_panic() {
    let whole = tiny();
    let data = 32 * 258 / 32 * 34;
    let mut bytes = whole.clone();
    for at in 0..whole.len() - data {
        for extreme in [[0; 8], [0xFF; 8], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]] {
            for width in [1, 4, 8] {
                bytes[at..at + width].copy_from_slice(&extreme[8 - width..]);
                GgufFile::from_bytes(bytes.clone()).map(drop).unwrap_or_default();
                bytes[at..at + width].copy_from_slice(&whole[at..at + width]);
            }
        }
    }
    assert_eq!(bytes, whole);
}

/// The fuzzer's corpus: what it found to reach every part of the parser, and a small whole model.
fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/gguf"));
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 100, "{} has lost its files", folder.display());
    let mut corpus: Vec<_> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    corpus.push(tiny());
    corpus
}

/// How long changed files are tried: `TILEWRIGHT_FUZZ_SECONDS`, else three seconds.
fn time() -> Duration {
    let seconds = std::env::var("TILEWRIGHT_FUZZ_SECONDS").ok();
    Duration::from_secs(seconds.map_or(3, |seconds| seconds.parse().unwrap()))
}

/// Changes one to four places: a byte, a bit, a run that is lost, four bytes that come in, a
/// length or count that is extreme, or the end of another file. The same ones in every run.
fn change(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], round: u32) {
    for change in 0..=round % 4 {
        let [place, value, kind, length] = philox4x32_10([round, change, 0, 0], [11, 12]);
        let at = place as usize % (bytes.len() + 1);
        let end = bytes.len().min(at + length as usize % 16 + 1);
        match kind % 6 {
            0 => bytes[at..end].iter_mut().take(1).for_each(|byte| *byte = value as u8),
            1 => bytes[at..end].iter_mut().take(1).for_each(|byte| *byte ^= 1 << (value % 8)),
            2 => drop(bytes.splice(at..at, value.to_le_bytes())),
            3 => drop(bytes.drain(at..end)),
            4 => bytes[at..end].fill(if value % 2 == 0 { 0xFF } else { 0 }),
            _ => {
                let other = &corpus[value as usize % corpus.len()];
                let from = length as usize % (other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
}

#[test]
fn the_corpus_and_its_changes_are_read() {
    let corpus = corpus();
    for bytes in &corpus {
        read(bytes);
    }
    let end = Instant::now() + time();
    let mut rounds = 0;
    while Instant::now() < end {
        let mut bytes = corpus[rounds as usize % corpus.len()].clone();
        change(&mut bytes, &corpus, rounds);
        read(&bytes);
        rounds += 1;
    }
    println!("{} files, {rounds} changes of them", corpus.len());
    assert!(rounds > 100, "{rounds} changes");
}
