//! A server in this process, and requests to it.

use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tilewright_model::serving::{Builder, Engine};
use tilewright_model::synthetic::SyntheticModel;
use tilewright_runtime::Device;
use tilewright_server::{Options, serve};

/// A template with a turn for each message, in the tiny model's special tokens.
pub const TEMPLATE: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}\
    <|im_end|>\n{% endfor %}<|im_start|>assistant\n";

/// A running server.
pub struct Server {
    pub address: SocketAddr,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect(&self.text)
    }

    /// Status, type, parameter and code of an error.
    pub fn error(&self) -> (u16, Value, Value, Value) {
        let error = &self.json()["error"];
        let message = error["message"].as_str().expect(&self.text);
        assert!(!message.is_empty() && !message.contains('\n'), "{message}");
        let part = |name: &str| error[name].clone();
        (self.status, part("type"), part("param"), part("code"))
    }

    /// The events of a stream, which must end with `[DONE]`.
    pub fn events(&self) -> Vec<Value> {
        assert_eq!(self.headers["content-type"], "text/event-stream");
        let mut events: Vec<&str> =
            self.text.split_terminator("\n\n").map(|e| e.strip_prefix("data: ").unwrap()).collect();
        assert_eq!(events.pop(), Some("[DONE]"));
        events.into_iter().map(|event| serde_json::from_str(event).unwrap()).collect()
    }
}

/// The same for a model that thinks aloud.
pub const THINKING: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}\
    <|im_end|>\n{% endfor %}<|im_start|>assistant\n{% if enable_thinking %}<think>{% else %}\
    <think></think>{% endif %}";

fn model_file(name: &str) -> PathBuf {
    let mut writer = SyntheticModel { context_length: 2048, ..Default::default() }.writer();
    let template = if name.starts_with("thinking") { THINKING } else { TEMPLATE };
    writer.set("tokenizer.chat_template", template);
    let file = format!("tilewright-server-{name}-{}.gguf", std::process::id());
    let path = std::env::temp_dir().join(file);
    std::fs::write(&path, writer.to_bytes()).unwrap();
    path
}

/// Options of a test: a free port, and patience where a test does not measure it.
pub fn options() -> Options {
    Options { port: 0, model_name: Some("tiny".to_owned()), ..Options::default() }
}

impl Server {
    /// A server of the tiny model, ready for requests.
    pub fn new(name: &str) -> Self {
        Self::with(name, options(), |builder| builder)
    }

    /// The same with settings.
    pub fn with(
        name: &str,
        options: Options,
        settings: impl FnOnce(Builder<'static>) -> Builder<'static> + Send + 'static,
    ) -> Self {
        let server = Self::start(name, options, settings, || {});
        let start = Instant::now();
        while server.get("/health").status != 200 {
            assert!(start.elapsed() < Duration::from_secs(60), "not ready");
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }

    /// A server whose model is loaded after `before`.
    pub fn start(
        name: &str,
        options: Options,
        settings: impl FnOnce(Builder<'static>) -> Builder<'static> + Send + 'static,
        before: impl FnOnce() + Send + 'static,
    ) -> Self {
        let file = model_file(name);
        let (sender, receiver) = mpsc::channel();
        let load = move || {
            before();
            let device = Device::open(&"cpu".parse().unwrap()).unwrap();
            let builder = Engine::builder().model(&file).device(&device).context(256);
            let engine = settings(builder).build();
            std::fs::remove_file(&file).unwrap();
            engine.map(|engine| (engine, "stem".to_owned()))
        };
        std::thread::spawn(move || serve(options, load, |address| sender.send(address).unwrap()));
        let address = receiver.recv_timeout(Duration::from_secs(60)).unwrap();
        Server { address }
    }

    fn agent() -> ureq::Agent {
        ureq::Agent::config_builder().http_status_as_error(false).build().into()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn answer(response: ureq::http::Response<ureq::Body>) -> Answer {
        let (parts, mut body) = response.into_parts();
        let text = body.read_to_string().unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    pub fn get(&self, path: &str) -> Answer {
        Self::answer(Self::agent().get(self.url(path)).call().unwrap())
    }

    pub fn post_text(&self, path: &str, key: Option<&str>, body: &[u8]) -> Answer {
        let mut request = Self::agent().post(self.url(path)).content_type("application/json");
        if let Some(key) = key {
            request = request.header("authorization", key);
        }
        Self::answer(request.send(body).unwrap())
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, None, body.to_string().as_bytes())
    }

    /// A chat with one message; `more` is added to the request.
    pub fn chat(&self, said: &str, more: Value) -> Answer {
        let mut body = json!({"messages": [{"role": "user", "content": said}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/v1/chat/completions", &body)
    }

    /// A completion; `more` is added to the request.
    pub fn complete(&self, prompt: impl Into<Value>, more: Value) -> Answer {
        let mut body = json!({"prompt": prompt.into()});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/v1/completions", &body)
    }

    /// A figure of `/metrics`.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").text;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("tilewright_{name} ")));
        line.expect(&text).parse().unwrap()
    }

    /// Waits until no sequence has pages.
    pub fn wait_until_idle(&self) {
        let start = Instant::now();
        while self.metric("running_sequences") + self.metric("waiting_sequences") > 0.0
            || self.metric("kv_cache_free_pages") < self.metric("kv_cache_pages")
        {
            assert!(start.elapsed() < Duration::from_secs(60), "somebody still runs");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
