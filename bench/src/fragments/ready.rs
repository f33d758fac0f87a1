//! [`Ready`]: a row's launches on a device, recorded, with what they should make.

use std::time::{Duration, Instant};

use half::f16;
use tilewright_kernels_matmul::fragments::{dequantise_fragments, matvec};
use tilewright_runtime::{Device, Error, Recording, Tensor};

use super::numbers;
use super::product::{Element, Kind};
use super::work::{Launch, Work};
use crate::Agreement;

/// A round is so long at least: waiting for its end then costs nothing.
const ROUND: Duration = Duration::from_millis(10);
/// Rounds that count, and those before them: the GPU is then as hot as it will be.
const ROUNDS: u32 = 15;
const WARM: u32 = 3;
/// A round has no more replays, should a clock stand still.
const MOST: f64 = 10_000.0;

/// A row's work on a device.
pub(super) struct Ready {
    device: Device,
    recording: Recording,
    parts: u32,
    outputs: Vec<Output>,
}

/// Where all launches of one product write, and what the last of them should leave there.
struct Output {
    last: Launch,
    tensors: Tensors,
    elements: Vec<Element>,
}

enum Tensors {
    Multiply {
        x: Tensor<f32>,
        y: Tensor<f32>,
    },
    /// Pairs.
    Dequantise(Tensor<u32>),
}

impl Ready {
    /// Records the launches over the weights of `pool`.
    ///
    /// # Errors
    /// The device's.
    pub fn new(device: &Device, pool: &Tensor<u32>, work: &Work) -> Result<Ready, Error> {
        let mut outputs: Vec<Output> = Vec::new();
        for launch in &work.launches {
            match outputs.iter_mut().find(|output| output.last.product == launch.product) {
                Some(output) => output.last = *launch,
                None => outputs.push(Output::new(device, launch)?),
            }
        }
        for Output { last, elements, .. } in &mut outputs {
            let product = last.product;
            let x = numbers::activations(product.tokens() * product.k);
            *elements = product.elements(last.first, &x);
        }
        let recording = device.record(|| {
            for Launch { product, first } in &work.launches {
                let of = |output: &&mut Output| output.last.product == *product;
                let Some(output) = outputs.iter_mut().find(of) else { continue };
                let (name, w) = (product.format.name(), pool.view(*first, [product.words])?);
                match &mut output.tensors {
                    Tensors::Multiply { x, y } => matvec(device, x, &w, y, product.n, 0, 0, name)?,
                    Tensors::Dequantise(out) => dequantise_fragments(device, &w, out, 0, name)?,
                }
            }
            Ok(())
        })?;
        Ok(Ready { device: device.clone(), recording, parts: work.parts, outputs })
    }

    /// How near the results of the last replay are.
    ///
    /// # Errors
    /// The device's.
    pub fn agreement(&self) -> Result<Agreement, Error> {
        let mut worst = Agreement::default();
        for output in &self.outputs {
            let found = output.tensors.result()?;
            if output.elements.is_empty() {
                worst.lengths("what is expected", 0, found.len());
            }
            for Element { at, value, tolerance } in &output.elements {
                let found = usize::try_from(*at).ok().and_then(|at| found.get(at));
                let found = found.map_or(f64::NAN, |found| f64::from(*found));
                worst.add_element("y", *at, found, *value, *tolerance);
            }
        }
        Ok(worst)
    }

    /// Microseconds of a part, round by round.
    ///
    /// # Errors
    /// The device's.
    pub fn rounds(&self) -> Result<Vec<f64>, Error> {
        // The first replays are as slow as a cold GPU.
        self.time(2)?;
        let one = self.time(2)?.as_secs_f64() / 2.0;
        let replays = (ROUND.as_secs_f64() / one).ceil().clamp(1.0, MOST) as u32;
        for _ in 0..WARM {
            self.time(replays)?;
        }
        let parts = f64::from(replays) * f64::from(self.parts);
        let round = |_| Ok(self.time(replays)?.as_secs_f64() * 1e6 / parts);
        (0..ROUNDS).map(round).collect()
    }

    /// The time of so many replays, by the host's clock.
    ///
    /// # Errors
    /// The device's.
    pub fn time(&self, replays: u32) -> Result<Duration, Error> {
        self.device.synchronise()?;
        let start = Instant::now();
        for _ in 0..replays {
            self.recording.replay()?;
        }
        self.device.synchronise()?;
        Ok(start.elapsed())
    }
}

impl Output {
    fn new(device: &Device, launch: &Launch) -> Result<Output, Error> {
        let product = launch.product;
        let tensors = match product.kind {
            Kind::Multiply { tokens } => {
                let x = numbers::activations(tokens * product.k);
                let x = device.upload([tokens, product.k], &x)?;
                Tensors::Multiply { x, y: device.zeros([tokens, product.n])? }
            }
            Kind::Dequantise => Tensors::Dequantise(device.zeros([product.n, product.k / 2])?),
        };
        Ok(Output { last: *launch, tensors, elements: Vec::new() })
    }
}

impl Tensors {
    /// What was written.
    fn result(&self) -> Result<Vec<f32>, Error> {
        match self {
            Tensors::Multiply { y, .. } => y.download(),
            Tensors::Dequantise(out) => {
                let pairs = out.download()?.into_iter();
                let halves = pairs.flat_map(|pair| [pair as u16, (pair >> 16) as u16]);
                Ok(halves.map(|bits| f16::from_bits(bits).to_f32()).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Ready;
    use crate::fragments::numbers;
    use crate::fragments::product::{Kind, Product};
    use crate::fragments::work::Work;
    use crate::record::Protocol;
    use tilewright_kernels::Format;
    use tilewright_runtime::{Device, DeviceSelector};
    use tilewright_testing::hopper_interpreter;

    /// Two matrices in turn, so that the last launch has the second one.
    fn work(format: Format, kind: Kind) -> Work {
        let product = Product::new(kind, format, 96, 2048).unwrap();
        Work::product(product, Protocol::Pdl, 5 * product.words, 4)
    }

    #[test]
    fn results_are_right_and_those_of_other_weights_are_not() {
        let cpu = Device::open(&DeviceSelector::Cpu).unwrap();
        for device in [cpu, hopper_interpreter()] {
            for (format, tokens) in [
                (Format::Q4_0, 1),
                (Format::Q8_0, 2),
                (Format::Bf16, 4),
                (Format::Q4_0, 0),
                (Format::Bf16, 0),
            ] {
                let kind = Kind::Multiply { tokens };
                let work = work(format, if tokens == 0 { Kind::Dequantise } else { kind });
                let pool = numbers::pool(&device, work.words()).unwrap();
                let ready = Ready::new(&device, &pool, &work).unwrap();
                assert!(!ready.agreement().unwrap().passed(), "nothing has run");
                ready.time(1).unwrap();
                let agreement = ready.agreement().unwrap();
                assert!(agreement.passed(), "{}: {}", work.id, agreement.place);
                // A slot of zeros in one tile that is looked at.
                let other = pool.view(work.launches[1].first, [512]).unwrap();
                other.fill_zero().unwrap();
                ready.time(1).unwrap();
                assert!(!ready.agreement().unwrap().passed(), "{}", work.id);
            }
        }
    }
}
