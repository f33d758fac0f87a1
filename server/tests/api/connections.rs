//! Clients that go away or come slowly.

use crate::server::{Server, options};
use serde_json::json;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tilewright_server::Options;

fn open(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn send(stream: &mut TcpStream, body: &str) {
    let length = body.len();
    let head =
        format!("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
}

/// With or without a stream: nobody computes for a client that is gone.
#[test]
fn a_client_that_goes_cancels_its_request() {
    // Eighty tokens a choice are seconds of work; the test ends long before.
    let server = Server::with("gone", options(), |b| b.max_sequences(4));
    for streaming in [true, false] {
        let before = server.metric("generated_tokens_total");
        let mut stream = open(&server);
        let body = json!({"prompt": "ab", "max_tokens": 250, "n": 100, "ignore_eos": true,
            "stream": streaming});
        send(&mut stream, &body.to_string());
        while server.metric("generated_tokens_total") < before + 20.0 {}
        drop(stream);
        server.wait_until_idle();
        let computed = server.metric("generated_tokens_total") - before;
        assert!(computed < 20_000.0, "{computed} tokens");
    }
}

#[test]
fn slow_clients_are_cut_off() {
    let read_timeout = Duration::from_millis(200);
    let server = Server::with("slow", Options { read_timeout, ..options() }, |b| b);
    let start = Instant::now();
    let mut headers = open(&server);
    headers.write_all(b"POST /v1/completions HTTP/1.1\r\nhost: x\r\n").unwrap();
    let mut body = open(&server);
    let head = "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";
    body.write_all(head.as_bytes()).unwrap();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    // What is said last does not matter: the connection ends.
    let _reset = headers.read_to_end(&mut first);
    let _reset = body.read_to_end(&mut second);
    assert!(start.elapsed() < Duration::from_secs(20));
    let answer = String::from_utf8(second).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("in time"), "{answer}");
}

/// A byte now and then does not buy more time, and nobody else waits for it.
#[test]
fn bodies_that_dribble_are_cut_off() {
    let read_timeout = Duration::from_millis(600);
    let server = Server::with("dribble", Options { read_timeout, ..options() }, |b| b);
    let start = Instant::now();
    let mut slow: Vec<TcpStream> = (0..100).map(|_| open(&server)).collect();
    let head = "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n";
    slow.iter_mut().for_each(|stream| stream.write_all(head.as_bytes()).unwrap());
    while start.elapsed() < 2 * read_timeout {
        for stream in &mut slow {
            // Some time the server has closed it.
            let _closed = stream.write(b" ");
        }
        let asked = Instant::now();
        assert_eq!(server.complete("ab", json!({"max_tokens": 2})).status, 200);
        assert!(asked.elapsed() < Duration::from_secs(10), "others wait");
        std::thread::sleep(Duration::from_millis(20));
    }
    for mut stream in slow {
        let mut answer = [0; 12];
        // Bytes that came after the end may reset the connection before the answer is read.
        match stream.read_exact(&mut answer) {
            Ok(()) => assert_eq!(&answer, b"HTTP/1.1 408"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
    server.wait_until_idle();
}

#[test]
fn idle_connections_do_no_harm() {
    let server = Server::new("idle");
    let idle: Vec<TcpStream> = (0..300).map(|_| open(&server)).collect();
    assert_eq!(server.complete("ab", json!({"max_tokens": 2})).status, 200);
    assert_eq!(idle.len(), 300);
}
