//! Launches gather in one encoder and one compute pass until somebody waits.

use ::wgpu::{
    Buffer, CommandEncoder, CommandEncoderDescriptor, ComputePass, ComputePassDescriptor, Device,
    Queue, SubmissionIndex,
};

use super::dispatch::Bound;

/// Launches after which a batch is submitted by itself.
const FULL: usize = 1024;

/// Launches after which a batch is submitted before a replay joins it, so that the device works
/// while the next replay is encoded.
const WORTH_STARTING: usize = 64;

/// The commands that were not submitted yet.
#[derive(Default)]
pub(super) struct Batch {
    // Before the encoder: a pass ends when it is dropped, and the encoder must outlive it.
    pass: Option<ComputePass<'static>>,
    encoder: Option<CommandEncoder>,
    dispatches: usize,
    /// Bytes of queue writes since the last submission: wgpu holds a copy of them until then.
    pub written: u64,
    /// Submissions so far.
    pub submissions: u64,
}

impl Batch {
    /// Whether a queue write now would come before no earlier command.
    pub(super) fn is_empty(&self) -> bool {
        self.encoder.is_none()
    }

    /// Adds a launch.
    pub(super) fn dispatch(&mut self, device: &Device, queue: &Queue, bound: &Bound) {
        if self.dispatches >= FULL {
            self.submit(queue);
        }
        let encoder = Self::encoder(&mut self.encoder, device);
        let pass = self.pass.get_or_insert_with(|| {
            let descriptor = ComputePassDescriptor { label: Some("batch"), timestamp_writes: None };
            encoder.begin_compute_pass(&descriptor).forget_lifetime()
        });
        pass.set_pipeline(&bound.pipeline.pipeline);
        pass.set_bind_group(0, &bound.group, &[]);
        if !bound.immediates.is_empty() {
            pass.set_immediates(0, bytemuck::cast_slice(&bound.immediates));
        }
        let [x, y, z] = bound.grid;
        pass.dispatch_workgroups(x, y, z);
        self.dispatches += 1;
    }

    /// Submits what gathered so far if it is worth starting.
    pub(super) fn start(&mut self, queue: &Queue) {
        if self.dispatches >= WORTH_STARTING {
            self.submit(queue);
        }
    }

    /// Adds a copy between buffers; offsets and size are multiples of 4.
    pub(super) fn copy(
        &mut self,
        device: &Device,
        (from, from_offset): (&Buffer, u64),
        (to, to_offset): (&Buffer, u64),
        bytes: u64,
    ) {
        self.pass = None;
        let encoder = Self::encoder(&mut self.encoder, device);
        encoder.copy_buffer_to_buffer(from, from_offset, to, to_offset, Some(bytes));
    }

    /// Adds a fill with zeros; offset and size are multiples of 4.
    pub(super) fn zero(&mut self, device: &Device, buffer: &Buffer, offset: u64, bytes: u64) {
        self.pass = None;
        Self::encoder(&mut self.encoder, device).clear_buffer(buffer, offset, Some(bytes));
    }

    /// Submits everything, queue writes included.
    pub(super) fn submit(&mut self, queue: &Queue) -> SubmissionIndex {
        self.pass = None;
        self.dispatches = 0;
        self.written = 0;
        self.submissions += 1;
        queue.submit(self.encoder.take().map(CommandEncoder::finish))
    }

    fn encoder<'a>(
        encoder: &'a mut Option<CommandEncoder>,
        device: &Device,
    ) -> &'a mut CommandEncoder {
        encoder.get_or_insert_with(|| {
            device.create_command_encoder(&CommandEncoderDescriptor { label: Some("batch") })
        })
    }
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Batch {} of {} dispatches", self.submissions, self.dispatches)
    }
}
