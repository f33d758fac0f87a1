//! [`Capabilities`]: the facts of a device that kernels care about.

use std::fmt;

use crate::kernel::Target;

/// The four back ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BackendKind {
    /// NVIDIA's driver API.
    Cuda,
    /// Vulkan, Metal or Direct3D 12 through wgpu.
    Wgpu,
    /// Scalar references on the host.
    Cpu,
    /// Records and runs nothing.
    Null,
}

impl fmt::Display for BackendKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BackendKind::Cuda => "cuda",
            BackendKind::Wgpu => "wgpu",
            BackendKind::Cpu => "cpu",
            BackendKind::Null => "null",
        })
    }
}

/// What a device is and has.
#[derive(Debug, Clone, PartialEq)]
pub struct Capabilities {
    /// The back end.
    pub kind: BackendKind,
    /// The device's name, such as `NVIDIA H100 80GB HBM3`.
    pub name: String,
    /// The driver's name and version.
    pub driver: String,
    /// A software device: the host's processor behind a graphics interface.
    pub is_software: bool,
    /// Memory in bytes, where the device says.
    pub total_memory: Option<u64>,
    /// Facts for PTX texts; `Some` on CUDA (and where the null device pretends to be that).
    pub cuda: Option<CudaCapabilities>,
    /// Facts for WGSL texts; `Some` on wgpu (and where the null device pretends to be that).
    pub wgpu: Option<WgpuCapabilities>,
}

impl Capabilities {
    /// The back end and the device's name, such as `cuda NVIDIA H100 80GB HBM3`; a name that begins
    /// with its back end's stands alone, such as `cpu (8 threads, x86_64)`.
    pub fn label(&self) -> String {
        let kind = self.kind.to_string();
        match self.name.strip_prefix(&kind) {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => self.name.clone(),
            _ => format!("{kind} {}", self.name),
        }
    }
}

/// Facts for PTX texts.
#[derive(Debug, Clone, PartialEq)]
pub struct CudaCapabilities {
    /// Compute capability times ten: 80, 90, 120.
    pub sm: u32,
    /// Streaming multiprocessors.
    pub multiprocessors: u32,
    /// Shared memory in bytes that a block may have when it opts in.
    pub shared_per_block: u32,
    /// Threads that a block may have.
    pub max_threads: u32,
    /// Largest grid in x, y and z.
    pub max_grid: [u32; 3],
    /// L2 cache in bytes.
    pub l2_bytes: u32,
    /// What the driver supports: 12080 for CUDA 12.8.
    pub driver_version: u32,
}

impl CudaCapabilities {
    /// Whether texts for `sm_90a` run here: Hopper's own instructions are those of compute capability 9.0
    /// alone.
    pub fn is_hopper(&self) -> bool {
        self.sm == 90
    }
}

/// Facts for WGSL texts: the adapter's real limits and features.
#[derive(Debug, Clone, PartialEq)]
pub struct WgpuCapabilities {
    /// `shader-f16`.
    pub f16: bool,
    /// Smallest and largest subgroup, where subgroup operations exist.
    pub subgroup: Option<(u32, u32)>,
    /// Square cooperative matrices.
    pub cooperative_matrix: Vec<CooperativeMatrix>,
    /// Timestamp queries.
    pub timestamps: bool,
    /// Bytes that one storage binding may have.
    pub max_storage_binding: u64,
    /// Bytes that one buffer may have.
    pub max_buffer: u64,
    /// Storage buffers that one kernel may have.
    pub max_storage_buffers: u32,
    /// Alignment of a storage binding's offset in bytes.
    pub storage_alignment: u32,
    /// Workgroup memory in bytes.
    pub workgroup_storage: u32,
    /// Threads of a workgroup.
    pub max_threads: u32,
    /// Threads of a workgroup in x, y and z.
    pub max_workgroup: [u32; 3],
    /// Largest grid in each dimension.
    pub max_grid: u32,
    /// The interface below: `vulkan`, `metal`, `dx12`.
    pub interface: String,
}

/// One square cooperative matrix: `size x size x size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CooperativeMatrix {
    /// Rows, columns and depth.
    pub size: u32,
    /// Element type of the two factors.
    pub factors: MatrixElement,
    /// Element type of the accumulator.
    pub accumulator: MatrixElement,
}

/// Element type of a cooperative matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatrixElement {
    /// 32-bit float.
    F32,
    /// 16-bit float.
    F16,
    /// Signed 32-bit integer.
    I32,
    /// Unsigned 32-bit integer.
    U32,
}

impl Capabilities {
    /// Whether a text for `target` runs here; `Err` says what is missing.
    ///
    /// # Errors
    /// One phrase, such as `needs sm_90a and this is sm_80`.
    pub fn satisfies(&self, target: &Target) -> Result<(), String> {
        match *target {
            Target::Ptx { sm, exact, shared } => {
                let cuda = self.cuda.as_ref().ok_or("needs CUDA")?;
                cuda.satisfies(sm, exact, shared)
            }
            Target::Wgsl { f16, subgroup, cooperative_matrix, workgroup_storage } => {
                let wgpu = self.wgpu.as_ref().ok_or("needs wgpu")?;
                wgpu.satisfies(f16, subgroup, cooperative_matrix, workgroup_storage)
            }
        }
    }
}

impl CudaCapabilities {
    fn satisfies(&self, sm: u32, exact: bool, shared: u32) -> Result<(), String> {
        let runs = if exact { self.sm == sm } else { self.sm >= sm };
        if !runs {
            let suffix = if exact { "a" } else { "" };
            return Err(format!("needs sm_{sm}{suffix} and this is sm_{}", self.sm));
        }
        if shared > self.shared_per_block {
            let have = self.shared_per_block;
            return Err(format!("needs {shared} bytes of shared memory and this has {have}"));
        }
        Ok(())
    }
}

impl WgpuCapabilities {
    fn satisfies(
        &self,
        f16: bool,
        subgroup: Option<u32>,
        matrix: Option<u32>,
        storage: u32,
    ) -> Result<(), String> {
        if f16 && !self.f16 {
            return Err("needs shader-f16".to_owned());
        }
        match (subgroup, self.subgroup) {
            (Some(size), None) => return Err(format!("needs subgroups of {size}")),
            (Some(size), Some((min, max))) if (size, size) != (min, max) => {
                return Err(format!("needs subgroups of {size} and these are {min} to {max}"));
            }
            _ => {}
        }
        if let Some(size) = matrix {
            // A text with f16 multiplies f16 matrices, any other text f32 ones.
            let factors = if f16 { MatrixElement::F16 } else { MatrixElement::F32 };
            let mut there = self.cooperative_matrix.iter();
            if !there.any(|matrix| matrix.size == size && matrix.factors == factors) {
                let element = if f16 { "f16" } else { "f32" };
                return Err(format!("needs {size}x{size} cooperative matrices of {element}"));
            }
        }
        if storage > self.workgroup_storage {
            let have = self.workgroup_storage;
            return Err(format!("needs {storage} bytes of workgroup memory and this has {have}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{BackendKind, Capabilities};

    #[test]
    fn a_label_says_the_back_end_once() {
        let label = |kind, name: &str| {
            let nothing = Capabilities {
                kind,
                name: name.to_owned(),
                driver: String::new(),
                is_software: true,
                total_memory: None,
                cuda: None,
                wgpu: None,
            };
            nothing.label()
        };
        assert_eq!(label(BackendKind::Cpu, "cpu (2 threads, x86_64)"), "cpu (2 threads, x86_64)");
        assert_eq!(label(BackendKind::Null, "null"), "null");
        assert_eq!(label(BackendKind::Cuda, "NVIDIA H100"), "cuda NVIDIA H100");
        assert_eq!(label(BackendKind::Cpu, "cpuset"), "cpu cpuset");
    }
}
