//! [`App`]: what every request sees.

use crate::api_error::ApiError;
use crate::metrics::Metrics;
use crate::options::Options;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tilewright_model::chat::ChatTemplate;
use tilewright_model::serving::Engine;

/// The model that is served.
pub struct Model {
    /// The engine.
    pub engine: Engine,
    /// The model's id.
    pub name: String,
    /// Its chat template, or why there is none.
    pub template: Result<ChatTemplate, String>,
    /// When it was loaded, in seconds since 1970.
    pub created: u64,
}

/// State of the server.
pub struct App {
    /// Settings.
    pub options: Options,
    /// Counts.
    pub metrics: Metrics,
    model: OnceLock<Model>,
    draining: AtomicBool,
    next: AtomicU64,
}

/// [`App`] as handlers get it.
pub type Shared = Arc<App>;

impl App {
    /// A server without a model yet.
    pub fn new(options: Options) -> Self {
        App {
            options,
            metrics: Metrics::default(),
            model: OnceLock::new(),
            draining: AtomicBool::new(false),
            next: AtomicU64::new(1),
        }
    }

    /// Takes the loaded model.
    pub fn load(&self, engine: Engine, stem: &str) {
        let metadata = engine.file().metadata();
        let named = metadata.string("general.name").ok().flatten().map(str::to_owned);
        let named = named.filter(|name| !name.is_empty());
        let name = self.options.model_name.clone().or(named).unwrap_or_else(|| stem.to_owned());
        let template = engine.file().chat_template().map_err(|error| error.to_string());
        let model = Model { engine, name, template, created: now() };
        // It is loaded once; a second one would be dropped.
        let _second = self.model.set(model);
    }

    /// The model, ready for requests.
    ///
    /// # Errors
    /// 503 while it is loaded, while the server stops, and after the device failed.
    pub fn model(&self) -> Result<&Model, ApiError> {
        if self.draining.load(Ordering::Acquire) {
            return Err(ApiError::unavailable("draining", "the server is shutting down"));
        }
        let loading = || ApiError::unavailable("loading", "the model is being loaded: try again");
        let model = self.model.get().ok_or_else(loading)?;
        match model.engine.failure() {
            Some(message) => Err(ApiError::unavailable("device_lost", message)),
            None => Ok(model),
        }
    }

    /// The model, in whatever state.
    pub fn loaded(&self) -> Option<&Model> {
        self.model.get()
    }

    /// Refuses requests from now on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// A number that no other request has.
    pub fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
