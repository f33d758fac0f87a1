//! The fuzz target's property without a fuzzer: any bytes give a model or a one-line error.

use std::path::Path;
use std::time::{Duration, Instant};

use tilewright_model::sampling::philox::philox4x32_10;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::{GgmlType, GgufFile, ModelFile};

/// Reads `bytes` as far as they go; returns whether they are a whole model.
fn read(bytes: &[u8]) -> bool {
    let result = GgufFile::from_bytes(bytes.to_vec()).map_err(|error| error.to_string());
    let result = result.and_then(|gguf| {
        let model = ModelFile::new(gguf).map_err(|error| error.to_string())?;
        model.tokenizer().map_err(|error| error.to_string())?;
        Ok(())
    });
    if let Err(message) = &result {
        assert!(!message.is_empty() && !message.contains(['\n', '\r']), "{message:?}");
    }
    result.is_ok()
}

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

/// A few seconds of random changes, the same ones in every run.
#[test]
fn random_changes_never_panic() {
    let whole = tiny();
    let end = Instant::now() + Duration::from_secs(3);
    for round in 0..50_000u32 {
        let mut bytes = whole.clone();
        for change in 0..=round % 4 {
            let [place, value, kind, length] = philox4x32_10([round, change, 0, 0], [11, 12]);
            let at = place as usize % bytes.len();
            match kind % 4 {
                0 => bytes[at] = value as u8,
                1 => bytes[at] ^= 1 << (value % 8),
                2 => drop(bytes.splice(at..at, value.to_le_bytes())),
                _ => {
                    let stop = bytes.len().min(at + length as usize % 16 + 1);
                    drop(bytes.drain(at..stop));
                }
            }
        }
        read(&bytes);
        if Instant::now() > end {
            break;
        }
    }
}

#[test]
fn the_corpus_is_replayed() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/gguf"));
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        read(&std::fs::read(entry.unwrap().path()).unwrap());
        seen += 1;
    }
    assert!(seen > 0, "{} is empty", folder.display());
}
