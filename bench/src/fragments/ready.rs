//! [`Ready`]: a row's launches on a device, recorded, with what they should make.

use std::time::{Duration, Instant};

use tilewright_kernels_matmul::fragments::matvec;
use tilewright_runtime::{Device, Error, Recording, Tensor};

use super::numbers;
use super::product::Element;
use super::work::{Launch, Work};
use crate::Agreement;

/// A round is so long at least: waiting for its end then costs nothing.
const ROUND: Duration = Duration::from_millis(10);
/// Rounds that count, and those before them: the GPU is then as hot as it will be.
const ROUNDS: u32 = 15;
const WARM: u32 = 2;
/// A round has no more replays, should a clock stand still.
const MOST: u32 = 10_000;

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
    x: Tensor<f32>,
    y: Tensor<f32>,
    elements: Vec<Element>,
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
            let x = numbers::activations(product.tokens * product.k);
            *elements = product.elements(last.first, &x);
        }
        let recording = device.record(|| {
            for Launch { product, first } in &work.launches {
                let of = |output: &&mut Output| output.last.product == *product;
                let Some(output) = outputs.iter_mut().find(of) else { continue };
                let (name, w) = (product.format.name(), pool.view(*first, [product.words])?);
                matvec(device, &output.x, &w, &mut output.y, product.n, 0, 0, name)?;
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
            let found = output.y.download()?;
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
        let mut replays = 1;
        while self.time(replays)? < ROUND && replays < MOST {
            replays *= 2;
        }
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
        let x = numbers::activations(product.tokens * product.k);
        let x = device.upload([product.tokens, product.k], &x)?;
        let y = device.zeros::<f32>([product.tokens, product.n])?;
        Ok(Output { last: *launch, x, y, elements: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Ready;
    use crate::fragments::numbers;
    use crate::fragments::product::Product;
    use crate::fragments::work::Work;
    use crate::record::Protocol;
    use tilewright_kernels::Format;
    use tilewright_runtime::{Device, DeviceSelector};
    use tilewright_testing::hopper_interpreter;

    /// Two matrices in turn, so that the last launch has the second one.
    fn work(format: Format, tokens: u32) -> Work {
        let product = Product::new(format, tokens, 96, 2048).unwrap();
        Work::product(product, Protocol::Pdl, 5 * product.words, 4)
    }

    #[test]
    fn results_are_right_and_those_of_other_weights_are_not() {
        let cpu = Device::open(&DeviceSelector::Cpu).unwrap();
        for device in [cpu, hopper_interpreter()] {
            for (format, tokens) in [(Format::Q4_0, 1), (Format::Q8_0, 2), (Format::Bf16, 4)] {
                let work = work(format, tokens);
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
