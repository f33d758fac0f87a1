//! A text becomes a compute pipeline, inside of error scopes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ::wgpu::{
    BindGroupLayout, BindGroupLayoutDescriptor, BindGroupLayoutEntry, BindingType,
    BufferBindingType, ComputePipeline, ComputePipelineDescriptor, Device,
    PipelineCompilationOptions, PipelineLayoutDescriptor, ShaderModuleDescriptor, ShaderSource,
    ShaderStages,
};

use super::failure::scoped;
use super::immediates::{self, Prepared};
use crate::error::{first_error_line, one_line};
use crate::kernel::{KernelInfo, KernelText, ParamKind};
use crate::{BackendKind, Error};

/// A compute pipeline and the layout of its only bind group.
#[derive(Debug)]
pub(super) struct WgpuPipeline {
    pub pipeline: ComputePipeline,
    pub layout: BindGroupLayout,
    pub name: &'static str,
    /// Bytes of immediates; 0 where the scalars lie in a uniform buffer.
    pub immediate_bytes: u32,
}

/// Pipelines by the addresses of their text and entry point: both are `'static`, so equal
/// addresses and lengths are equal texts.
#[derive(Debug, Default)]
pub(super) struct Pipelines(Mutex<HashMap<Key, Arc<WgpuPipeline>>>);

type Key = (usize, usize, usize);

impl Pipelines {
    pub(super) fn get(
        &self,
        device: &Device,
        kernel: &'static KernelInfo,
        text: &'static KernelText,
        most_immediates: u32,
    ) -> Result<Arc<WgpuPipeline>, Error> {
        let key = (text.code.as_ptr() as usize, text.code.len(), text.entry.as_ptr() as usize);
        let poisoned =
            |_| Error::DeviceLost { reason: "a pipeline's creation panicked".to_owned() };
        if let Some(found) = self.0.lock().map_err(poisoned)?.get(&key) {
            return Ok(found.clone());
        }
        // Two threads may both create it: the first one kept is used by all.
        let created = Arc::new(create(device, kernel, text, most_immediates)?);
        Ok(self.0.lock().map_err(poisoned)?.entry(key).or_insert(created).clone())
    }
}

fn create(
    device: &Device,
    kernel: &'static KernelInfo,
    text: &'static KernelText,
    most_immediates: u32,
) -> Result<WgpuPipeline, Error> {
    let Prepared { code, immediate_bytes } = immediates::prepare(kernel, text, most_immediates);
    let has_uniform = immediate_bytes == 0 && immediates::scalar_words(kernel, text) > 0;
    let entries = layout_entries(kernel, has_uniform);
    let label = Some(kernel.name);
    let created = scoped(device, || {
        let module = device.create_shader_module(ShaderModuleDescriptor {
            label,
            source: ShaderSource::Wgsl(code),
        });
        let layout = device
            .create_bind_group_layout(&BindGroupLayoutDescriptor { label, entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: immediate_bytes,
        });
        let pipeline = device.create_compute_pipeline(&ComputePipelineDescriptor {
            label,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some(text.entry),
            compilation_options: PipelineCompilationOptions::default(),
            cache: None,
        });
        WgpuPipeline { pipeline, layout, name: kernel.name, immediate_bytes }
    });
    created.map_err(|error| {
        let log = error.to_string();
        tracing::debug!(kernel = kernel.name, %log, "WGSL refused");
        Error::Jit {
            backend: BackendKind::Wgpu,
            kernel: format!("{} ({})", kernel.name, text.entry),
            message: shorten(&log),
        }
    })
}

/// naga prints the error, then the source round it: the first part, on one line.
fn shorten(log: &str) -> String {
    let head: Vec<&str> = log.lines().take(6).collect();
    let text = one_line(&head.join(" "));
    if text.len() <= 300 { text } else { first_error_line(log) }
}

/// Buffers in parameter order, then perhaps one uniform buffer.
fn layout_entries(kernel: &KernelInfo, has_uniform: bool) -> Vec<BindGroupLayoutEntry> {
    let storage = |read_only| BufferBindingType::Storage { read_only };
    let buffers = kernel.params.iter().filter_map(|param| match param.kind {
        ParamKind::Read => Some(storage(true)),
        ParamKind::Write | ParamKind::ReadWrite => Some(storage(false)),
        ParamKind::Scalar(_) | ParamKind::TensorMapRead | ParamKind::TensorMapWrite => None,
    });
    let uniform = has_uniform.then_some(BufferBindingType::Uniform);
    let entry = |(binding, ty): (usize, BufferBindingType)| BindGroupLayoutEntry {
        binding: binding as u32,
        visibility: ShaderStages::COMPUTE,
        ty: BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    buffers.chain(uniform).enumerate().map(entry).collect()
}
