//! A hub on this machine: it serves one file, well or badly.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// How the hub behaves. Metadata requests (`Range: bytes=0-0`) are answered well unless said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manner {
    Good,
    /// The first transfer ends after so many bytes of the promised length.
    CutOnce(usize),
    /// The first transfer ends so early and promised no length.
    CutOnceSilently(usize),
    /// Sends so many bytes and then nothing more, without closing.
    Stall(usize),
    /// Sends the whole file whatever range is asked for.
    IgnoreRange,
    /// Changes a byte of the body.
    Corrupt,
    /// Answers everything with this status.
    Status(u16),
    /// Sends metadata and body from another address, as the hub does with large files.
    Redirect,
    /// A redirection without an address.
    RedirectNowhere,
    /// This entity tag.
    Tag(&'static str),
}

pub struct Server {
    pub endpoint: String,
    state: Arc<Mutex<State>>,
}

struct State {
    manner: Manner,
    body: Vec<u8>,
    /// The ranges of the transfers, without the metadata requests.
    ranges: Vec<String>,
}

impl Server {
    pub fn start(manner: Manner, body: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = State { manner, body: body.to_vec(), ranges: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        // The thread ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A client that goes away in the middle is part of the tests.
                std::thread::spawn(move || answer(stream, &shared).ok());
            }
        });
        Self { endpoint, state }
    }

    pub fn behave(&self, manner: Manner) {
        self.state.lock().unwrap().manner = manner;
    }

    /// The `Range` headers of the transfers so far.
    pub fn ranges(&self) -> Vec<String> {
        self.state.lock().unwrap().ranges.clone()
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

fn answer(mut stream: TcpStream, shared: &Mutex<State>) -> std::io::Result<()> {
    let (path, range) = request(&stream)?;
    let mut state = shared.lock().unwrap();
    let metadata = range == "bytes=0-0";
    if !metadata {
        state.ranges.push(range.clone());
    }
    let manner = state.manner.clone();
    let body = state.body.clone();
    if matches!(manner, Manner::CutOnce(_) | Manner::CutOnceSilently(_)) && !metadata {
        state.manner = Manner::Good;
    }
    drop(state);
    let tag = match manner {
        Manner::Tag(tag) => tag.to_owned(),
        _ => sha256(&body),
    };
    let mut head = format!("X-Repo-Commit: 0123abcd\r\nETag: \"{tag}\"\r\nConnection: close\r\n");
    if let Manner::Status(status) = manner {
        return write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n{head}\r\n");
    }
    let local = stream.local_addr()?;
    if path.starts_with("/o/r/resolve/main/") && manner == Manner::Redirect {
        head += &format!("X-Linked-ETag: \"{tag}\"\r\nLocation: http://{local}/elsewhere\r\n");
        return write!(stream, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n{head}\r\n");
    }
    if manner == Manner::RedirectNowhere {
        return write!(stream, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n{head}\r\n");
    }
    let size = body.len();
    let from = range.trim_start_matches("bytes=").split('-').next().unwrap_or("0");
    let from: usize = from.parse().unwrap_or(0);
    if from >= size {
        return write!(stream, "HTTP/1.1 416 Range\r\nContent-Length: 0\r\n{head}\r\n");
    }
    let whole = manner == Manner::IgnoreRange && !metadata;
    let mut bytes =
        if metadata { body[..1].to_vec() } else { body[if whole { 0 } else { from }..].to_vec() };
    if manner == Manner::Corrupt && !metadata {
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
    }
    let status = if whole { "200 OK" } else { "206 Partial Content" };
    if !whole {
        head += &format!("Content-Range: bytes {from}-{}/{size}\r\n", from + bytes.len() - 1);
    }
    if !matches!(manner, Manner::CutOnceSilently(_)) || metadata {
        head += &format!("Content-Length: {}\r\n", bytes.len());
    }
    write!(stream, "HTTP/1.1 {status}\r\n{head}\r\n")?;
    match manner {
        Manner::CutOnce(n) | Manner::CutOnceSilently(n) if !metadata => {
            stream.write_all(&bytes[..n])
        }
        Manner::Stall(n) if !metadata => {
            stream.write_all(&bytes[..n])?;
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        }
        _ => stream.write_all(&bytes),
    }
}

/// Path and `Range` header of a request.
fn request(stream: &TcpStream) -> std::io::Result<(String, String)> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut range = String::new();
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("range")
        {
            range = value.trim().to_owned();
        }
    }
    Ok((path, range))
}
