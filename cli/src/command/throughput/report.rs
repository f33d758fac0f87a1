//! What a measurement gave.

use std::time::Duration;

use serde::Serialize;
use tilewright_model::serving::Figures;

/// Times of one request, from the moment it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Times {
    /// When each of its tokens came.
    pub tokens: Vec<Duration>,
}

/// A distribution, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(super) struct Spread {
    p50: f64,
    p99: f64,
    most: f64,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: usize| {
            let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
            times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Spread { p50: at(50), p99: at(99), most: at(100) }
    }
}

/// One measurement.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Report {
    pub device: String,
    pub lengths: String,
    pub requests: u32,
    pub concurrency: u32,
    /// From nothing to an engine that takes requests.
    pub ready_ms: f64,
    /// From the first request to the last token.
    pub wall_s: f64,
    pub prompt_tokens: u64,
    pub output_tokens: u64,
    pub output_tokens_per_s: f64,
    pub requests_per_s: f64,
    pub first_token_ms: Spread,
    /// Between tokens of a request.
    pub next_token_ms: Spread,
    /// Output tokens of a step: how full the batch was.
    pub tokens_per_step: f64,
    /// The host's planning.
    pub schedule_us_per_step: f64,
    pub preemptions: u64,
    pub drafted: u64,
    pub accepted: u64,
}

impl Report {
    /// Fills in what follows from the requests' times and from what the engine counted meanwhile.
    pub fn measure(
        self,
        wall: Duration,
        times: &[Times],
        before: &Figures,
        after: &Figures,
    ) -> Self {
        let seconds = wall.as_secs_f64().max(f64::MIN_POSITIVE);
        let first = times.iter().filter_map(|request| request.tokens.first().copied());
        let next = times.iter().flat_map(|request| {
            let pairs = request.tokens.iter().zip(request.tokens.iter().skip(1));
            pairs.map(|(earlier, later)| later.saturating_sub(*earlier))
        });
        let output_tokens = times.iter().map(|request| request.tokens.len() as u64).sum();
        let steps = (after.steps - before.steps).max(1) as f64;
        Report {
            wall_s: seconds,
            output_tokens,
            output_tokens_per_s: output_tokens as f64 / seconds,
            requests_per_s: times.len() as f64 / seconds,
            first_token_ms: Spread::of(first.collect()),
            next_token_ms: Spread::of(next.collect()),
            tokens_per_step: output_tokens as f64 / steps,
            schedule_us_per_step: (after.schedule_seconds - before.schedule_seconds) * 1e6 / steps,
            preemptions: after.preemptions - before.preemptions,
            drafted: after.drafted - before.drafted,
            accepted: after.accepted - before.accepted,
            ..self
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let Spread { p50, p99, most } = self.first_token_ms;
        let next = self.next_token_ms;
        let mut text = format!(
            "{} | {} requests of {} tokens, {} at a time | ready in {:.1} s\n\
             {:.1} output tokens/s, {:.2} requests/s, {} tokens in {:.2} s\n\
             first token: p50 {p50:.1} ms, p99 {p99:.1} ms, most {most:.1} ms\n\
             next token:  p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms\n\
             {:.1} tokens a step, {:.0} us of planning a step, {} preemptions\n",
            self.device,
            self.requests,
            self.lengths,
            self.concurrency,
            self.ready_ms / 1e3,
            self.output_tokens_per_s,
            self.requests_per_s,
            self.output_tokens,
            self.wall_s,
            next.p50,
            next.p99,
            next.most,
            self.tokens_per_step,
            self.schedule_us_per_step,
            self.preemptions,
        );
        if self.drafted > 0 {
            let share = 100.0 * self.accepted as f64 / self.drafted as f64;
            text += &format!("{share:.0} % of {} guessed tokens accepted\n", self.drafted);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Figures, Report, Times};

    #[test]
    fn times_become_rates() {
        let times: Vec<Times> = (1..=100u64)
            .map(|at| Times { tokens: [0, 2, 5].map(|ms| Duration::from_millis(at + ms)).to_vec() })
            .collect();
        let before = Figures { steps: 5, schedule_seconds: 1.0, ..Figures::default() };
        let after = Figures { steps: 15, schedule_seconds: 1.001, drafted: 8, ..before };
        let report = Report {
            device: "cpu".into(),
            lengths: "4:3".into(),
            requests: 100,
            concurrency: 100,
            ready_ms: 1500.0,
            prompt_tokens: 400,
            ..Report::default()
        };
        let report = report.measure(Duration::from_secs(3), &times, &before, &after);
        assert_eq!((report.output_tokens, report.output_tokens_per_s), (300, 100.0));
        let first = report.first_token_ms;
        assert_eq!((first.p50, first.p99, first.most), (51.0, 100.0, 100.0));
        assert_eq!((report.next_token_ms.p50, report.next_token_ms.most), (3.0, 3.0));
        assert_eq!((report.tokens_per_step, report.drafted), (30.0, 8));
        assert!((report.schedule_us_per_step - 100.0).abs() < 1e-6);
        let text = report.text();
        assert!(
            text.starts_with("cpu | 100 requests of 4:3 tokens, 100 at a time | ready in 1.5 s\n")
        );
        assert!(text.ends_with("0 % of 8 guessed tokens accepted\n"));
    }
}
