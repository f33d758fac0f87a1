//! [`Options`]: how to open a device.

use std::path::PathBuf;
use std::sync::Arc;

use crate::{Capabilities, Executor, Fault};

/// How to open a device; [`Options::default`] is what [`Device::open`](crate::Device::open) uses.
#[derive(Debug, Clone)]
pub struct Options {
    /// Lowers the largest storage binding, in bytes: tests use it to reach
    /// [`Error::TensorTooLarge`](crate::Error::TensorTooLarge) with small tensors.
    pub max_binding: Option<u64>,
    /// Passes scalars as immediates where the adapter has them (wgpu only), not in uniform buffers.
    pub immediates: bool,
    /// Keeps linked cubins on disk (CUDA only).
    pub cubin_cache: bool,
    /// Folder of the cubin cache, in place of `$TILEWRIGHT_CACHE` or the user's cache folder.
    pub cache_dir: Option<PathBuf>,
    /// Lets kernels start before the ones in front of them have ended (CUDA from sm_90 on; on unless it is
    /// taken away): those that are written for it, and in recordings all others with few workgroups, which
    /// wait where they say or at their entry. Results are the same.
    pub overlap: bool,
    /// What the null device claims to be, so that host code can be tested for any device.
    pub pretend: Option<Capabilities>,
    /// What runs the null device's launches; without one it records them and runs none.
    pub executor: Option<Arc<dyn Executor>>,
    /// One operation that fails.
    pub fault: Option<Fault>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_binding: None,
            immediates: true,
            cubin_cache: true,
            cache_dir: None,
            overlap: true,
            pretend: None,
            executor: None,
            fault: None,
        }
    }
}
