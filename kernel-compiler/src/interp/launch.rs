//! Launches: a module, its grid and its arguments.

use super::memory::{BufferId, Memory};
use super::tensor_map::TensorMapValue;
use crate::ir::{
    Comparison, Condition, Const, MappedTensor, Module, Param, ParamId, ParamKind, Scalar, Sym,
};

/// One kernel in the order of the stream.
#[derive(Debug, Clone)]
pub struct Launch<'m> {
    /// The kernel, usually a `Verified` one. It need not be: the interpreter finds what the verifier
    /// should have refused, so each can be tested against the other. Ids must be in their tables.
    pub module: &'m Module,
    /// Workgroups along each axis.
    pub grid: [u32; 3],
    /// One per parameter.
    pub arguments: Vec<Argument>,
}

/// What a parameter is bound to.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A whole buffer.
    Buffer(BufferId),
    /// A part of a buffer.
    Slice {
        /// The buffer.
        buffer: BufferId,
        /// First byte.
        offset: u64,
        /// Bytes.
        bytes: u64,
    },
    /// A `u32`.
    U32(u32),
    /// An `f32`.
    F32(f32),
    /// Any scalar.
    Scalar(Const),
    /// A tensor map.
    TensorMap(TensorMapValue),
}

impl Argument {
    /// The buffer, its first byte, and how many where it is a part; `None` for what is no buffer.
    fn place(&self) -> Option<(BufferId, u64, Option<u64>)> {
        match self {
            Argument::Buffer(buffer) => Some((*buffer, 0, None)),
            Argument::Slice { buffer, offset, bytes } => Some((*buffer, *offset, Some(*bytes))),
            Argument::U32(_) | Argument::F32(_) | Argument::Scalar(_) | Argument::TensorMap(_) => {
                None
            }
        }
    }
}

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Chooses the interleaving; every seed is a legal one.
    pub schedule_seed: u64,
    /// Subgroup width instead of the target's (portable kernels).
    pub subgroup_size: Option<u32>,
    /// Look for data races (also finds missing waits and proxy fences).
    pub races: bool,
    /// Clusters in flight at once, for kernels whose workgroups do not wait for each other.
    pub resident: usize,
    /// Give up after so many operations.
    pub step_limit: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            schedule_seed: 0,
            subgroup_size: None,
            races: true,
            resident: 4,
            step_limit: 2_000_000_000,
        }
    }
}

impl Options {
    /// The default options with a seed.
    pub fn seed(schedule_seed: u64) -> Options {
        Options { schedule_seed, ..Options::default() }
    }
}

impl<'m> Launch<'m> {
    /// A launch over the grid that the module states.
    ///
    /// # Errors
    /// A sentence, if the grid cannot be computed from the scalar arguments.
    pub fn new(module: &'m Module, arguments: Vec<Argument>) -> Result<Launch<'m>, String> {
        let scalars = Scalars { arguments: &arguments };
        let mut grid = [1u32; 3];
        for (axis, sym) in module.grid.iter().enumerate() {
            grid[axis] = scalars
                .evaluate(sym)
                .and_then(|n| u32::try_from(n).ok())
                .ok_or_else(|| format!("grid axis {axis} cannot be computed"))?;
        }
        Ok(Launch { module, grid, arguments })
    }
}

/// A parameter as the machine sees it.
#[derive(Debug, Clone)]
pub(super) enum Binding {
    Buffer(BoundBuffer),
    Scalar(u64),
    TensorMap(TensorMapValue),
}

/// A buffer parameter.
#[derive(Debug, Clone)]
pub(super) struct BoundBuffer {
    pub(super) buffer: usize,
    /// First byte within the buffer.
    pub(super) offset: u64,
    /// Elements of the declared type.
    pub(super) length: u64,
    pub(super) element: Scalar,
}

struct Scalars<'a> {
    arguments: &'a [Argument],
}

impl Scalars<'_> {
    fn param(&self, id: ParamId) -> Option<u64> {
        match self.arguments.get(id.index())? {
            Argument::U32(value) => Some(u64::from(*value)),
            Argument::Scalar(value) => value.as_int().and_then(|v| u64::try_from(v).ok()),
            _ => None,
        }
    }

    fn evaluate(&self, sym: &Sym) -> Option<u64> {
        let pair = |a: &Sym, b: &Sym| Some((self.evaluate(a)?, self.evaluate(b)?));
        match sym {
            Sym::Const(n) => Some(*n),
            Sym::Param(id) => self.param(*id),
            Sym::Add(a, b) => pair(a, b).and_then(|(a, b)| a.checked_add(b)),
            Sym::Sub(a, b) => pair(a, b).and_then(|(a, b)| a.checked_sub(b)),
            Sym::Mul(a, b) => pair(a, b).and_then(|(a, b)| a.checked_mul(b)),
            Sym::Div(a, b) => pair(a, b).and_then(|(a, b)| a.checked_div(b)),
            Sym::CeilDiv(a, b) => pair(a, b).and_then(|(a, b)| (b > 0).then(|| a.div_ceil(b))),
            Sym::Rem(a, b) => pair(a, b).and_then(|(a, b)| a.checked_rem(b)),
            Sym::Min(a, b) => pair(a, b).map(|(a, b)| a.min(b)),
            Sym::Max(a, b) => pair(a, b).map(|(a, b)| a.max(b)),
        }
    }
}

/// Checks the arguments of a launch and resolves them.
pub(super) fn bind(launch: &Launch<'_>, memory: &Memory) -> Result<Vec<Binding>, String> {
    let module = launch.module;
    if launch.arguments.len() != module.params.len() {
        let (given, wanted) = (launch.arguments.len(), module.params.len());
        return Err(format!("{given} arguments given, {wanted} parameters declared"));
    }
    let scalars = Scalars { arguments: &launch.arguments };
    let mut bindings = Vec::with_capacity(module.params.len());
    for (param, argument) in module.params.iter().zip(&launch.arguments) {
        let binding = bind_one(param, argument, &scalars, memory)
            .map_err(|reason| format!("parameter `{}`: {reason}", param.name))?;
        bindings.push(binding);
    }
    for condition in &module.conditions {
        if !holds(condition, &scalars, &bindings, memory) {
            return Err(format!("condition does not hold: {condition:?}"));
        }
    }
    if launch.grid.iter().zip(module.cluster).any(|(grid, cluster)| grid % cluster.max(1) != 0) {
        let (grid, cluster) = (launch.grid, module.cluster);
        return Err(format!("grid {grid:?} is no multiple of the cluster {cluster:?}"));
    }
    Ok(bindings)
}

fn bind_one(
    param: &Param,
    argument: &Argument,
    scalars: &Scalars<'_>,
    memory: &Memory,
) -> Result<Binding, String> {
    match (&param.kind, argument) {
        (
            ParamKind::Buffer { element, shape, align, .. },
            Argument::Buffer(_) | Argument::Slice { .. },
        ) => {
            let (id, offset, given) = argument.place().ok_or("is a buffer")?;
            let buffer = memory.buffers.get(id.0).ok_or("no such buffer")?;
            let whole = buffer.storage.len() as u64;
            let bytes = given.unwrap_or(whole.saturating_sub(offset));
            if offset.checked_add(bytes).is_none_or(|end| end > whole) {
                return Err(format!("slice {offset}+{bytes} of a buffer of {whole} bytes"));
            }
            if (buffer.address + offset) % u64::from((*align).max(1)) != 0 {
                return Err(format!("its address is no multiple of {align}"));
            }
            let available = bytes / u64::from(element.size());
            let mut length = available;
            if !shape.is_empty() {
                let mut product = Some(1u64);
                for dim in shape {
                    product =
                        product.zip(scalars.evaluate(dim)).and_then(|(a, b)| a.checked_mul(b));
                }
                length = product.ok_or("its shape cannot be computed")?;
            }
            if length > available {
                return Err(format!("{length} elements declared, {available} given"));
            }
            Ok(Binding::Buffer(BoundBuffer { buffer: id.0, offset, length, element: *element }))
        }
        (ParamKind::Scalar(ty), argument) => {
            let value = match argument {
                Argument::U32(value) => Const::u32(*value),
                Argument::F32(value) => Const::f32(*value),
                Argument::Scalar(value) => *value,
                _ => return Err(format!("is a scalar {}", ty.name())),
            };
            if value.ty == *ty {
                Ok(Binding::Scalar(value.bits))
            } else {
                Err(format!("is {}, not {}", ty.name(), value.ty.name()))
            }
        }
        (ParamKind::TensorMap { element, tile, swizzle, .. }, Argument::TensorMap(map)) => {
            map.check(*element, tile, *swizzle, memory)?;
            Ok(Binding::TensorMap(map.clone()))
        }
        (
            ParamKind::TensorMap { element, tile, swizzle, of: Some(of) },
            Argument::Buffer(_) | Argument::Slice { .. },
        ) => {
            let (buffer, offset, _) = argument.place().ok_or("is a tensor")?;
            let (dims, strides) = map_sizes(of, *element, scalars)?;
            let (element, swizzle, tile) = (*element, *swizzle, tile.clone());
            let map = TensorMapValue { buffer, offset, element, dims, strides, tile, swizzle };
            map.check(element, &map.tile, swizzle, memory)?;
            Ok(Binding::TensorMap(map))
        }
        (ParamKind::Buffer { .. }, _) => Err("is a buffer".to_owned()),
        (ParamKind::TensorMap { .. }, _) => Err("is a tensor map".to_owned()),
    }
}

/// Extents in elements and strides in bytes of a map that the launch makes.
fn map_sizes(
    of: &MappedTensor,
    element: Scalar,
    scalars: &Scalars<'_>,
) -> Result<(Vec<u64>, Vec<u64>), String> {
    let all = |sizes: &[Sym], unit: u64| -> Option<Vec<u64>> {
        sizes.iter().map(|size| scalars.evaluate(size)?.checked_mul(unit)).collect()
    };
    let dims = all(&of.dims, 1).ok_or("its extents cannot be computed")?;
    let strides = all(&of.strides, u64::from(element.size()));
    Ok((dims, strides.ok_or("its strides cannot be computed")?))
}

fn holds(
    condition: &Condition,
    scalars: &Scalars<'_>,
    bindings: &[Binding],
    memory: &Memory,
) -> bool {
    match condition {
        Condition::Compare(a, comparison, b) => {
            let Some((a, b)) = scalars.evaluate(a).zip(scalars.evaluate(b)) else { return false };
            match comparison {
                Comparison::Eq => a == b,
                Comparison::Ne => a != b,
                Comparison::Lt => a < b,
                Comparison::Le => a <= b,
                Comparison::Gt => a > b,
                Comparison::Ge => a >= b,
            }
        }
        Condition::Aligned { param, bytes } => match bindings.get(param.index()) {
            Some(Binding::Buffer(bound)) => {
                memory.buffers.get(bound.buffer).is_some_and(|buffer| {
                    (buffer.address + bound.offset) % u64::from((*bytes).max(1)) == 0
                })
            }
            _ => false,
        },
    }
}
