//! `serve` under load: SIGTERM while everybody is busy, and thousands who say nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::scratch::Scratch;
use crate::serve::{POST, Server, serve};

const CLIENTS: usize = 24;

/// A request of its own connection; the answer, whole or cut off.
fn ask(address: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    let head = format!("{POST}\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}");
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Whether an answer is a whole completion; `false` for a refusal that says why.
fn is_whole(answer: &str, streamed: bool) -> bool {
    let body = answer.split_once("\r\n\r\n").expect(answer).1;
    if answer.starts_with("HTTP/1.1 503") {
        let error: Value = serde_json::from_str(body).expect(answer);
        assert_eq!(error["error"]["code"], "draining");
        return false;
    }
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    if streamed {
        assert!(body.contains("data: [DONE]"), "{answer}");
        assert_eq!(body.matches("\"finish_reason\":\"length\"").count(), 2, "{answer}");
    } else {
        let value: Value = serde_json::from_str(body).expect(answer);
        assert_eq!(value["choices"].as_array().expect(answer).len(), 2);
    }
    true
}

/// Every request that was sent before the signal gets its answer.
#[test]
fn sigterm_under_load() {
    let scratch = Scratch::new("serve-load");
    let server = Server::start(&scratch, &["--max-sequences", "8"]);
    let (stopping, finished) = (AtomicBool::new(false), AtomicUsize::new(0));
    let client = |number: usize| {
        let mut at = number;
        while !stopping.load(Ordering::Acquire) {
            at += 7;
            let (streamed, tokens) = (at.is_multiple_of(2), 5 + at % 40);
            let body = format!(
                r#"{{"prompt": "ab{at}", "max_tokens": {tokens}, "n": 2, "ignore_eos": true,
                "stream": {streamed}}}"#
            );
            let answer = ask(&server.address, &body).unwrap();
            if is_whole(&answer, streamed) {
                finished.fetch_add(1, Ordering::AcqRel);
            }
        }
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|at| scope.spawn(move || client(at))).collect();
        let start = Instant::now();
        while finished.load(Ordering::Acquire) < 3 * CLIENTS {
            assert!(start.elapsed() < Duration::from_secs(120), "too slow");
            assert!(clients.iter().all(|client| !client.is_finished()), "a client failed");
            std::thread::sleep(Duration::from_millis(5));
        }
        // From here on nobody begins a request; almost everybody waits for one.
        stopping.store(true, Ordering::Release);
        server.terminate();
    });
    let address = server.address.clone();
    let (code, stderr) = server.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!stderr.contains("cut off"), "{stderr}");
    assert!(TcpStream::connect(address).is_err());
}

/// The server may have few files open at first, as is usual: it asks for more itself.
#[test]
fn ten_thousand_idle_connections() {
    let scratch = Scratch::new("serve-idle");
    let own = tilewright_server::raise_descriptor_limit().unwrap();
    // Sockets here and there, and what both need besides.
    let count = 10_000.min(own.saturating_sub(300)) as usize;
    if count < 10_000 {
        eprintln!("the system allows {own} open files: {count} connections");
    }
    let inner = serve(&scratch, &[]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -Sn 256 && exec \"$@\"", "sh"]);
    limited.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let server = Server::of(limited);
    let start = Instant::now();
    let mut idle = Vec::with_capacity(count);
    while idle.len() < count {
        // The next ones come when these were accepted: an answer says so.
        let next = 500.min(count - idle.len());
        idle.extend((0..next).map(|_| TcpStream::connect(&server.address).unwrap()));
        assert!(server.send("GET /health HTTP/1.1", "").starts_with("HTTP/1.1 200"));
    }
    let answer = server.send(POST, r#"{"prompt": "ab", "max_tokens": 3}"#);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // Those that connected are not cut off for it, as long as they may still say something.
    let mut open = 0;
    for stream in &idle {
        stream.set_nonblocking(true).unwrap();
        let read = (&mut &*stream).read(&mut [0]);
        open += usize::from(read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock));
    }
    assert!(open == count || start.elapsed() > Duration::from_secs(25), "{open} are open");
    // Silent ones are not waited for.
    let stop = Instant::now();
    server.terminate();
    assert_eq!(server.end().0, Some(0));
    assert!(stop.elapsed() < Duration::from_secs(20), "{:?}", stop.elapsed());
}
