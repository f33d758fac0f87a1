//! The wgpu [`Backend`].

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard};

use ::wgpu::{
    Adapter, Buffer, Device, DeviceDescriptor, ExperimentalFeatures, Features, MemoryHints, Queue,
};

use super::batch::Batch;
use super::dispatch::{Bound, Uniforms, bind};
use super::failure::Failure;
use super::pipeline::Pipelines;
use super::{WgpuMemory, adapter, limits};
use crate::backend::{Backend, Command, Opaque, Pipeline, Region, foreign};
use crate::error::one_line;
use crate::kernel::{KernelInfo, KernelText};
use crate::{
    BackendKind, Capabilities, Error, MemoryInfo, Options, TensorMapDescriptor, WgpuCapabilities,
    memory_info,
};

/// Allocations below this size are not compared with the host's free memory.
const SMALL: u64 = 1 << 20;

/// A wgpu device, its queue and what gathers for it.
#[derive(Debug)]
pub(crate) struct WgpuBackend {
    adapter: Adapter,
    pub(super) device: Device,
    pub(super) queue: Queue,
    pub(super) failure: Arc<Failure>,
    pub(super) staging: Mutex<Vec<Buffer>>,
    capabilities: Capabilities,
    facts: WgpuCapabilities,
    batch: Mutex<Batch>,
    pipelines: Pipelines,
    uniforms: Uniforms,
    /// Bytes of immediates that a pipeline may have; 0 where there are none.
    most_immediates: u32,
}

/// A recorded command, ready to be encoded.
enum Prepared {
    Dispatch(Bound),
    Zero(Region),
    Copy { from: Region, to: Region },
}

impl WgpuBackend {
    /// Opens adapter `index`, or the best one, with its real limits and the features it has.
    pub(crate) fn open(index: Option<usize>, options: &Options) -> Result<Self, Error> {
        let adapter = adapter::find(index)?;
        let mut capabilities = limits::capabilities(&adapter);
        let features = limits::features(&adapter);
        // SAFETY: the only experimental feature asked for is cooperative matrices, whose kernels
        // are checked for shape and element type by their compiler, as naga does not.
        let experimental_features = unsafe { ExperimentalFeatures::enabled() };
        let descriptor = DeviceDescriptor {
            label: Some("tilewright"),
            required_features: features,
            required_limits: adapter.limits(),
            experimental_features,
            memory_hints: MemoryHints::MemoryUsage,
            trace: ::wgpu::Trace::Off,
        };
        let opened = adapter::request_device(&adapter, &descriptor);
        let (device, queue) = opened.map_err(|error| Error::Driver {
            backend: BackendKind::Wgpu,
            call: "request_device",
            message: one_line(&error.to_string()),
        })?;
        let unsupported = Error::Unsupported { backend: BackendKind::Wgpu, what: "capabilities" };
        let mut facts = capabilities.wgpu.take().ok_or(unsupported)?;
        if let Some(limit) = options.max_binding {
            facts.max_storage_binding = facts.max_storage_binding.min(limit);
        }
        capabilities.wgpu = Some(facts.clone());
        let failure = Failure::watch(&device);
        let has_immediates = options.immediates && features.contains(Features::IMMEDIATES);
        let most_immediates = if has_immediates { adapter.limits().max_immediate_size } else { 0 };
        Ok(WgpuBackend {
            adapter,
            device,
            queue,
            failure,
            staging: Mutex::default(),
            capabilities,
            facts,
            batch: Mutex::default(),
            pipelines: Pipelines::default(),
            uniforms: Uniforms::default(),
            most_immediates,
        })
    }

    pub(crate) fn handles(&self) -> (Device, Queue) {
        (self.device.clone(), self.queue.clone())
    }

    pub(super) fn limits(&self) -> &WgpuCapabilities {
        &self.facts
    }

    pub(super) fn name(&self) -> String {
        self.capabilities.name.clone()
    }

    /// The batch under way.
    pub(super) fn batch(&self) -> Result<MutexGuard<'_, Batch>, Error> {
        let lost = |_| Error::DeviceLost { reason: "encoding panicked".to_owned() };
        self.batch.lock().map_err(lost)
    }

    /// The host's memory where a software device takes from it and the request is not small.
    pub(super) fn host_memory_for(&self, bytes: u64) -> Option<MemoryInfo> {
        let matters = self.capabilities.is_software && bytes >= SMALL;
        if matters { memory_info::host() } else { None }
    }

    fn prepare_one(&self, command: &Command) -> Result<Prepared, Error> {
        Ok(match command {
            Command::Dispatch(dispatch) => {
                Prepared::Dispatch(bind(&self.device, &self.uniforms, dispatch)?)
            }
            Command::Zero(region) => Prepared::Zero(region.clone()),
            Command::Copy { from, to } => Prepared::Copy { from: from.clone(), to: to.clone() },
        })
    }

    fn encode(&self, batch: &mut Batch, prepared: &Prepared) -> Result<(), Error> {
        match prepared {
            Prepared::Dispatch(bound) => batch.dispatch(&self.device, &self.queue, bound),
            Prepared::Zero(region) => {
                let buffer = &region.allocation.memory::<WgpuMemory>()?.buffer;
                batch.zero(&self.device, buffer, region.offset, region.bytes);
            }
            Prepared::Copy { from, to } => {
                let source = &from.allocation.memory::<WgpuMemory>()?.buffer;
                let target = &to.allocation.memory::<WgpuMemory>()?.buffer;
                let (source, target) = ((source, from.offset), (target, to.offset));
                batch.copy(&self.device, source, target, to.bytes);
            }
        }
        Ok(())
    }
}

impl Backend for WgpuBackend {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn memory(&self) -> Option<MemoryInfo> {
        limits::memory(&self.adapter, self.capabilities.is_software)
    }

    fn allocate(&self, bytes: u64) -> Result<Opaque, Error> {
        self.failure.check()?;
        self.create_buffer(bytes)
    }

    fn upload(&self, to: &Region, data: &[u8]) -> Result<(), Error> {
        self.failure.check()?;
        self.write(to, data)
    }

    fn download(&self, from: &Region, data: &mut [u8]) -> Result<(), Error> {
        self.failure.check()?;
        self.read(from, data)
    }

    fn pipeline(
        &self,
        kernel: &'static KernelInfo,
        text: Option<&'static KernelText>,
    ) -> Result<Pipeline, Error> {
        self.failure.check()?;
        let text = text.ok_or_else(|| foreign("reference"))?;
        Ok(self.pipelines.get(&self.device, kernel, text, self.most_immediates)?)
    }

    fn run(&self, command: &Command) -> Result<(), Error> {
        self.failure.check()?;
        let prepared = self.prepare_one(command)?;
        self.encode(&mut *self.batch()?, &prepared)?;
        self.failure.check()
    }

    fn prepare(&self, commands: &[Command]) -> Result<Opaque, Error> {
        self.failure.check()?;
        let prepared: Result<Vec<Prepared>, Error> =
            commands.iter().map(|command| self.prepare_one(command)).collect();
        self.failure.check()?;
        Ok(Box::new(prepared?))
    }

    fn replay(&self, prepared: &Opaque, _: &[Command]) -> Result<(), Error> {
        self.failure.check()?;
        let prepared = prepared.downcast_ref::<Vec<Prepared>>();
        let prepared = prepared.ok_or_else(|| foreign("recording"))?;
        let mut batch = self.batch()?;
        batch.start(&self.queue);
        for one in prepared {
            self.encode(&mut batch, one)?;
        }
        self.failure.check()
    }

    fn synchronise(&self) -> Result<(), Error> {
        let submission = self.batch()?.submit(&self.queue);
        self.wait(Some(submission))
    }

    fn submissions(&self) -> Option<u64> {
        self.batch().ok().map(|batch| batch.submissions)
    }

    fn tensor_map(&self, _: &TensorMapDescriptor, _: &Region) -> Result<[u64; 16], Error> {
        Err(Error::Unsupported { backend: BackendKind::Wgpu, what: "tensor maps" })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::kernel::{Case, Param, ParamKind, Target};
    use crate::{Arg, DType, Device, DeviceSelector, Launch, Tensor};

    static COUNT: KernelInfo = KernelInfo {
        name: "count",
        params: &[Param { name: "y", kind: ParamKind::ReadWrite }],
        cases: &[Case {
            values: &[],
            dtypes: &[DType::U32],
            texts: &[KernelText {
                target: Target::Wgsl {
                    f16: false,
                    subgroup: None,
                    cooperative_matrix: None,
                    workgroup_storage: 0,
                },
                code: "@group(0) @binding(0) var<storage, read_write> y: array<u32>;
                       @compute @workgroup_size(1) fn count() { y[0] += 1u; }",
                entry: "count",
                threads: [1; 3],
                dynamic_shared: 0,
                cluster: 1,
                folds_grid: false,
                dependent_launch: false,
                tensor_maps: &[],
            }],
            reference: None,
        }],
        source: "",
    };

    fn count(device: &Device, y: &Tensor<u32>) -> Result<(), Error> {
        let args = &[Arg::read_write(y)];
        device.launch(&Launch { kernel: &COUNT, case: 0, grid: [1; 3], args })
    }

    #[test]
    fn a_step_is_one_submission_recorded_or_not() {
        let device = Device::open(&DeviceSelector::Wgpu(None)).unwrap();
        let y = device.zeros::<u32>(1).unwrap();
        let steps = || (0..50).try_for_each(|_| count(&device, &y));
        let recording = device.record(steps).unwrap();
        for recorded in [true, false] {
            let before = device.queued().submissions;
            y.write(0, &[1000]).unwrap();
            if recorded { recording.replay() } else { steps() }.unwrap();
            assert_eq!(y.download().unwrap(), [1050]);
            assert_eq!(device.queued().submissions - before, 1);
        }
    }

    #[test]
    fn a_long_batch_is_submitted_by_itself() {
        let device = Device::open(&DeviceSelector::Wgpu(None)).unwrap();
        let y = device.zeros::<u32>(1).unwrap();
        (0..2500).try_for_each(|_| count(&device, &y)).unwrap();
        assert_eq!(device.queued().submissions, 2);
        assert_eq!(y.download().unwrap(), [2500]);
    }
}
