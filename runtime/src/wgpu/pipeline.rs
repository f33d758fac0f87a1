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
use crate::error::{first_error_line, one_line};
use crate::kernel::{KernelInfo, KernelText, ParamKind};
use crate::{BackendKind, Error};

/// A compute pipeline and the layout of its only bind group.
#[derive(Debug)]
pub(super) struct WgpuPipeline {
    pub pipeline: ComputePipeline,
    pub layout: BindGroupLayout,
    pub name: &'static str,
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
    ) -> Result<Arc<WgpuPipeline>, Error> {
        let key = (text.code.as_ptr() as usize, text.code.len(), text.entry.as_ptr() as usize);
        let poisoned =
            |_| Error::DeviceLost { reason: "a pipeline's creation panicked".to_owned() };
        if let Some(found) = self.0.lock().map_err(poisoned)?.get(&key) {
            return Ok(found.clone());
        }
        // Two threads may both create it: the first one kept is used by all.
        let created = Arc::new(create(device, kernel, text)?);
        Ok(self.0.lock().map_err(poisoned)?.entry(key).or_insert(created).clone())
    }
}

fn create(
    device: &Device,
    kernel: &'static KernelInfo,
    text: &'static KernelText,
) -> Result<WgpuPipeline, Error> {
    let entries = layout_entries(kernel, text);
    let label = Some(kernel.name);
    let created = scoped(device, || {
        let module = device.create_shader_module(ShaderModuleDescriptor {
            label,
            source: ShaderSource::Wgsl(text.code.into()),
        });
        let layout = device
            .create_bind_group_layout(&BindGroupLayoutDescriptor { label, entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&ComputePipelineDescriptor {
            label,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some(text.entry),
            compilation_options: PipelineCompilationOptions::default(),
            cache: None,
        });
        WgpuPipeline { pipeline, layout, name: kernel.name }
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

/// Buffers in parameter order, then one uniform buffer where there are scalars.
fn layout_entries(kernel: &KernelInfo, text: &KernelText) -> Vec<BindGroupLayoutEntry> {
    let storage = |read_only| BufferBindingType::Storage { read_only };
    let buffers = kernel.params.iter().filter_map(|param| match param.kind {
        ParamKind::Read => Some(storage(true)),
        ParamKind::Write | ParamKind::ReadWrite => Some(storage(false)),
        ParamKind::Scalar(_) | ParamKind::TensorMapRead | ParamKind::TensorMapWrite => None,
    });
    let has_scalars = text.folds_grid
        || kernel.params.iter().any(|param| matches!(param.kind, ParamKind::Scalar(_)));
    let uniform = has_scalars.then_some(BufferBindingType::Uniform);
    let entry = |(binding, ty): (usize, BufferBindingType)| BindGroupLayoutEntry {
        binding: binding as u32,
        visibility: ShaderStages::COMPUTE,
        ty: BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    buffers.chain(uniform).enumerate().map(entry).collect()
}
