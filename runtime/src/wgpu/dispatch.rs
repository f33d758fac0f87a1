//! A launch becomes a bind group; its scalars become immediates or a uniform buffer.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};

use ::wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferBinding,
    BufferDescriptor, BufferUsages, Device,
};

use super::memory::WgpuMemory;
use super::pipeline::WgpuPipeline;
use crate::backend::{Argument, Dispatch, Region, foreign};
use crate::{BackendKind, Error};

/// A launch that is ready to be encoded.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub pipeline: Arc<WgpuPipeline>,
    pub group: BindGroup,
    pub grid: [u32; 3],
    /// Words of immediates; none where the scalars lie in a uniform buffer.
    pub immediates: Vec<u32>,
}

/// Uniform buffers by content. They are written when they are made and never again, so that any
/// number of launches, recorded or not, may share one.
#[derive(Debug, Default)]
pub(super) struct Uniforms(Mutex<HashMap<Vec<u32>, Buffer>>);

/// Buffers kept; when there are more, all are forgotten (bind groups keep theirs).
const KEPT: usize = 4096;

impl Uniforms {
    fn get(&self, device: &Device, words: Vec<u32>) -> Result<Buffer, Error> {
        let poisoned = |_| Error::DeviceLost { reason: "a uniform buffer's map".to_owned() };
        let mut kept = self.0.lock().map_err(poisoned)?;
        if let Some(found) = kept.get(&words) {
            return Ok(found.clone());
        }
        if kept.len() >= KEPT {
            kept.clear();
        }
        let bytes: &[u8] = bytemuck::cast_slice(&words);
        let buffer = device.create_buffer(&BufferDescriptor {
            label: Some("scalars"),
            size: bytes.len() as u64,
            usage: BufferUsages::UNIFORM,
            mapped_at_creation: true,
        });
        let failed = |error: ::wgpu::MapRangeError| Error::Driver {
            backend: BackendKind::Wgpu,
            call: "mapping scalars",
            message: error.to_string(),
        };
        buffer.get_mapped_range_mut(..).map_err(failed)?.copy_from_slice(bytes);
        buffer.unmap();
        kept.insert(words, buffer.clone());
        Ok(buffer)
    }
}

/// Binds the arguments of a dispatch.
pub(super) fn bind(
    device: &Device,
    uniforms: &Uniforms,
    dispatch: &Dispatch,
) -> Result<Bound, Error> {
    let pipeline = dispatch.pipeline.clone().downcast::<WgpuPipeline>();
    let pipeline = pipeline.map_err(|_| foreign("pipeline"))?;
    let mut buffers = Vec::with_capacity(dispatch.arguments.len());
    let mut words = Vec::new();
    for argument in &dispatch.arguments {
        match argument {
            Argument::Buffer { region, .. } => buffers.push(region),
            Argument::Scalar(value) => words.push(value.word()?),
            Argument::TensorMap { .. } => {
                let (backend, what) = (BackendKind::Wgpu, "tensor maps");
                return Err(Error::Unsupported { backend, what });
            }
        }
    }
    let mut entries = Vec::with_capacity(buffers.len() + 1);
    for (binding, region) in buffers.iter().enumerate() {
        let resource = BindingResource::Buffer(binding_of(region)?);
        entries.push(BindGroupEntry { binding: binding as u32, resource });
    }
    let uniform;
    let immediates = match pipeline.immediate_bytes {
        0 => Vec::new(),
        _ => std::mem::take(&mut words),
    };
    if !words.is_empty() {
        // A uniform struct's size is a multiple of its alignment, 4; drivers like 16.
        words.resize(words.len().next_multiple_of(4), 0);
        uniform = uniforms.get(device, words)?;
        let binding = entries.len() as u32;
        entries.push(BindGroupEntry { binding, resource: uniform.as_entire_binding() });
    }
    let group = device.create_bind_group(&BindGroupDescriptor {
        label: Some(pipeline.name),
        layout: &pipeline.layout,
        entries: &entries,
    });
    Ok(Bound { pipeline, group, grid: dispatch.grid, immediates })
}

/// The region, rounded up to the 16 bytes that its widest element may have.
fn binding_of(region: &Region) -> Result<BufferBinding<'_>, Error> {
    let buffer = &region.allocation.memory::<WgpuMemory>()?.buffer;
    let bytes = region.bytes.max(1).next_multiple_of(16).min(buffer.size() - region.offset);
    Ok(BufferBinding { buffer, offset: region.offset, size: NonZeroU64::new(bytes) })
}
