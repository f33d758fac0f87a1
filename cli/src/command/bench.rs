//! `bench`: tokens per second of a whole model on random weights, in llama-bench's terms.

mod speculation;

use std::fmt::Write as _;
use std::io::stdout;
use std::time::Instant;

use serde::Serialize;
use tilewright_model::decoder::DecoderError;
use tilewright_model::engine::BareDecoder;
use tilewright_model::weights::Weights;

use crate::args::{BenchArgs, Cli};
use crate::error::Error;
use crate::{engine, interrupt, output};
use speculation::Replay;

/// Makes the model on the device and measures it.
pub(super) fn run(cli: &Cli, args: &BenchArgs) -> Result<(), Error> {
    args.quant.suits(args.shape).map_err(|error| Error::Usage(error.to_string()))?;
    if !args.acceptance.is_empty() && args.batch.get() > 1 {
        return Err(Error::Usage(
            "speculation is measured with one sequence: use --batch 1".into(),
        ));
    }
    let device = engine::device(args.device, &cli.device_options());
    let device = device.map_err(engine::Error::failed)?;
    let config = args.shape.config();
    let started = Instant::now();
    let weights =
        Weights::random(&device, &config, args.quant, 1).map_err(engine::Error::failed)?;
    let bytes_per_token = weights.bytes_per_token();
    let batch = args.batch.get();
    let longest = args.prompt.iter().map(|n| n.get()).max().unwrap_or(0);
    let context = args.context + longest.max(args.generate.get() + args.most_guesses());
    let decoder = BareDecoder::new(&device, &config, weights, context, batch, args.chunk.get())
        .map_err(engine::Error::failed)?;
    let ready_ms = crate::report::milliseconds(started.elapsed());
    let mut trials = Trials { decoder, args, vocabulary: config.vocab_size };
    let mut rows = Vec::new();
    for prompt in &args.prompt {
        let rates = trials.measure(|trials| trials.prompt(prompt.get()))?;
        rows.push(Row::new(format!("pp{prompt}"), &rates, None));
    }
    let rates = trials.measure(Trials::generate)?;
    let speculation = trials.speculate()?;
    let steps = bytes_per_token as f64 / f64::from(batch) / 1e9;
    rows.push(Row::new(format!("tg{}", args.generate), &rates, Some(steps)));
    let report = Report {
        model: args.shape.name(),
        quant: args.quant.name(),
        device: device.capabilities().label(),
        batch,
        context: args.context,
        bytes_per_token,
        ready_ms,
        rows,
        speculation,
    };
    if args.json {
        return output::json(&mut stdout().lock(), &report);
    }
    output::stream(&mut stdout().lock(), &report.table())
}

/// The measurements of one model.
struct Trials<'a> {
    decoder: BareDecoder,
    args: &'a BenchArgs,
    vocabulary: u32,
}

impl Trials<'_> {
    /// Tokens per second of every repetition, after a warm-up that does not count.
    fn measure(
        &mut self,
        trial: impl Fn(&mut Self) -> Result<f64, DecoderError>,
    ) -> Result<Vec<f64>, Error> {
        let mut rates = Vec::new();
        for repetition in 0..=self.args.repetitions.get() {
            if interrupt::pressed() {
                return Err(Error::Interrupted);
            }
            let rate = trial(self).map_err(engine::Error::failed)?;
            if repetition > 0 {
                rates.push(rate);
            }
        }
        Ok(rates)
    }

    /// The sequences before the clock starts.
    fn begin(&mut self) -> Result<(), DecoderError> {
        self.decoder.clear();
        if self.args.context == 0 {
            return Ok(());
        }
        self.decoder.prefill(&self.tokens(self.args.context))
    }

    /// Tokens per second of a prompt in every sequence.
    fn prompt(&mut self, tokens: u32) -> Result<f64, DecoderError> {
        self.begin()?;
        let prompt = self.tokens(tokens);
        let start = Instant::now();
        self.decoder.prefill(&prompt)?;
        let all = f64::from(tokens) * f64::from(self.args.batch.get());
        Ok(all / start.elapsed().as_secs_f64())
    }

    /// Tokens per second of decoding.
    fn generate(&mut self) -> Result<f64, DecoderError> {
        let (_, seconds) = self.decode()?;
        Ok(f64::from(self.args.batch.get()) / seconds)
    }

    /// Decodes, each token the best one after the last: the first sequence's text, and the seconds of a
    /// step.
    fn decode(&mut self) -> Result<(Vec<u32>, f64), DecoderError> {
        self.begin()?;
        let mut next = self.tokens(self.args.batch.get());
        let mut text: Vec<u32> = next.first().copied().into_iter().collect();
        let start = Instant::now();
        for _ in 0..self.args.generate.get() {
            next = self.decoder.decode(&next)?;
            text.extend(next.first());
        }
        Ok((text, start.elapsed().as_secs_f64() / f64::from(self.args.generate.get())))
    }

    /// Speculation over the text that the model decodes, where it is asked for.
    fn speculate(&mut self) -> Result<Vec<speculation::Row>, Error> {
        if self.args.acceptance.is_empty() {
            return Ok(Vec::new());
        }
        let (text, alone) = self.decode().map_err(engine::Error::failed)?;
        Replay { trials: self, text, alone }.measure()
    }

    /// Some tokens, always the same.
    fn tokens(&self, count: u32) -> Vec<u32> {
        (0..count).map(|at| at.wrapping_mul(2_654_435_761) % self.vocabulary).collect()
    }
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    model: &'static str,
    quant: &'static str,
    device: String,
    batch: u32,
    context: u32,
    /// Bytes of weights that a decoded token reads.
    bytes_per_token: u64,
    /// From nothing to a model on the device, weights made included.
    ready_ms: f64,
    rows: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    speculation: Vec<speculation::Row>,
}

/// One measurement.
#[derive(Debug, Serialize)]
struct Row {
    /// `pp512`: a prompt of 512 tokens; `tg128`: 128 decoded ones.
    test: String,
    tokens_per_s: f64,
    /// Standard deviation.
    deviation: f64,
    /// Weights read, in GB/s; for decoding alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    gbps: Option<f64>,
}

impl Row {
    /// `per_token`: GB that one token of a step reads of the weights.
    fn new(test: String, rates: &[f64], per_token: Option<f64>) -> Row {
        let count = rates.len().max(1) as f64;
        let mean = rates.iter().sum::<f64>() / count;
        let squares: f64 = rates.iter().map(|rate| (rate - mean).powi(2)).sum();
        let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
        Row { test, tokens_per_s: mean, deviation, gbps: per_token.map(|gb| gb * mean) }
    }
}

impl Report {
    /// The table that llama-bench prints, with a column for the rate at which weights are read.
    fn table(&self) -> String {
        let mut text = format!(
            "{} | batch {} | context {} | {:.2} GB a token | ready in {:.1} s\n\n",
            self.device,
            self.batch,
            self.context,
            self.bytes_per_token as f64 / 1e9,
            self.ready_ms / 1e3
        );
        text += "| model | test | tokens/s | GB/s |\n|---|---|---|---|\n";
        for row in &self.rows {
            let gbps = row.gbps.map_or_else(String::new, |gbps| format!("{gbps:.0}"));
            let Row { test, tokens_per_s, deviation, .. } = row;
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| {} {} | {test} | {tokens_per_s:.2} ± {deviation:.2} | {gbps} |",
                self.model, self.quant
            );
        }
        if !self.speculation.is_empty() {
            text += &speculation::table(&self.speculation);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Row};

    #[test]
    fn rates_have_mean_and_deviation() {
        let row = Row::new("tg128".into(), &[9.0, 10.0, 11.0], Some(0.5));
        assert_eq!((row.tokens_per_s, row.deviation, row.gbps), (10.0, 1.0, Some(5.0)));
        let report = Report {
            model: "llama-1b",
            quant: "Q8_0",
            device: "cpu".into(),
            batch: 2,
            context: 0,
            bytes_per_token: 1_310_000_000,
            ready_ms: 1500.0,
            rows: vec![row, Row::new("pp512".into(), &[7.0], None)],
            speculation: Vec::new(),
        };
        let table = report.table();
        assert!(
            table.starts_with("cpu | batch 2 | context 0 | 1.31 GB a token | ready in 1.5 s\n")
        );
        assert!(table.contains("| llama-1b Q8_0 | tg128 | 10.00 ± 1.00 | 5 |\n"));
        assert!(table.ends_with("| llama-1b Q8_0 | pp512 | 7.00 ± 0.00 |  |\n"));
    }
}
