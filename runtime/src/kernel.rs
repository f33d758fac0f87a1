//! What a kernel macro emits: texts per case and target, parameters, limits, reference.
//!
//! Everything here is `'static` data that the `tilewright` macros generate. The launch checks in
//! `launch.rs` read it; back ends see only a [`KernelText`] or a [`Reference`].

use crate::rule::TensorMapRule;
use crate::{DType, Error, ReferenceCall};

/// One kernel of a crate: every case and text that the build generated for it.
#[derive(Debug)]
pub struct KernelInfo {
    /// The function's name in the source.
    pub name: &'static str,
    /// Its parameters, in launch order (hidden ones last).
    pub params: &'static [Param],
    /// One entry per combination of element types and compile-time values.
    pub cases: &'static [Case],
    /// The kernel's source tokens, for the interpreter and `inspect`.
    pub source: &'static str,
}

/// One parameter of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Name in the source.
    pub name: &'static str,
    /// Buffer or scalar, and how it is used.
    pub kind: ParamKind,
}

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// `&[T]`: read only.
    Read,
    /// `&mut [T]` that is written and never read.
    Write,
    /// `&mut [T]` that is read and written.
    ReadWrite,
    /// A scalar, passed by value.
    Scalar(DType),
    /// A tensor map (PTX only), through which the kernel reads.
    TensorMapRead,
    /// A tensor map (PTX only), through which the kernel writes.
    TensorMapWrite,
}

/// One instance: fixed element types and tile, a text per target.
#[derive(Debug)]
pub struct Case {
    /// Compile-time values by name, such as `("T", "bf16")` and `("THREADS", "256")`.
    pub values: &'static [(&'static str, &'static str)],
    /// Element type of each parameter, in the order of [`KernelInfo::params`].
    pub dtypes: &'static [DType],
    /// Texts, richest target first: dispatch takes the first that the device satisfies.
    pub texts: &'static [KernelText],
    /// The scalar reference, run by the `cpu` device and by the tests.
    pub reference: Option<Reference>,
}

/// The scalar reference of a case: reads and writes the arguments of a call on the host.
pub type Reference = fn(&mut ReferenceCall<'_>) -> Result<(), Error>;

/// The text of one case for one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KernelText {
    /// What a device must be and have to run it.
    pub target: Target,
    /// PTX or WGSL.
    pub code: &'static str,
    /// Entry point within `code`.
    pub entry: &'static str,
    /// Threads of a workgroup (x, y, z).
    pub threads: [u32; 3],
    /// Dynamic shared memory in bytes (PTX only; WGSL declares its own).
    pub dynamic_shared: u32,
    /// Workgroups of a cluster; 1 where there is none.
    pub cluster: u32,
    /// The text has a hidden `u32` after its last scalar: `grid_linear`, the number of workgroups
    /// of a grid `[n, 1, 1]`. Over 65 535 of them the launch folds the grid into two dimensions:
    /// the workgroup's index is `y * num_workgroups.x + x`, and it must end where that is not
    /// below `grid_linear`.
    pub folds_grid: bool,
    /// The text says `griddepcontrol.wait` before it touches what earlier kernels wrote, so that
    /// the launch may let it start early (PTX only).
    pub dependent_launch: bool,
    /// Tensors that the text gets as tensor maps instead of addresses (PTX only).
    pub tensor_maps: &'static [TensorMapRule],
}

/// The instruction level and the minimum resources of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// CUDA PTX.
    Ptx {
        /// Compute capability times ten: 80, 90, 120.
        sm: u32,
        /// `sm_90a` and its like: runs on exactly this compute capability.
        exact: bool,
        /// Shared memory in bytes that a block needs, static and dynamic.
        shared: u32,
    },
    /// WGSL. Bindings: buffers in parameter order in group 0 (`read` for [`ParamKind::Read`],
    /// `read_write` for the others), then, where the kernel has scalars, one uniform buffer of
    /// 4-byte fields in parameter order.
    Wgsl {
        /// Needs `shader-f16`.
        f16: bool,
        /// Needs subgroup operations with exactly this subgroup size.
        subgroup: Option<u32>,
        /// Needs cooperative matrices of this square size, of f16 where `f16` is set, else f32.
        cooperative_matrix: Option<u32>,
        /// Bytes of workgroup memory.
        workgroup_storage: u32,
    },
}
