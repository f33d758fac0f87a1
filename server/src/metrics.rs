//! [`Metrics`]: counts for Prometheus.

use crate::app::Model;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tilewright_model::serving::Figures;

/// What a request was and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    path: String,
    status: u16,
}

/// Upper bounds of the histograms, in seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// A figure of the engine that is a level.
type Level = (&'static str, &'static str, fn(&Figures) -> f64);
/// A figure of the engine that only grows.
type Count = (&'static str, &'static str, fn(&Figures) -> u64);

const LEVELS: [Level; 9] = [
    ("waiting_sequences", "Sequences that wait for a place", |f| f.waiting as f64),
    ("running_sequences", "Sequences that have pages", |f| f.running as f64),
    ("batch_tokens", "Tokens of the last pass", |f| f.batch_tokens.into()),
    ("batch_sequences", "Sequences of the last pass", |f| f.batch_sequences.into()),
    ("kv_cache_pages", "Pages of the key-value cache", |f| f.pages.into()),
    ("kv_cache_free_pages", "Pages that can be taken", |f| f.free_pages.into()),
    ("swap_slots", "Places for pages of the cache on the host", |f| f.swap_slots.into()),
    ("swap_free_slots", "Those that are free", |f| f.free_swap_slots.into()),
    ("schedule_seconds_per_step", "Mean time of planning a pass", |f| {
        f.schedule_seconds / (f.steps.max(1) as f64)
    }),
];

const COUNTS: [Count; 10] = [
    ("steps", "Passes", |f| f.steps),
    ("prompt_tokens", "Tokens of prompts that were computed", |f| f.prompt_tokens),
    ("generated_tokens", "Tokens that were generated", |f| f.generated_tokens),
    ("prefix_cache_queried_tokens", "Tokens that were looked for", |f| f.cache_queried),
    ("prefix_cache_hit_tokens", "Tokens that were found", |f| f.cache_hits),
    ("preemptions", "Times that a sequence lost its pages", |f| f.preemptions),
    ("swaps", "Those of them whose pages went to the host", |f| f.swaps),
    ("swapped_pages", "Pages that went to the host", |f| f.swapped_pages),
    ("draft_tokens", "Guessed tokens", |f| f.drafted),
    ("accepted_draft_tokens", "Guessed tokens that were accepted", |f| f.accepted),
];

/// Counts of the server, and the engine's figures as they were last asked for.
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    first_token: Histogram,
    between_tokens: Histogram,
    duration: Histogram,
    levels: Vec<Gauge<f64, AtomicU64>>,
    counts: Vec<Counter<u64, AtomicU64>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tilewright");
        let requests = Family::<Labels, Counter>::default();
        registry.register("requests", "Answered requests", requests.clone());
        let mut histogram = |name: &str, help: &str| {
            let histogram = Histogram::new(SECONDS);
            registry.register(name, help, histogram.clone());
            histogram
        };
        let first_token = histogram("time_to_first_token_seconds", "From request to first token");
        let between_tokens =
            histogram("inter_token_seconds", "From a token of a choice to the next");
        let duration = histogram("request_seconds", "From request to the end of the answer");
        let levels = LEVELS.map(|(name, help, _)| {
            let gauge = Gauge::<f64, AtomicU64>::default();
            registry.register(name, help, gauge.clone());
            gauge
        });
        let counts = COUNTS.map(|(name, help, _)| {
            let counter = Counter::<u64, AtomicU64>::default();
            registry.register(name, help, counter.clone());
            counter
        });
        Metrics {
            requests,
            first_token,
            between_tokens,
            duration,
            levels: levels.into(),
            counts: counts.into(),
            registry,
        }
    }
}

impl Metrics {
    /// Counts an answer.
    pub fn answered(&self, path: &str, status: u16, duration: Duration) {
        let labels = Labels { path: path.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.duration.observe(duration.as_secs_f64());
    }

    /// Counts the first token of a choice.
    pub fn first_token(&self, after: Duration) {
        self.first_token.observe(after.as_secs_f64());
    }

    /// Counts another token of a choice.
    pub fn next_token(&self, after: Duration) {
        self.between_tokens.observe(after.as_secs_f64());
    }

    /// The text for Prometheus.
    ///
    /// # Errors
    /// None that is known: writing to a string does not fail.
    pub fn text(&self, model: Option<&Model>) -> Result<String, fmt::Error> {
        let figures = model.map(|model| model.engine.figures()).unwrap_or_default();
        for ((_, _, read), gauge) in LEVELS.iter().zip(&self.levels) {
            gauge.set(read(&figures));
        }
        for ((_, _, read), counter) in COUNTS.iter().zip(&self.counts) {
            counter.inner().store(read(&figures), Ordering::Relaxed);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
