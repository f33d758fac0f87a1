//! Arguments by name, the interpreter's runs, and what must come out.

use crate::data::Data;
use tilewright_kernel_compiler::interp::{
    self, Argument, BufferId, Launch, Memory, Options, TensorMapValue,
};
use tilewright_kernel_compiler::ir::{Const, Param, ParamKind, Scalar};
use tilewright_kernel_compiler::verify::Verified;

/// What the kernels of a file are run on. Kernels share the buffers of one name.
#[derive(Debug, Default)]
pub struct Run {
    buffers: Vec<Buffer>,
    scalars: Vec<(&'static str, Const)>,
    tensors: Vec<Tensor>,
    subgroup: Option<u32>,
}

#[derive(Debug)]
struct Tensor {
    name: &'static str,
    buffer: &'static str,
    dims: Vec<u64>,
    /// Bytes from row to row, if there are gaps.
    row: Option<u64>,
}

#[derive(Debug)]
struct Buffer {
    name: &'static str,
    before: Option<Data>,
    after: Data,
}

impl Run {
    /// A buffer that is read, and must not change.
    #[must_use]
    pub fn input(self, name: &'static str, data: Data) -> Run {
        self.change(name, data.clone(), data)
    }

    /// A buffer of unwritten bytes that must hold `after` in the end.
    #[must_use]
    pub fn output(mut self, name: &'static str, after: Data) -> Run {
        self.buffers.push(Buffer { name, before: None, after });
        self
    }

    /// A buffer that must change from one to the other.
    #[must_use]
    pub fn change(mut self, name: &'static str, before: Data, after: Data) -> Run {
        self.buffers.push(Buffer { name, before: Some(before), after });
        self
    }

    /// A tensor map over the whole of a buffer: `dims` innermost first, rows without gaps.
    #[must_use]
    pub fn tensor(mut self, name: &'static str, buffer: &'static str, dims: &[u64]) -> Run {
        self.tensors.push(Tensor { name, buffer, dims: dims.to_vec(), row: None });
        self
    }

    /// A matrix of which the rows lie `row` bytes apart.
    #[must_use]
    pub fn strided_tensor(
        mut self,
        name: &'static str,
        buffer: &'static str,
        dims: &[u64; 2],
        row: u64,
    ) -> Run {
        self.tensors.push(Tensor { name, buffer, dims: dims.to_vec(), row: Some(row) });
        self
    }

    /// A `u32` parameter.
    #[must_use]
    pub fn u32(mut self, name: &'static str, value: u32) -> Run {
        self.scalars.push((name, Const::u32(value)));
        self
    }

    /// An `f32` parameter.
    #[must_use]
    pub fn f32(mut self, name: &'static str, value: f32) -> Run {
        self.scalars.push((name, Const::f32(value)));
        self
    }

    /// Subgroup width instead of the target's.
    #[must_use]
    pub fn subgroup(mut self, width: u32) -> Run {
        self.subgroup = Some(width);
        self
    }

    /// Runs the kernels one after the other under three schedules.
    pub(crate) fn execute(&self, label: &str, kernels: &[Verified]) {
        for seed in 0..3 {
            let mut memory = Memory::default();
            let ids: Vec<BufferId> = self.buffers.iter().map(|b| b.add(&mut memory)).collect();
            let launches: Vec<Launch<'_>> = kernels
                .iter()
                .map(|kernel| {
                    let bind = |param: &Param| self.bind(label, param, &ids);
                    Launch::new(kernel, kernel.params.iter().map(bind).collect())
                        .unwrap_or_else(|error| panic!("{label}: {error}"))
                })
                .collect();
            let options = Options { subgroup_size: self.subgroup, ..Options::seed(seed) };
            if let Err(fault) = interp::run(&mut memory, &launches, options) {
                panic!("{label}, schedule {seed}: {fault}");
            }
            for (buffer, id) in self.buffers.iter().zip(&ids) {
                let name = buffer.name;
                let unwritten = memory.first_unwritten(*id);
                assert!(
                    unwritten.is_none(),
                    "{label}, schedule {seed}: byte {unwritten:?} of {name} is never written"
                );
                if let Some(text) = buffer.after.difference(memory.bytes(*id)) {
                    panic!("{label}, schedule {seed}: {name}: {text}");
                }
            }
        }
    }

    fn bind(&self, label: &str, param: &Param, ids: &[BufferId]) -> Argument {
        let name = param.name.as_str();
        let buffer = |name: &str| {
            let at = self.buffers.iter().position(|b| b.name == name);
            at.map(|at| ids[at]).unwrap_or_else(|| panic!("{label}: no buffer `{name}`"))
        };
        match &param.kind {
            ParamKind::Buffer { .. } => Argument::Buffer(buffer(name)),
            ParamKind::Scalar(_) => {
                let found = self.scalars.iter().find(|(n, _)| *n == name);
                Argument::Scalar(found.unwrap_or_else(|| panic!("{label}: no scalar `{name}`")).1)
            }
            ParamKind::TensorMap { of: Some(_), .. } => Argument::Buffer(buffer(name)),
            ParamKind::TensorMap { element, tile, swizzle, of: None } => {
                let found = self.tensors.iter().find(|t| t.name == name);
                let tensor = found.unwrap_or_else(|| panic!("{label}: no tensor `{name}`"));
                Argument::TensorMap(TensorMapValue {
                    buffer: buffer(tensor.buffer),
                    offset: 0,
                    element: *element,
                    dims: tensor.dims.clone(),
                    strides: match tensor.row {
                        Some(row) => vec![row],
                        None => strides(&tensor.dims, *element),
                    },
                    tile: tile.clone(),
                    swizzle: *swizzle,
                })
            }
        }
    }
}

/// Bytes between neighbours along each axis but the first.
fn strides(dims: &[u64], element: Scalar) -> Vec<u64> {
    let inner = dims[..dims.len() - 1].iter();
    let next = |bytes: &mut u64, dim: &u64| {
        *bytes *= dim;
        Some(*bytes)
    };
    inner.scan(u64::from(element.size()), next).collect()
}

impl Buffer {
    fn add(&self, memory: &mut Memory) -> BufferId {
        match &self.before {
            Some(before) => memory.add(self.name, &before.bytes),
            None => memory.uninitialised(self.name, self.after.bytes.len()),
        }
    }
}
