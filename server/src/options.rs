//! [`Options`]: how a server is set up.

use std::time::Duration;

/// Settings of a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to listen on.
    pub host: String,
    /// Port; 0 takes a free one.
    pub port: u16,
    /// What clients must send as a bearer token; without one every `Authorization` is ignored.
    pub api_key: Option<String>,
    /// The model's id, in place of the file's `general.name` or stem.
    pub model_name: Option<String>,
    /// How long accepted requests may go on after a request to stop.
    pub drain_timeout: Duration,
    /// How long a client may take to send its headers, and again its body.
    pub read_timeout: Duration,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// Bytes of the longest body.
    pub body_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            host: "127.0.0.1".to_owned(),
            port: 8080,
            api_key: None,
            model_name: None,
            drain_timeout: Duration::from_secs(30),
            read_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(3600),
            body_limit: 16 << 20,
        }
    }
}
