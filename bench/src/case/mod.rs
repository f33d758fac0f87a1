//! [`Case`]: one launch of one kernel, ready to be checked and timed on any device.

mod agreement;
mod attention;
mod layers;
mod matmul;
mod output;
mod random;
mod sampling;

use std::time::{Duration, Instant};

use tilewright_runtime::{Device, LaunchCost, Recording};

use crate::Error;
pub use agreement::Agreement;
pub(crate) use agreement::share;
use output::Output;

/// Replays that are queued before the host waits: queues of drivers are not endless.
const QUEUED: u64 = 64;

/// What limits a kernel at its shape: which of its costs is worth a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Memory: GB/s.
    Bytes,
    /// Arithmetic: TFLOP/s.
    Flops,
}

/// A kernel at one shape.
pub struct Case {
    /// The function of `tilewright_kernels`.
    pub kernel: &'static str,
    /// Element types and shape, such as `q4_k/512x768/m1`.
    pub shape: String,
    /// What limits it.
    pub bound: Bound,
    prepare: Box<Prepare>,
}

/// What puts a case on a device.
type Prepare = dyn Fn(&Device) -> Result<Prepared, tilewright_runtime::Error>;

/// Buffers on a device: what launches the kernel, and what it writes.
struct Prepared {
    launch: Box<dyn FnMut() -> Result<(), tilewright_runtime::Error>>,
    outputs: Vec<Output>,
}

/// A case on a device, recorded.
pub struct Ready {
    id: String,
    device: Device,
    recording: Recording,
    outputs: Vec<Output>,
}

/// Every case, kernel by kernel: each public function of `tilewright_kernels`, products and gathers in
/// every format.
pub fn cases() -> Vec<Case> {
    let mut cases = layers::cases();
    cases.extend(matmul::cases());
    cases.extend(attention::cases());
    cases.extend(sampling::cases());
    cases.sort_by_key(|case| case.kernel);
    cases
}

impl Case {
    fn new(
        kernel: &'static str,
        shape: String,
        bound: Bound,
        prepare: impl Fn(&Device) -> Result<Prepared, tilewright_runtime::Error> + 'static,
    ) -> Case {
        Case { kernel, shape, bound, prepare: Box::new(prepare) }
    }

    /// Kernel and shape: the id of a row.
    pub fn id(&self) -> String {
        format!("{}/{}", self.kernel, self.shape)
    }

    /// Uploads the data and records the launch; the data are the same on every device.
    ///
    /// # Errors
    /// The device's.
    pub fn ready(&self, device: &Device) -> Result<Ready, Error> {
        let Prepared { launch, outputs } = (self.prepare)(device)?;
        let recording = device.record(launch)?;
        Ok(Ready { id: self.id(), device: device.clone(), recording, outputs })
    }
}

impl Ready {
    /// What one launch costs by the kernel's own account.
    ///
    /// # Errors
    /// [`Error::NoCost`] where the kernel does not say.
    pub fn cost(&self) -> Result<LaunchCost, Error> {
        self.recording.cost().ok_or_else(|| Error::NoCost { case: self.id.clone() })
    }

    /// Launches once here and once on the reference's device, and compares what they wrote. Both
    /// must be fresh: some kernels add to what is there.
    ///
    /// # Errors
    /// The devices'. Numbers that differ are in the result.
    pub fn agreement(&self, reference: &Ready) -> Result<Agreement, Error> {
        self.recording.replay()?;
        reference.recording.replay()?;
        let mut worst = Agreement::default();
        for (found, expected) in self.outputs.iter().zip(&reference.outputs) {
            worst.add(found.name, &found.read()?, &expected.read()?, found.tolerance);
        }
        Ok(worst)
    }

    /// The same, where another result is an error.
    ///
    /// # Errors
    /// [`Error::Numbers`], and the devices'.
    pub fn expect_agreement(&self, reference: &Ready) -> Result<(), Error> {
        let agreement = self.agreement(reference)?;
        if agreement.passed() {
            return Ok(());
        }
        Err(Error::Numbers { case: self.id.clone(), place: agreement.place })
    }

    /// The time of so many launches, one after the other.
    ///
    /// # Errors
    /// The device's.
    pub fn time(&self, launches: u64) -> Result<Duration, Error> {
        self.device.synchronise()?;
        let start = Instant::now();
        for done in 1..=launches {
            self.recording.replay()?;
            if done % QUEUED == 0 {
                self.device.synchronise()?;
            }
        }
        self.device.synchronise()?;
        Ok(start.elapsed())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Case, cases};
    use std::collections::BTreeSet;
    use tilewright_runtime::{Device, DeviceSelector};

    #[test]
    fn every_dispatched_kernel_has_a_case_and_no_id_is_there_twice() {
        let cases = cases();
        let kernels: BTreeSet<&str> = cases.iter().map(|case| case.kernel).collect();
        // Instances of a family are named after its phases.
        let timed = [tilewright_kernels::portable(), tilewright_kernels::tensor_core()].concat();
        let names = timed.into_iter().map(|kernel| match kernel.info.name {
            "decode" => "attention_decode",
            "attention_combine" => "attention_decode",
            "prefill" => "attention_prefill",
            "tree" => "attention_tree",
            "round_activations" | "dequantise" => "matmul",
            "multiply_one" | "multiply_normed" | "multiply_few" | "multiply_many" => "matmul",
            name => name,
        });
        assert_eq!(names.collect::<BTreeSet<_>>(), kernels);
        let ids: BTreeSet<String> = cases.iter().map(Case::id).collect();
        assert_eq!(ids.len(), cases.len());
    }

    #[test]
    fn every_case_states_its_cost_and_agrees_with_itself() {
        let cpu = Device::open(&DeviceSelector::Cpu).unwrap();
        for case in cases() {
            let (ready, again) = (case.ready(&cpu).unwrap(), case.ready(&cpu).unwrap());
            let cost = ready.cost().unwrap();
            assert!(cost.bytes > 0, "{}", case.id());
            let agreement = ready.agreement(&again).unwrap();
            assert!(agreement.passed() && agreement.error == 0.0, "{}", case.id());
        }
    }

    #[test]
    fn every_case_states_its_cost_on_every_kind_of_device() {
        // Nothing is run: these only pretend to be CUDA and wgpu.
        for device in tilewright_testing::interpreters() {
            for case in cases() {
                let cost = case.ready(&device).unwrap().cost().unwrap();
                assert!(cost.bytes > 0, "{} on {device:?}", case.id());
            }
        }
    }

    #[test]
    fn costs_are_those_of_the_shapes() {
        let cpu = Device::open(&DeviceSelector::Cpu).unwrap();
        let cost = |id: &str| {
            let case = cases().into_iter().find(|case| case.id() == id).unwrap();
            case.ready(&cpu).unwrap().cost().unwrap()
        };
        assert_eq!(cost("add/32x576").bytes, 12 * 32 * 576);
        // Two bytes a weight, activations and results.
        let product = cost("matmul/f16/512x768/m1");
        assert_eq!(product.bytes, 2 * 512 * 768 + 4 * (512 + 768));
        assert_eq!(product.flops, 2 * 512 * 768);
        // Keys and values of 4 x 256 positions of 3 heads of 64, and 9 heads in and out.
        let decode = cost("attention_decode/bf16/hd64/4x256");
        assert_eq!(decode.bytes, 4 * 256 * 3 * 64 * 2 * 2 + 4 * 4 * 9 * (64 + 64 + 2));
        // 64 tokens at 64..128: their keys are 65 + .. + 128.
        let prefill = cost("attention_prefill/f32/hd64/64+64");
        assert_eq!(prefill.flops, 4 * 9 * 64 * (65..=128u64).sum::<u64>());
    }

    #[test]
    fn products_on_matrix_units_are_within_their_tolerance() {
        let cpu = Device::open(&DeviceSelector::Cpu).unwrap();
        let cuda = tilewright_testing::interpreters().remove(0);
        for shape in ["q4_0/512x768/m1", "q6_k/512x768/m1", "f16/512x768/m8", "bf16/512x768/m8"] {
            let case = cases().into_iter().find(|case| case.id() == format!("matmul/{shape}"));
            let case = case.unwrap();
            let (ready, reference) = (case.ready(&cuda).unwrap(), case.ready(&cpu).unwrap());
            let agreement = ready.agreement(&reference).unwrap();
            assert!(agreement.passed(), "{shape}: {}", agreement.place);
            // Rounding to 16 bits is there, and the tolerance is no more than it needs.
            assert!(agreement.error > agreement.tolerance / 50.0, "{shape}: {agreement:?}");
        }
    }
}
