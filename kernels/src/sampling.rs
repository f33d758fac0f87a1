//! Choosing the next token on the device.

use tilewright_kernels_sampling as kernel;
use tilewright_runtime::{Device, Error, Tensor};

/// One row of the parameters of [`sample`]; [`SampleParams::encode`] makes the row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleParams {
    /// Divides the logits; 0 takes the best token and ignores the rest.
    pub temperature: f32,
    /// Keeps this many of the best tokens, exact up to 2^24; 0 keeps all.
    pub top_k: u32,
    /// Keeps the best tokens until their probabilities reach this sum; 1 keeps all.
    pub top_p: f32,
    /// Keeps tokens with at least this share of the best one's probability; 0 keeps all.
    pub min_p: f32,
    /// Key of the draw.
    pub seed: u64,
    /// Index of the token to be drawn in its sequence: the counter of the draw.
    pub position: u32,
}

impl SampleParams {
    /// The row: temperature, top-k, top-p, min-p, and as bits the words of the seed, low first,
    /// and the position; then 0.
    pub fn encode(&self) -> [f32; 8] {
        let bits = f32::from_bits;
        let (low, high) = (self.seed as u32, (self.seed >> 32) as u32);
        let top_k = self.top_k as f32;
        [
            self.temperature,
            top_k,
            self.top_p,
            self.min_p,
            bits(low),
            bits(high),
            bits(self.position),
            0.0,
        ]
    }
}

/// `out[t]` is the id of the largest logit of row `t`, the lowest id where several are equal.
///
/// `logits: [T, vocab]` without NaN, `out: [T]`.
///
/// # Errors
/// [`Error::NoCase`] where shapes contradict each other, and the launch's.
pub fn argmax(device: &Device, logits: &Tensor<f32>, out: &mut Tensor<u32>) -> Result<(), Error> {
    kernel::argmax(device, logits, out)
}

/// Draws `out[t]` from row `t` of the logits: temperature, top-k, top-p, min-p, then the first
/// word of Philox 4x32-10 for the row's seed and position.
///
/// `logits: [T, vocab]` without NaN, `params: [T, 8]` (rows of [`SampleParams::encode`], whose
/// values the host has checked), `out: [T]`.
///
/// # Errors
/// [`Error::NoCase`] where shapes contradict each other, and the launch's.
pub fn sample(
    device: &Device,
    logits: &Tensor<f32>,
    params: &Tensor<f32>,
    out: &mut Tensor<u32>,
) -> Result<(), Error> {
    kernel::sample(device, logits, params, out)
}
