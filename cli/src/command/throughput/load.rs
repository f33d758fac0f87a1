//! The requests of a measurement: the same ones for the same seed.

use tilewright_model::sampling::{Chain, SamplingParams};
use tilewright_model::serving::Request;

use crate::args::{Lengths, ThroughputArgs};

/// Random numbers: SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
/// generators", figure 14).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `(0, 1]`.
    fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// Normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Log-normal with this median and mean, then cut.
    fn length(&mut self, median: f64, mean: f64) -> u32 {
        let sigma = (2.0 * (mean / median).ln()).sqrt();
        (median * (sigma * self.normal()).exp()).round().clamp(4.0, 1024.0) as u32
    }
}

/// The requests that the arguments ask for and `more` behind them, of tokens of a vocabulary.
pub(super) fn requests(args: &ThroughputArgs, more: u32, vocabulary: u32) -> Vec<Request> {
    let mut random = Random(args.seed);
    let base = SamplingParams { temperature: args.temperature, ..SamplingParams::default() };
    (0..args.requests.get().saturating_add(more))
        .map(|at| {
            let (prompt, answer) = match args.lengths {
                Lengths::Fixed { prompt, answer } => (prompt, answer),
                Lengths::Chat => (random.length(80.0, 200.0), random.length(150.0, 200.0)),
            };
            let token = |_| (random.bits() % u64::from(vocabulary.max(1))) as u32;
            let prompt: Vec<u32> = (0..prompt).map(token).collect();
            let seed = args.seed.wrapping_add(at.into());
            Request {
                sampling: Chain::new(SamplingParams { seed, ..base }),
                max_tokens: answer as usize,
                ignore_end: true,
                ..Request::new(prompt)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn lengths_have_their_median_and_mean() {
        let mut random = Random(1);
        let mut lengths: Vec<u32> = (0..20_001).map(|_| random.length(150.0, 200.0)).collect();
        lengths.sort_unstable();
        let mean = lengths.iter().sum::<u32>() / 20_001;
        assert!((145..155).contains(&lengths[10_000]), "{}", lengths[10_000]);
        // The cut takes a little.
        assert!((190..202).contains(&mean), "{mean}");
        assert!(lengths[0] >= 4 && lengths[20_000] <= 1024);
    }
}
