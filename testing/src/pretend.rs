//! What the interpreter claims to be.

use tilewright_runtime::{BackendKind, Capabilities, CudaCapabilities, WgpuCapabilities};

fn capabilities(name: &str) -> Capabilities {
    Capabilities {
        kind: BackendKind::Null,
        name: name.to_owned(),
        driver: "the compiler's interpreter".to_owned(),
        is_software: true,
        total_memory: None,
        cuda: None,
        wgpu: None,
    }
}

/// An A100.
pub(crate) fn ptx() -> Capabilities {
    let cuda = CudaCapabilities {
        sm: 80,
        multiprocessors: 108,
        shared_per_block: 163 * 1024,
        max_threads: 1024,
        max_grid: [i32::MAX as u32, 65_535, 65_535],
        l2_bytes: 40 << 20,
        driver_version: 13_000,
    };
    Capabilities { cuda: Some(cuda), ..capabilities("interpreter of sm_80") }
}

/// An H100 with a few of its multiprocessors: persistent kernels have a workgroup on each.
pub(crate) fn hopper() -> Capabilities {
    let mut capabilities = ptx();
    capabilities.name = "interpreter of sm_90a".to_owned();
    if let Some(cuda) = &mut capabilities.cuda {
        (cuda.sm, cuda.multiprocessors, cuda.shared_per_block) = (90, 4, 232_448);
    }
    capabilities
}

/// WebGPU's baseline, with subgroups of one size or without any.
pub(crate) fn wgsl(subgroup: Option<u32>) -> Capabilities {
    let wgpu = WgpuCapabilities {
        f16: false,
        subgroup: subgroup.map(|size| (size, size)),
        cooperative_matrix: Vec::new(),
        timestamps: false,
        max_storage_binding: 128 << 20,
        max_buffer: 256 << 20,
        max_storage_buffers: 8,
        storage_alignment: 32,
        workgroup_storage: 16 * 1024,
        max_threads: 256,
        max_workgroup: [256, 256, 64],
        max_grid: 65_535,
        interface: "interpreter".to_owned(),
    };
    let name = match subgroup {
        Some(size) => format!("interpreter of WGSL with subgroups of {size}"),
        None => "interpreter of WGSL".to_owned(),
    };
    Capabilities { wgpu: Some(wgpu), ..capabilities(&name) }
}
