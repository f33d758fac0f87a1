//! The CUDA back end: the driver API through cudarc's `sys` and `result` layers, loaded at run time.
//!
//! - `driver`: whether there is a driver, and its errors.
//! - `context`: a device's primary context and its one stream.
//! - `memory`: stream-ordered memory, uploads through pinned memory, downloads.
//! - `cubin_cache`: linked cubins on disk, without any CUDA in it.
//! - `jit_log`: what a link's log says about spills and serialised matrix instructions.
//! - `module`: a text becomes a loaded function.
//! - `launch`: a dispatch becomes a kernel launch with its attributes.
//! - `graph`: commands become a graph, by capturing them on a stream of their own.
//! - `tensor_map`: encodes tensor maps.
//! - `device`: the [`Backend`](crate::backend::Backend) over these.

mod context;
mod cubin_cache;
mod device;
mod driver;
mod graph;
mod jit_log;
mod launch;
mod memory;
mod module;
mod tensor_map;

pub(crate) use device::{CudaBackend, enumerate};
pub(crate) use memory::CudaMemory;
