//! Well-formed and ill-formed GGUF directories.

use tilewright_model::gguf::writer::GgufWriter;
use tilewright_model::gguf::{GgmlType, GgufError, GgufFile, Value};

fn refusal(bytes: Vec<u8>) -> GgufError {
    let error = GgufFile::from_bytes(bytes).err().expect("the file must be refused");
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

/// A header with its counts, followed by `rest`.
fn file(version: u32, tensors: u64, keys: u64, rest: &[u8]) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(version.to_le_bytes());
    out.extend(tensors.to_le_bytes());
    out.extend(keys.to_le_bytes());
    out.extend(rest);
    out
}

fn text(text: &str) -> Vec<u8> {
    let mut out = (text.len() as u64).to_le_bytes().to_vec();
    out.extend(text.as_bytes());
    out
}

fn key(name: &str, ty: u32, value: &[u8]) -> Vec<u8> {
    [&text(name)[..], &ty.to_le_bytes(), value].concat()
}

fn tensor(name: &str, dims: &[u64], ty: u32, offset: u64) -> Vec<u8> {
    let mut out = text(name);
    out.extend((dims.len() as u32).to_le_bytes());
    dims.iter().for_each(|dim| out.extend(dim.to_le_bytes()));
    out.extend(ty.to_le_bytes());
    out.extend(offset.to_le_bytes());
    out
}

/// A file of these tensor infos with `data` zero bytes of data.
fn tensors(infos: &[Vec<u8>], data: usize) -> Vec<u8> {
    let mut out = file(3, infos.len() as u64, 0, &infos.concat());
    out.resize(out.len().next_multiple_of(32) + data, 0);
    out
}

#[test]
fn what_is_written_is_read_back() {
    let mut writer = GgufWriter::new();
    writer
        .set("a.u8", 7u8)
        .set("a.i8", -7i8)
        .set("a.u16", 700u16)
        .set("a.i16", -700i16)
        .set("a.u32", 70_000u32)
        .set("a.i32", -70_000i32)
        .set("a.u64", u64::MAX)
        .set("a.i64", i64::MIN)
        .set("a.f32", 0.5f32)
        .set("a.f64", 0.25f64)
        .set("a.bool", true)
        .set("a.text", "naïve")
        .set("a.texts", ["x", "", "日本"].as_slice())
        .set("a.numbers", [1i32, -2].as_slice())
        .tensor("first", GgmlType::F32, &[3], vec![1; 12])
        .tensor("second", GgmlType::Q8_0, &[32, 2], vec![2; 68]);
    for version in [2u8, 3] {
        let mut bytes = writer.to_bytes();
        bytes[4] = version;
        let file = GgufFile::from_bytes(bytes).unwrap();
        let metadata = file.metadata();
        assert_eq!(metadata.get("a.i8"), Some(Value::Signed(-7)));
        assert_eq!(metadata.get("a.i64"), Some(Value::Signed(i64::MIN)));
        assert_eq!(metadata.integer("a.u64"), Ok(Some(u64::MAX)));
        assert_eq!(metadata.u32("a.u16"), Ok(Some(700)));
        assert_eq!(metadata.f32("a.f64"), Ok(Some(0.25)));
        assert_eq!(metadata.boolean("a.bool"), Ok(Some(true)));
        assert_eq!(metadata.string("a.text"), Ok(Some("naïve")));
        let texts = metadata.strings("a.texts").unwrap().unwrap();
        assert_eq!(texts.strings().collect::<Vec<_>>(), ["x", "", "日本"]);
        let numbers: Vec<_> = match metadata.get("a.numbers") {
            Some(Value::Array(array)) => array.iter().collect(),
            other => panic!("{other:?}"),
        };
        assert_eq!(numbers, [Value::Signed(1), Value::Signed(-2)]);
        let second = file.tensor("second").unwrap();
        assert_eq!((second.row_len(), second.rows()), (32, 2));
        assert_eq!(second.bytes, [2; 68]);
        assert_eq!(file.tensors().count(), 2);
        assert_eq!(file.tensor("third"), None);
        let wrong = metadata.u32("a.i32").unwrap_err().to_string();
        let right = "metadata key \"a.i32\" must be an unsigned integer of 32 bits, it is -70000";
        assert_eq!(wrong, right);
    }
}

#[test]
fn headers_of_other_files() {
    assert!(matches!(refusal(b"PK\x03\x04 zip".to_vec()), GgufError::Magic { .. }));
    assert!(matches!(refusal(file(1, 0, 0, &[])), GgufError::Version { version: 1 }));
    assert!(matches!(refusal(file(4, 0, 0, &[])), GgufError::Version { version: 4 }));
    let reversed = refusal(file(3u32.swap_bytes(), 0, 0, &[]));
    assert!(matches!(reversed, GgufError::BigEndian { raw: 0x0300_0000 }), "{reversed}");
    assert!(refusal(Vec::new()).to_string().starts_with("the file ends inside the header"));
}

#[test]
fn absurd_counts_are_refused_by_the_bytes_left() {
    for count in [1, 1 << 20, u64::MAX] {
        assert!(matches!(refusal(file(3, count, 0, &[])), GgufError::Count { .. }));
        assert!(matches!(refusal(file(3, 0, count, &[])), GgufError::Count { .. }));
    }
    let string = key("k", 8, &u64::MAX.to_le_bytes());
    assert!(matches!(refusal(file(3, 0, 1, &string)), GgufError::Truncated { .. }));
    let name = [&u64::MAX.to_le_bytes()[..], &[0; 20]].concat();
    assert!(matches!(refusal(file(3, 0, 1, &name)), GgufError::Truncated { .. }));
    for element in 0..=12u32 {
        let head = [&element.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat();
        let error = refusal(file(3, 0, 1, &key("k", 9, &head)));
        let named = error.to_string().contains("metadata key \"k\"");
        assert!(named && (element == 9) == matches!(error, GgufError::NestedArray { .. }));
    }
}

#[test]
fn a_directory_that_is_too_large_is_refused() {
    let long = vec![b'x'; 25 << 20];
    let value = [&(long.len() as u64).to_le_bytes()[..], &long].concat();
    let error = refusal(file(3, 0, 1, &key("k", 8, &value)));
    assert!(matches!(error, GgufError::DirectoryTooLarge { .. }), "{error}");
}

#[test]
fn ill_formed_keys() {
    let twice = [key("k", 0, &[1]), key("k", 0, &[2])].concat();
    assert!(matches!(refusal(file(3, 0, 2, &twice)), GgufError::DuplicateKey { .. }));
    let unknown = refusal(file(3, 0, 1, &key("k", 13, &[0; 8])));
    assert_eq!(unknown.to_string(), "metadata key \"k\" has the unknown value type 13");
    let boolean = refusal(file(3, 0, 1, &key("k", 7, &[2])));
    assert!(matches!(boolean, GgufError::Boolean { byte: 2, .. }));
    let invalid = [&2u64.to_le_bytes()[..], &[0xC3, 0x28]].concat();
    assert!(matches!(refusal(file(3, 0, 1, &key("k", 8, &invalid))), GgufError::Utf8 { .. }));
    let empty = key("", 0, &[1, 0, 0]);
    assert!(matches!(refusal(file(3, 0, 1, &empty)), GgufError::NameLength { length: 0, .. }));
    let evil = refusal(file(3, 0, 1, &key("a\nb", 99, &[0; 8])));
    assert!(evil.to_string().contains(r#""a\nb""#));
}

#[test]
fn alignment_and_splits() {
    for alignment in [0u32, 1, 4, 24, 33] {
        let mut writer = GgufWriter::new();
        writer.set("general.alignment", alignment);
        let error = refusal(writer.to_bytes());
        assert_eq!(error, GgufError::Alignment { alignment: alignment.into() });
    }
    let mut writer = GgufWriter::new();
    writer.set("general.alignment", 64u32).tensor("t", GgmlType::F16, &[5], vec![3; 10]);
    assert_eq!(
        GgufFile::from_bytes(writer.to_bytes()).unwrap().tensor("t").unwrap().bytes,
        [3; 10]
    );
    let mut writer = GgufWriter::new();
    writer.set("split.count", 3u16);
    assert_eq!(refusal(writer.to_bytes()), GgufError::Split { count: 3 });
}

#[test]
fn ill_formed_tensors() {
    let names = |info: Vec<u8>, data| refusal(tensors(&[info], data)).to_string();
    let cases = [
        (names(tensor("t", &[], 0, 0), 64), "tensor \"t\" has 0 dimensions"),
        (names(tensor("t", &[1; 5], 0, 0), 64), "tensor \"t\" has 5 dimensions"),
        (names(tensor("t", &[4, 0], 0, 0), 64), "tensor \"t\" has the impossible shape [4, 0]"),
        (
            names(tensor("t", &[1 << 32, 1 << 32], 0, 0), 64),
            "tensor \"t\" has the impossible shape [4294967296, 4294967296]",
        ),
        (names(tensor("t", &[u64::MAX], 1, 0), 64), "tensor \"t\" has the impossible shape"),
        (names(tensor("t", &[1 << 62], 0, 0), 64), "tensor \"t\" has the impossible shape"),
        (names(tensor("t", &[4], 999, 0), 64), "tensor \"t\" has the unknown type id 999"),
        (
            names(tensor("t", &[256], 10, 0), 99),
            "tensor \"t\" has type Q2_K (id 10), which is not supported",
        ),
        (
            names(tensor("t", &[32], 39, 0), 64),
            "tensor \"t\" has type MXFP4 (id 39), which is not supported",
        ),
        (
            names(tensor("t", &[48], 2, 0), 64),
            "tensor \"t\" has rows of 48, not a multiple of Q4_0's block of 32",
        ),
        (
            names(tensor("t", &[4], 0, 8), 64),
            "tensor \"t\" has offset 8, not a multiple of the alignment 32",
        ),
        (
            names(tensor("t", &[17], 0, 0), 64),
            "tensor \"t\" wants 68 bytes at data offset 0, the file has 64 bytes of tensor data",
        ),
        (names(tensor("t", &[4], 0, u64::MAX - 31), 64), "tensor \"t\" wants 16 bytes at"),
        (names(tensor("", &[4], 0, 0), 64), "the name of tensor info 1 of 1 has 0 bytes"),
    ];
    for (message, start) in cases {
        assert!(message.starts_with(start), "{message}\n  should begin with {start}");
    }
    let twice = [tensor("t", &[4], 0, 0), tensor("t", &[4], 0, 32)];
    assert!(matches!(refusal(tensors(&twice, 64)), GgufError::DuplicateTensor { .. }));
    let overlapping = [tensor("a", &[12], 0, 0), tensor("b", &[4], 0, 32)];
    let error = refusal(tensors(&overlapping, 64)).to_string();
    assert_eq!(error, "tensors \"a\" and \"b\" overlap at data offset 32");
}
