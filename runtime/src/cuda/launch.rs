//! A dispatch becomes a kernel launch with its attributes.

use std::ffi::c_void;

use cudarc::driver::sys;

use super::driver::check;
use super::memory::address;
use super::module::{Early, Function};
use crate::Error;
use crate::backend::{Argument, Command, Dispatch, foreign};
use crate::kernel::KernelText;

/// Queues a command on a stream, where `recorded` one of a graph that is captured there.
pub(super) fn run(stream: sys::CUstream, command: &Command, recorded: bool) -> Result<(), Error> {
    match command {
        Command::Dispatch(dispatch) => launch(stream, dispatch, recorded),
        Command::Zero(region) => {
            super::memory::zero(stream, address(region)?, region.bytes as usize)
        }
        Command::Copy { from, to } => super::memory::copy(stream, from, to),
    }
}

/// The storage of one kernel parameter: an address, a scalar or a tensor map, which must be
/// aligned to 64 bytes.
#[repr(C, align(64))]
struct Parameter([u64; 16]);

impl Parameter {
    fn word(value: u64) -> Self {
        let mut words = [0; 16];
        words[0] = value;
        Parameter(words)
    }
}

fn launch(stream: sys::CUstream, dispatch: &Dispatch, recorded: bool) -> Result<(), Error> {
    let function = dispatch.pipeline.downcast_ref::<Function>();
    let function = function.ok_or_else(|| foreign("pipeline"))?;
    let text = dispatch.text.ok_or_else(|| foreign("reference"))?;
    let mut parameters = Vec::with_capacity(dispatch.arguments.len());
    for argument in &dispatch.arguments {
        parameters.push(match argument {
            Argument::Buffer { region, .. } => Parameter::word(address(region)?),
            // Little-endian: a narrower parameter reads the first bytes.
            Argument::Scalar(value) => Parameter::word(value.bits()),
            Argument::TensorMap { map, .. } => Parameter(**map),
        });
    }
    let mut pointers: Vec<*mut c_void> =
        parameters.iter_mut().map(|parameter| (&raw mut parameter.0).cast()).collect();
    let early = match function.early() {
        Early::Never => false,
        Early::Recorded { most } => {
            recorded && dispatch.grid.iter().map(|n| u64::from(*n)).product::<u64>() <= most
        }
        Early::Always => true,
    };
    let mut attributes = attributes(text, early);
    let ([grid_x, grid_y, grid_z], [block_x, block_y, block_z]) = (dispatch.grid, text.threads);
    let config = sys::CUlaunchConfig {
        gridDimX: grid_x,
        gridDimY: grid_y,
        gridDimZ: grid_z,
        blockDimX: block_x,
        blockDimY: block_y,
        blockDimZ: block_z,
        sharedMemBytes: text.dynamic_shared,
        hStream: stream,
        attrs: attributes.as_mut_ptr(),
        numAttrs: attributes.len() as u32,
    };
    // SAFETY: the arguments were checked against the kernel's parameters, each pointer leads to as
    // many bytes as its parameter has, and the driver copies them before it returns. The kernel's
    // own accesses are proved in bounds by its compiler, from shapes that its launcher checks.
    check("cuLaunchKernelEx", unsafe {
        sys::cuLaunchKernelEx(
            &config,
            function.handle(),
            pointers.as_mut_ptr(),
            std::ptr::null_mut(),
        )
    })
}

/// Clusters, and leave to start before the kernel in front has ended.
fn attributes(text: &KernelText, early: bool) -> Vec<sys::CUlaunchAttribute> {
    use sys::CUlaunchAttributeID_enum as Id;
    let attribute = |id, set: &dyn Fn(&mut sys::CUlaunchAttributeValue)| {
        let mut value = sys::CUlaunchAttributeValue { pad: [0; 64] };
        set(&mut value);
        sys::CUlaunchAttribute { id, pad: [0; 4], value }
    };
    let mut attributes = Vec::new();
    if text.cluster > 1 {
        let x = text.cluster;
        attributes.push(attribute(Id::CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION, &|value| {
            value.clusterDim = sys::CUlaunchAttributeValue_union__bindgen_ty_1 { x, y: 1, z: 1 };
        }));
    }
    if early {
        let id = Id::CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
        attributes.push(attribute(id, &|value| {
            value.programmaticStreamSerializationAllowed = 1;
        }));
    }
    attributes
}
