//! `serve` as a user runs it: the line with the address, requests, and SIGTERM.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tilewright_model::synthetic::SyntheticModel;

use crate::scratch::{Scratch, tilewright};

/// A running server.
pub struct Server {
    child: Child,
    pub address: String,
}

/// The command line of a server of the tiny model.
pub fn serve(scratch: &Scratch, more: &[&str]) -> Command {
    let path = scratch.path().join("tiny.gguf");
    let model = SyntheticModel { context_length: 1024, ..SyntheticModel::default() };
    std::fs::write(&path, model.to_bytes()).unwrap();
    let mut command = tilewright(scratch);
    command.args(["serve", "--device", "cpu", "--port", "0", "--model"]).arg(path).args(more);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Server {
    pub fn start(scratch: &Scratch, more: &[&str]) -> Self {
        Self::of(serve(scratch, more))
    }

    /// The server of a command, once it answers.
    pub fn of(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect(&line).to_owned();
        let server = Server { child, address };
        let start = Instant::now();
        while !server.send("GET /health HTTP/1.1", "").starts_with("HTTP/1.1 200") {
            assert!(start.elapsed() < Duration::from_secs(60), "not ready");
        }
        server
    }

    /// A request of its own connection; the whole answer.
    pub fn send(&self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let head = format!("{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}");
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub fn terminate(&self) {
        let kill = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Exit code and standard error.
    pub fn end(self) -> (Option<i32>, String) {
        let output = self.child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

pub const POST: &str = "POST /v1/completions HTTP/1.1";

#[test]
fn the_model_is_named_after_its_file_and_requests_are_logged() {
    let scratch = Scratch::new("serve-name");
    let server = Server::start(&scratch, &["--max-sequences", "2"]);
    let models = server.send("GET /v1/models HTTP/1.1", "");
    let body: Value = serde_json::from_str(models.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["data"][0]["id"], "tiny");
    let answer = server.send(POST, r#"{"prompt": "ab", "max_tokens": 3}"#);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.terminate();
    let (code, stderr) = server.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("pages of 64 tokens, 1024 tokens a sequence, 2 sequences"), "{stderr}");
    let line = stderr.lines().find(|line| line.contains("/v1/completions")).expect(&stderr);
    assert!(line.contains("req-") && line.contains("POST") && line.contains(" 200 "), "{line}");
}

#[test]
fn sigterm_lets_accepted_requests_finish() {
    let scratch = Scratch::new("serve-drain");
    let server = Server::start(&scratch, &["--speculate", "suffix"]);
    let body = r#"{"prompt": "ab", "max_tokens": 900, "n": 4, "stream": true, "ignore_eos": true}"#;
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let length = body.len();
    let head = format!("{POST}\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(head.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    let mut answer = String::new();
    while !answer.contains("data: ") {
        assert!(reader.read_line(&mut answer).unwrap() > 0, "{answer}");
    }
    server.terminate();
    reader.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("data: [DONE]"), "the answer is cut off");
    assert_eq!(answer.matches("\"finish_reason\":\"length\"").count(), 4);
    let address = server.address.clone();
    assert_eq!(server.end().0, Some(0));
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_drain_timeout_ends_what_takes_longer() {
    let scratch = Scratch::new("serve-timeout");
    let server = Server::start(&scratch, &["--drain-timeout", "0.1"]);
    let body = r#"{"prompt": "ab", "max_tokens": 1000, "n": 100, "ignore_eos": true}"#;
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let length = body.len();
    let head = format!("{POST}\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(head.as_bytes()).unwrap();
    while !server.send("GET /metrics HTTP/1.1", "").contains("running_sequences 16") {}
    let start = Instant::now();
    server.terminate();
    assert_eq!(server.end().0, Some(0));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn what_cannot_be_served_is_one_line() {
    let scratch = Scratch::new("serve-refused");
    let fails = |more: &[&str], part: &str, code: i32| {
        let output = serve(&scratch, more).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.matches('\n').count() == 1 && stderr.contains(part), "{stderr}");
    };
    fails(&["--ctx-size", "5000"], "over the model's 1024", 1);
    fails(&["--max-batched-tokens", "5"], "--max-batched-tokens", 1);
    fails(&["--host", "192.0.2.1"], "cannot listen on 192.0.2.1:0", 1);
    fails(&["--speculate", "magic"], "ngram, suffix, draft, tree or off", 2);
    fails(&["--speculate", "draft"], "--draft-model", 1);
    fails(&["--draft-model", "/nowhere.gguf"], "/nowhere.gguf", 1);
    fails(&["--memory-fraction", "0"], "--memory-fraction", 2);
    fails(&["--api-key", ""], "--api-key", 2);
}
