//! [`Ours`]: this repository's side of a contest, on a device and ready to be timed.

use std::time::Instant;

use tilewright_runtime::{Device, Error, Recording};

use super::contest::{Contest, Work};
use super::expected::Expected;
use super::{attention, decode, matmul};
use crate::Agreement;

/// The launches of a contest as one graph.
pub(super) struct Ours {
    device: Device,
    recording: Recording,
    launches: u32,
    /// What both sides are compared with.
    pub expected: Expected,
    found: Box<Found>,
}

/// What the device has at the expected places, and how near anything else is that only this side writes.
pub(super) type Found = dyn Fn(&Expected) -> Result<(Vec<f64>, Agreement), Error>;

/// Tensors on a device.
pub(super) struct Prepared {
    /// Queues launch `i`.
    pub launch: Box<dyn FnMut(u32) -> Result<(), Error>>,
    pub expected: Expected,
    pub found: Box<Found>,
}

impl Ours {
    /// Makes the inputs and records the launches.
    ///
    /// # Errors
    /// The device's.
    pub fn prepare(device: &Device, contest: &Contest) -> Result<Ours, Error> {
        let buffers = contest.buffers;
        let Prepared { mut launch, expected, found } = match contest.work {
            Work::Attention { batch, tokens, heads, head_dim, causal } => {
                let sizes = attention::Sizes { batch, tokens, heads, head_dim };
                attention::prepare(device, sizes, causal)?
            }
            Work::Matmul { m, n, k } => matmul::prepare(device, m, n, k)?,
            Work::Decode { batch, context, heads, kv_heads, head_dim } => {
                let sizes = decode::Sizes { batch, context, heads, kv_heads, head_dim };
                decode::prepare(device, sizes, buffers)?
            }
        };
        let launches = contest.launches;
        let recording = device.record(|| (0..launches).try_for_each(|at| launch(at % buffers)))?;
        Ok(Ours { device: device.clone(), recording, launches, expected, found })
    }

    /// How near the results of the last replay are.
    ///
    /// # Errors
    /// The device's.
    pub fn agreement(&self) -> Result<Agreement, Error> {
        let (found, beside) = self.found()?;
        Ok(self.expected.compare(&found).or_worse(beside))
    }

    /// The elements of the last replay's results that are compared, and how near all else is.
    ///
    /// # Errors
    /// The device's.
    pub fn found(&self) -> Result<(Vec<f64>, Agreement), Error> {
        (self.found)(&self.expected)
    }

    /// Microseconds of a launch over so many replays, by the host's clock.
    ///
    /// # Errors
    /// The device's.
    pub fn round(&self, replays: u32) -> Result<f64, Error> {
        self.device.synchronise()?;
        let start = Instant::now();
        for _ in 0..replays {
            self.recording.replay()?;
        }
        self.device.synchronise()?;
        let launches = f64::from(replays) * f64::from(self.launches);
        Ok(start.elapsed().as_secs_f64() * 1e6 / launches)
    }
}
