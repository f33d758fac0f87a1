//! An adapter's facts, and the features that a device is opened with.

use ::wgpu::{Adapter, CooperativeScalarType, DeviceType, Features};

use super::budget;
use crate::{
    BackendKind, Capabilities, CooperativeMatrix, MatrixElement, MemoryInfo, WgpuCapabilities,
    memory_info,
};

/// The features that kernels may use, as far as the adapter has them.
pub(super) fn features(adapter: &Adapter) -> Features {
    adapter.features()
        & (Features::SHADER_F16
            | Features::SUBGROUP
            | Features::SUBGROUP_BARRIER
            | Features::TIMESTAMP_QUERY
            | Features::IMMEDIATES
            | Features::EXPERIMENTAL_COOPERATIVE_MATRIX)
}

/// The facts of an adapter.
pub(super) fn capabilities(adapter: &Adapter) -> Capabilities {
    let (info, limits, features) = (adapter.get_info(), adapter.limits(), features(adapter));
    let is_software = info.device_type == DeviceType::Cpu;
    let subgroup = features
        .contains(Features::SUBGROUP)
        .then_some((info.subgroup_min_size, info.subgroup_max_size));
    let wgpu = WgpuCapabilities {
        f16: features.contains(Features::SHADER_F16),
        subgroup,
        cooperative_matrix: cooperative_matrices(adapter, features),
        timestamps: features.contains(Features::TIMESTAMP_QUERY),
        max_storage_binding: limits.max_storage_buffer_binding_size,
        max_buffer: limits.max_buffer_size,
        max_storage_buffers: limits.max_storage_buffers_per_shader_stage,
        storage_alignment: limits.min_storage_buffer_offset_alignment,
        workgroup_storage: limits.max_compute_workgroup_storage_size,
        max_threads: limits.max_compute_invocations_per_workgroup,
        max_workgroup: [
            limits.max_compute_workgroup_size_x,
            limits.max_compute_workgroup_size_y,
            limits.max_compute_workgroup_size_z,
        ],
        max_grid: limits.max_compute_workgroups_per_dimension,
        interface: info.backend.to_str().to_owned(),
    };
    Capabilities {
        kind: BackendKind::Wgpu,
        name: info.name,
        driver: [info.driver, info.driver_info].join(" ").trim().to_owned(),
        is_software,
        total_memory: memory(adapter, is_software).map(|memory| memory.total),
        cuda: None,
        wgpu: Some(wgpu),
    }
}

/// The host's memory of a software device, and else the device's own where the interface tells it.
pub(super) fn memory(adapter: &Adapter, is_software: bool) -> Option<MemoryInfo> {
    if is_software {
        return memory_info::host();
    }
    budget::memory(adapter)
}

/// WGSL can express square matrices whose factors have one type.
fn cooperative_matrices(adapter: &Adapter, features: Features) -> Vec<CooperativeMatrix> {
    if !features.contains(Features::EXPERIMENTAL_COOPERATIVE_MATRIX) {
        return Vec::new();
    }
    let element = |scalar| match scalar {
        CooperativeScalarType::F32 => MatrixElement::F32,
        CooperativeScalarType::F16 => MatrixElement::F16,
        CooperativeScalarType::I32 => MatrixElement::I32,
        CooperativeScalarType::U32 => MatrixElement::U32,
    };
    let mut matrices = Vec::new();
    for found in adapter.cooperative_matrix_properties() {
        if found.m_size != found.n_size || found.m_size != found.k_size {
            continue;
        }
        let matrix = CooperativeMatrix {
            size: found.m_size,
            factors: element(found.ab_type),
            accumulator: element(found.cr_type),
        };
        if !matrices.contains(&matrix) {
            matrices.push(matrix);
        }
    }
    matrices
}
