//! Types, sizes, and zero-copy access through a mapped file.

use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::{Error, GgmlType, ModelFile};

/// A path in the system's folder for temporary files, removed at the end.
struct TemporaryFile(std::path::PathBuf);

impl TemporaryFile {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let name = format!("tilewright-model-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_model_opens_in_every_format_and_head_size() {
    for weights in GgmlType::ALL {
        for (head_size, head_count) in [(32, 8), (64, 4), (80, 16), (96, 8), (128, 2), (256, 1)] {
            let model = SyntheticModel {
                block_count: 1,
                // 256 divides the query width of every case.
                embedding_length: 256,
                feed_forward_length: 256,
                head_count,
                head_count_kv: head_count.div_ceil(4),
                head_size,
                weights,
                embedding: weights,
                output: (head_size == 64).then_some(weights),
                ..SyntheticModel::default()
            };
            let gguf = tilewright_model::GgufFile::from_bytes(model.to_bytes()).unwrap();
            let file = ModelFile::new(gguf).unwrap();
            assert_eq!(file.config().head_size, head_size);
            assert_eq!(file.config().tied_output, head_size != 64);
            let query = file.tensor("blk.0.attn_q.weight").unwrap();
            assert_eq!(query.ggml_type, weights);
            let width = u64::from(head_size * head_count);
            assert_eq!(query.dims, [256, width]);
            let row = weights.row_bytes(256).unwrap();
            assert_eq!(query.bytes.len() as u64, row * width);
        }
    }
}

#[test]
fn a_mapped_file_gives_the_same_bytes() {
    let bytes = SyntheticModel::default().to_bytes();
    let file = TemporaryFile::new("mapped.gguf", &bytes);
    let model = ModelFile::open(&file.0).unwrap();
    let embedding = model.tensor("token_embd.weight").unwrap();
    let at = bytes.windows(64).position(|window| window == &embedding.bytes[..64]).unwrap();
    assert_eq!(at % 32, 0);
    assert_eq!(bytes[at..at + embedding.bytes.len()], *embedding.bytes);
}

#[test]
fn paths_that_are_no_model_files() {
    let missing = ModelFile::open("/nonexistent/model.gguf").err().unwrap();
    assert!(missing.to_string().starts_with("cannot read /nonexistent/model.gguf: "), "{missing}");
    let folder = ModelFile::open(std::env::temp_dir()).err().unwrap();
    assert!(matches!(folder, Error::Read { .. }), "{folder}");
    let empty = TemporaryFile::new("empty.gguf", b"");
    let empty = ModelFile::open(&empty.0).err().unwrap();
    assert!(empty.to_string().contains("the file ends inside the header"), "{empty}");
}
