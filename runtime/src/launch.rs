//! [`Launch`] and every check of it: arguments, element types, aliases, text, limits. The back
//! ends see only launches that passed.

use crate::backend::{Argument, Dispatch, Pipeline};
use crate::choice::choose_text;
use crate::kernel::{Case, KernelInfo, KernelText, Param, ParamKind, Target};
use crate::{Capabilities, Device, Error, RawTensor, ScalarValue, TensorMap};

/// One launch of a kernel.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The kernel.
    pub kernel: &'static KernelInfo,
    /// Index into [`KernelInfo::cases`].
    pub case: usize,
    /// Workgroups in x, y, z. A grid with a zero launches nothing.
    pub grid: [u64; 3],
    /// One per parameter, in order; hidden parameters are the runtime's.
    pub args: &'a [Arg<'a>],
}

/// One argument of a launch.
#[derive(Debug, Clone, Copy)]
pub enum Arg<'a> {
    /// A buffer that the kernel reads.
    Read(&'a RawTensor),
    /// A buffer that the kernel writes.
    Write(&'a RawTensor),
    /// A buffer that the kernel reads and writes.
    ReadWrite(&'a RawTensor),
    /// A scalar.
    Scalar(ScalarValue),
    /// A tensor map (CUDA only).
    TensorMap(&'a TensorMap),
}

impl<'a> Arg<'a> {
    /// [`Arg::Read`] of a tensor, typed or not.
    pub fn read(tensor: &'a impl AsRef<RawTensor>) -> Self {
        Arg::Read(tensor.as_ref())
    }

    /// [`Arg::Write`] of a tensor, typed or not.
    pub fn write(tensor: &'a impl AsRef<RawTensor>) -> Self {
        Arg::Write(tensor.as_ref())
    }

    /// [`Arg::ReadWrite`] of a tensor, typed or not.
    pub fn read_write(tensor: &'a impl AsRef<RawTensor>) -> Self {
        Arg::ReadWrite(tensor.as_ref())
    }

    /// [`Arg::Scalar`] of a Rust value.
    pub fn scalar(value: impl Into<ScalarValue>) -> Self {
        Arg::Scalar(value.into())
    }

    /// The value of an unsigned scalar.
    pub(crate) fn integer(&self) -> Option<u64> {
        match self {
            Arg::Scalar(ScalarValue::U32(value)) => Some(u64::from(*value)),
            Arg::Scalar(ScalarValue::U64(value)) => Some(*value),
            _ => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Arg::Read(_) => "a read buffer",
            Arg::Write(_) => "a written buffer",
            Arg::ReadWrite(_) => "a read and written buffer",
            Arg::Scalar(_) => "a scalar",
            Arg::TensorMap(_) => "a tensor map",
        }
    }
}

/// Chooses and loads the text of a case.
pub(crate) fn load(
    device: &Device,
    kernel: &'static KernelInfo,
    case: usize,
) -> Result<(&'static Case, Option<&'static KernelText>, Pipeline), Error> {
    let cases = kernel.cases.len();
    let found =
        kernel.cases.get(case).ok_or(Error::NoSuchCase { kernel: kernel.name, case, cases })?;
    let text = choose_text(kernel, found, device.capabilities())?;
    let pipeline = device.backend().pipeline(kernel, text)?;
    Ok((found, text, pipeline))
}

impl Launch<'_> {
    /// Every check of a launch; `None` where the grid is empty.
    pub(crate) fn check(&self, device: &Device) -> Result<Option<Dispatch>, Error> {
        let kernel = self.kernel;
        let cases = kernel.cases.len();
        let case = kernel.cases.get(self.case);
        let case = case.ok_or(Error::NoSuchCase { kernel: kernel.name, case: self.case, cases })?;
        let mut arguments = self.check_arguments(device, case)?;
        self.check_aliases()?;
        if self.grid.contains(&0) {
            return Ok(None);
        }
        let (_, text, pipeline) = load(device, kernel, self.case)?;
        let limits = Limits { kernel: kernel.name, device: device.capabilities() };
        let grid = match text {
            Some(text) => {
                self.make_tensor_maps(device, text, &mut arguments)?;
                limits.check_text(text)?;
                limits.check_buffers(kernel.params, &arguments)?;
                if text.folds_grid {
                    let linear = limits.linear(self.grid)?;
                    arguments.push(Argument::Scalar(ScalarValue::U32(linear)));
                }
                limits.fit_grid(text, self.grid)?
            }
            None => limits.narrow(self.grid)?,
        };
        Ok(Some(Dispatch { kernel, case: self.case, text, pipeline, grid, arguments }))
    }

    /// Replaces the tensors that the text takes as tensor maps.
    fn make_tensor_maps(
        &self,
        device: &Device,
        text: &KernelText,
        arguments: &mut [Argument],
    ) -> Result<(), Error> {
        if text.tensor_maps.is_empty() {
            return Ok(());
        }
        let values: Vec<Option<u64>> = self.args.iter().map(Arg::integer).collect();
        for rule in text.tensor_maps {
            let tensor = match self.args.get(rule.param) {
                Some(Arg::Read(tensor) | Arg::Write(tensor) | Arg::ReadWrite(tensor)) => *tensor,
                _ => continue,
            };
            let descriptor = rule.descriptor(tensor.dtype(), &values)?;
            let map = device.tensor_map(&descriptor, tensor)?;
            if let Some(argument) = arguments.get_mut(rule.param) {
                *argument =
                    Argument::TensorMap { map: Box::new(*map.bits()), region: map.region() };
            }
        }
        Ok(())
    }

    fn check_arguments(&self, device: &Device, case: &Case) -> Result<Vec<Argument>, Error> {
        let kernel = self.kernel;
        let (expected, found) = (kernel.params.len(), self.args.len());
        if expected != found || case.dtypes.len() != expected {
            return Err(Error::ArgumentCount { kernel: kernel.name, expected, found });
        }
        let params = kernel.params.iter().zip(case.dtypes);
        let mut arguments = Vec::with_capacity(found + 1);
        for ((param, &expected), arg) in params.zip(self.args) {
            let found = match *arg {
                Arg::Read(tensor) | Arg::Write(tensor) | Arg::ReadWrite(tensor) => tensor.dtype(),
                Arg::Scalar(value) => value.dtype(),
                Arg::TensorMap(map) => map.dtype(),
            };
            arguments.push(self.check_argument(device, param, arg)?);
            if found != expected {
                let (kernel, argument) = (kernel.name, param.name);
                return Err(Error::DTypeMismatch { kernel, argument, expected, found });
            }
        }
        Ok(arguments)
    }

    fn check_argument(
        &self,
        device: &Device,
        param: &Param,
        arg: &Arg<'_>,
    ) -> Result<Argument, Error> {
        let local = |tensor: &RawTensor| {
            if tensor.device().id() == device.id() {
                return Ok(());
            }
            let what = format!("argument {} of kernel {}", param.name, self.kernel.name);
            Err(Error::WrongDevice { what })
        };
        let buffer = |tensor: &RawTensor, writes| {
            local(tensor)?;
            Ok(Argument::Buffer { region: tensor.region(), dtype: tensor.dtype(), writes })
        };
        match (param.kind, *arg) {
            (ParamKind::Read, Arg::Read(tensor)) => buffer(tensor, false),
            (ParamKind::Write, Arg::Write(tensor)) => buffer(tensor, true),
            (ParamKind::ReadWrite, Arg::ReadWrite(tensor)) => buffer(tensor, true),
            (ParamKind::Scalar(_), Arg::Scalar(value)) => Ok(Argument::Scalar(value)),
            (ParamKind::TensorMapRead | ParamKind::TensorMapWrite, Arg::TensorMap(map)) => {
                local(map.tensor())?;
                Ok(Argument::TensorMap { map: Box::new(*map.bits()), region: map.region() })
            }
            (kind, arg) => Err(Error::ArgumentKind {
                kernel: self.kernel.name,
                argument: param.name,
                expected: kind_name(kind),
                found: arg.kind(),
            }),
        }
    }

    /// A written buffer is bound once: by identity of the memory, as wgpu tracks it.
    fn check_aliases(&self) -> Result<(), Error> {
        let bound = || {
            self.kernel.params.iter().zip(self.args).filter_map(|(param, arg)| match *arg {
                Arg::Read(tensor) => Some((param.name, tensor, false)),
                Arg::Write(tensor) | Arg::ReadWrite(tensor) => Some((param.name, tensor, true)),
                Arg::TensorMap(map) => {
                    Some((param.name, map.tensor(), param.kind == ParamKind::TensorMapWrite))
                }
                Arg::Scalar(_) => None,
            })
        };
        for (index, (first, tensor, written)) in bound().enumerate() {
            for (second, other, other_written) in bound().skip(index + 1) {
                if (written || other_written) && tensor.shares_memory_with(other) {
                    return Err(Error::Alias { kernel: self.kernel.name, first, second });
                }
            }
        }
        Ok(())
    }
}

fn kind_name(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::Read => "a read buffer",
        ParamKind::Write => "a written buffer",
        ParamKind::ReadWrite => "a read and written buffer",
        ParamKind::Scalar(_) => "a scalar",
        ParamKind::TensorMapRead | ParamKind::TensorMapWrite => "a tensor map",
    }
}

/// The device's limits, for the launch of one kernel.
struct Limits<'a> {
    kernel: &'static str,
    device: &'a Capabilities,
}

impl Limits<'_> {
    fn at_most(&self, what: &'static str, asked: u64, limit: u64) -> Result<(), Error> {
        if asked <= limit {
            return Ok(());
        }
        let device = self.device.name.clone();
        Err(Error::LimitExceeded { kernel: self.kernel, what, asked, limit, device })
    }

    fn check_text(&self, text: &KernelText) -> Result<(), Error> {
        let threads = text.threads.iter().map(|&n| u64::from(n)).product();
        match text.target {
            Target::Ptx { .. } => {
                let Some(cuda) = &self.device.cuda else { return Ok(()) };
                self.at_most("threads per block", threads, u64::from(cuda.max_threads))?;
                let (asked, limit) = (text.dynamic_shared, cuda.shared_per_block);
                self.at_most("bytes of dynamic shared memory", asked.into(), limit.into())
            }
            Target::Wgsl { .. } => {
                let Some(wgpu) = &self.device.wgpu else { return Ok(()) };
                self.at_most("threads per workgroup", threads, u64::from(wgpu.max_threads))?;
                for (&asked, limit) in text.threads.iter().zip(wgpu.max_workgroup) {
                    self.at_most("threads in one dimension", asked.into(), limit.into())?;
                }
                Ok(())
            }
        }
    }

    fn check_buffers(&self, params: &[Param], arguments: &[Argument]) -> Result<(), Error> {
        let Some(wgpu) = &self.device.wgpu else { return Ok(()) };
        let mut buffers = 0;
        for (param, argument) in params.iter().zip(arguments) {
            let Argument::Buffer { region, .. } = argument else { continue };
            buffers += 1;
            let what = || format!("argument {} of kernel {}", param.name, self.kernel);
            if region.bytes > wgpu.max_storage_binding {
                return Err(Error::TensorTooLarge {
                    what: what(),
                    bytes: region.bytes,
                    limit: wgpu.max_storage_binding,
                    device: self.device.name.clone(),
                });
            }
            let alignment = u64::from(wgpu.storage_alignment);
            if !region.offset.is_multiple_of(alignment) {
                return Err(Error::Misaligned { what: what(), offset: region.offset, alignment });
            }
        }
        self.at_most("storage buffers", buffers, u64::from(wgpu.max_storage_buffers))
    }

    /// Folds a linear grid over the device's limit into two dimensions where the text allows it.
    fn fit_grid(&self, text: &KernelText, grid: [u64; 3]) -> Result<[u32; 3], Error> {
        let limits = match (text.target, &self.device.cuda, &self.device.wgpu) {
            (Target::Ptx { .. }, Some(cuda), _) => cuda.max_grid,
            (Target::Wgsl { .. }, _, Some(wgpu)) => [wgpu.max_grid; 3],
            _ => return self.narrow(grid),
        };
        let mut grid = grid;
        let limit = u64::from(limits[0]);
        if text.folds_grid && grid[0] > limit {
            let rows = grid[0].div_ceil(limit);
            grid = [grid[0].div_ceil(rows), rows, 1];
        }
        for (asked, limit) in grid.iter().zip(limits) {
            self.at_most("workgroups in one dimension", *asked, limit.into())?;
        }
        if text.cluster > 1 && !grid[0].is_multiple_of(u64::from(text.cluster)) {
            let (asked, limit) = (grid[0].next_multiple_of(text.cluster.into()), grid[0]);
            self.at_most("workgroups (whole clusters)", asked, limit)?;
        }
        self.narrow(grid)
    }

    /// The number of workgroups of a linear grid.
    fn linear(&self, grid: [u64; 3]) -> Result<u32, Error> {
        self.at_most("workgroups in y and z of a linear grid", grid[1].max(grid[2]), 1)?;
        self.at_most("workgroups", grid[0], u32::MAX.into())?;
        Ok(grid[0] as u32)
    }

    fn narrow(&self, grid: [u64; 3]) -> Result<[u32; 3], Error> {
        for asked in grid {
            self.at_most("workgroups in one dimension", asked, u32::MAX.into())?;
        }
        Ok(grid.map(|n| n as u32))
    }
}
