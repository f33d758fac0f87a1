//! `hf:OWNER/REPO/FILE` against a hub on this machine: resume, truncation, wrong hash, refusals,
//! full disks. In every case: the whole checked file is in its place, or nothing is.

use std::path::PathBuf;

use crate::scratch::Scratch;
use crate::server::{Manner, Server, sha256};
use tilewright_cli::hub::{Error, Hub, RemoteFile};

/// Longer than any buffer on the way.
fn body() -> Vec<u8> {
    (0..300_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

struct Case {
    scratch: Scratch,
    server: Server,
    hub: Hub,
    file: RemoteFile,
}

impl Case {
    fn new(name: &str, manner: Manner) -> Self {
        let scratch = Scratch::new(name);
        let server = Server::start(manner, &body());
        let hub = Hub::new(Some(&server.endpoint), scratch.path()).unwrap();
        let file = "o/r/sub/m.gguf".parse().unwrap();
        Self { scratch, server, hub, file }
    }

    fn target(&self) -> PathBuf {
        self.scratch.path().join("hub/o/r/sub/m.gguf")
    }

    /// hf-hub's partial file, whose name is the entity tag.
    fn part(&self) -> PathBuf {
        let staging = self.scratch.path().join("hub/.incoming/o--r--sub--m.gguf");
        staging.join("models--o--r/blobs").join(format!("{}.part", sha256(&body())))
    }

    fn fetched(&self) {
        assert_eq!(self.hub.fetch(&self.file).unwrap(), self.target());
        assert!(std::fs::read(self.target()).unwrap() == body());
    }

    fn fails(&self) -> Error {
        let error = self.hub.fetch(&self.file).unwrap_err();
        assert!(!self.target().exists(), "a file is in place after: {error}");
        assert_eq!(error.to_string().lines().count(), 1);
        error
    }
}

#[test]
fn a_file_is_fetched_once() {
    let case = Case::new("once", Manner::Good);
    case.fetched();
    case.server.behave(Manner::Status(500));
    case.fetched();
    assert_eq!(case.server.ranges(), ["bytes=0-"]);
}

#[test]
fn a_file_that_was_deleted_is_fetched_again() {
    let case = Case::new("again", Manner::Good);
    case.fetched();
    std::fs::remove_file(case.target()).unwrap();
    case.fetched();
    assert_eq!(case.server.ranges().len(), 2);
}

#[test]
fn large_files_come_from_another_address() {
    Case::new("redirect", Manner::Redirect).fetched();
}

#[test]
fn a_cut_transfer_is_resumed() {
    for (name, manner) in
        [("cut", Manner::CutOnce(100_000)), ("silent", Manner::CutOnceSilently(100_000))]
    {
        let case = Case::new(name, manner);
        let error = case.fails();
        assert!(matches!(error, Error::Truncated { size: 300_000, .. }), "{error:?}");
        let kept = std::fs::metadata(case.part()).unwrap().len();
        assert!(kept > 0 && kept <= 100_000, "{kept} bytes kept");
        case.fetched();
        assert_eq!(case.server.ranges(), ["bytes=0-".to_owned(), format!("bytes={kept}-")]);
    }
}

#[test]
fn a_bad_part_is_fetched_again_whole() {
    let case = Case::new("badpart", Manner::Good);
    for length in [1000, 300_000, 300_001] {
        std::fs::create_dir_all(case.part().parent().unwrap()).unwrap();
        std::fs::write(case.part(), vec![7; length]).unwrap();
        case.fetched();
        std::fs::remove_file(case.target()).unwrap();
    }
    // A part that is complete or too long is not asked about again before it is dropped.
    assert_eq!(case.server.ranges(), ["bytes=1000-", "bytes=0-", "bytes=0-", "bytes=0-"]);
}

#[test]
fn a_complete_part_is_taken_without_a_transfer() {
    let case = Case::new("complete", Manner::Good);
    std::fs::create_dir_all(case.part().parent().unwrap()).unwrap();
    std::fs::write(case.part(), body()).unwrap();
    case.fetched();
    assert!(case.server.ranges().is_empty());
}

#[test]
fn a_server_without_ranges_is_asked_for_the_whole() {
    let case = Case::new("norange", Manner::CutOnce(100_000));
    case.fails();
    case.server.behave(Manner::IgnoreRange);
    case.fetched();
}

#[test]
fn a_wrong_hash_is_dropped() {
    let case = Case::new("hash", Manner::Corrupt);
    let error = case.fails();
    assert!(
        matches!(&error, Error::WrongHash { expected, .. } if *expected == sha256(&body())),
        "{error:?}"
    );
    assert!(!case.part().exists());
    case.server.behave(Manner::Good);
    case.fetched();
}

#[test]
fn refusals_are_told_apart() {
    let case = Case::new("status", Manner::Status(404));
    assert!(matches!(case.fails(), Error::NotFound(_)));
    for status in [401, 403] {
        case.server.behave(Manner::Status(status));
        assert!(matches!(case.fails(), Error::Refused { .. }), "{status}");
    }
    case.server.behave(Manner::Status(503));
    assert!(matches!(case.fails(), Error::Status { status: 503, .. }));
}

#[test]
fn answers_without_sense_are_errors() {
    let case = Case::new("nowhere", Manner::RedirectNowhere);
    assert!(matches!(case.fails(), Error::Transfer { .. }));
    for tag in ["../../escape", "", "a b"] {
        case.server.behave(Manner::Tag(tag));
        assert!(matches!(case.fails(), Error::Transfer { .. }), "{tag}");
    }
    let hub = Hub::new(Some("http://127.0.0.1:1"), case.scratch.path()).unwrap();
    assert!(matches!(hub.fetch(&case.file), Err(Error::Transfer { .. })));
    for endpoint in ["", "ftp://x", "huggingface.co", "http://", "http://a b"] {
        let bad = Hub::new(Some(endpoint), case.scratch.path());
        assert!(matches!(bad, Err(Error::Endpoint(_))), "{endpoint}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let case = Case::new("full", Manner::Good);
    std::fs::create_dir_all(case.part().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/dev/full", case.part()).unwrap();
    let error = case.fails();
    assert!(matches!(error, Error::DiskFull { missing: 300_000, .. }), "{error:?}");
    std::fs::remove_file(case.part()).unwrap();
    case.fetched();
}

#[test]
fn two_at_once_transfer_it_once() {
    let case = Case::new("two", Manner::Good);
    std::thread::scope(|scope| {
        scope.spawn(|| case.fetched());
        scope.spawn(|| case.fetched());
    });
    assert_eq!(case.server.ranges(), ["bytes=0-"]);
}
