//! The choice of the next token.

use tilewright_kernels::{SampleParams, argmax, sample};

use super::output::{Output, Tolerance};
use super::random::Random;
use super::{Bound, Case, Prepared};

/// Tokens of a vocabulary.
const VOCABULARY: u32 = 8192;

pub(super) fn cases() -> Vec<Case> {
    vec![best(1), best(4), draw(1), draw(4)]
}

/// Logits of -8 to 8.
fn logits(rows: u32) -> Vec<f32> {
    Random::new(11).floats(rows * VOCABULARY).into_iter().map(|x| 8.0 * x).collect()
}

fn best(rows: u32) -> Case {
    Case::new("argmax", format!("{rows}x{VOCABULARY}"), Bound::Bytes, move |device| {
        let logits = device.upload([rows, VOCABULARY], &logits(rows))?;
        let out = device.zeros::<u32>([rows])?;
        let outputs = vec![Output::new("out", &out, Tolerance::EXACT)];
        let (device, mut out) = (device.clone(), out);
        Ok(Prepared { launch: Box::new(move || argmax(&device, &logits, &mut out)), outputs })
    })
}

/// All cuts at once. These seeds' draws lie nowhere near the edge between two tokens.
fn draw(rows: u32) -> Case {
    Case::new("sample", format!("{rows}x{VOCABULARY}"), Bound::Bytes, move |device| {
        let logits = device.upload([rows, VOCABULARY], &logits(rows))?;
        let row = |row: u32| {
            let (seed, position) = (u64::from(row) + 12, 100 + row);
            let (temperature, top_k, top_p, min_p) = (0.8, 40, 0.95, 0.05);
            SampleParams { temperature, top_k, top_p, min_p, seed, position }.encode()
        };
        let params: Vec<f32> = (0..rows).flat_map(row).collect();
        let params = device.upload([rows, 8], &params)?;
        let out = device.zeros::<u32>([rows])?;
        let outputs = vec![Output::new("out", &out, Tolerance::EXACT)];
        let (device, mut out) = (device.clone(), out);
        let launch = Box::new(move || sample(&device, &logits, &params, &mut out));
        Ok(Prepared { launch, outputs })
    })
}
