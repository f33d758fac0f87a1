//! [`Interpreter`]: the compiler's reference interpreter behind a device.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tilewright_kernel_compiler::interp::{self, Argument, Launch, Memory};
use tilewright_kernel_compiler::ir::{Const, Scalar};
use tilewright_kernel_compiler::source::Source;
use tilewright_kernel_compiler::target::Target as CompilerTarget;
use tilewright_kernel_compiler::verify::Verified;
use tilewright_runtime::{Error, Executor, HostArg, HostLaunch, KernelText, ScalarValue, Target};

/// Compiles the source that a kernel carries again and runs what the verifier accepted, each launch
/// under another schedule, looking for accesses out of bounds, divergent barriers and races.
///
/// The module is the one whose text the launch would run: the two texts must be equal.
#[derive(Debug, Default)]
pub struct Interpreter {
    sources: Mutex<HashMap<usize, Arc<Source>>>,
    modules: Mutex<HashMap<(usize, usize), Arc<Verified>>>,
    launches: AtomicU64,
}

impl Executor for Interpreter {
    fn execute(&self, launch: &mut HostLaunch) -> Result<(), Error> {
        let kernel = launch.kernel.name;
        let failed = |message: String| {
            let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
            Error::Execution { kernel, message }
        };
        let module = self.module(launch).map_err(failed)?;
        let mut memory = Memory::new();
        let names = buffer_names(launch);
        let ids: Vec<_> =
            launch.memory.iter().zip(&names).map(|(bytes, name)| memory.add(name, bytes)).collect();
        let mut arguments = Vec::with_capacity(launch.args.len());
        for arg in &launch.args {
            arguments.push(match *arg {
                HostArg::Buffer { memory, offset, bytes, .. }
                | HostArg::TensorMap { memory, offset, bytes } => {
                    Argument::Slice { buffer: ids[memory], offset, bytes }
                }
                HostArg::Scalar(value) => Argument::Scalar(constant(value)),
            });
        }
        // The interpreter has no limit on a grid: what was folded is unfolded.
        let mut grid = launch.grid;
        if launch.text.folds_grid
            && let Some(HostArg::Scalar(ScalarValue::U32(linear))) = launch.args.last()
        {
            grid = [*linear, 1, 1];
            arguments.pop();
        }
        let seed = self.launches.fetch_add(1, Ordering::Relaxed);
        let run = Launch { module: &module, grid, arguments };
        interp::run(&mut memory, &[run], interp::Options::seed(seed))
            .map_err(|fault| failed(format!("{fault} (schedule {seed})")))?;
        for (bytes, id) in launch.memory.iter_mut().zip(ids) {
            bytes.copy_from_slice(memory.bytes(id));
        }
        Ok(())
    }
}

impl Interpreter {
    fn module(&self, launch: &HostLaunch) -> Result<Arc<Verified>, String> {
        let key = (launch.text.code.as_ptr() as usize, launch.text.entry.as_ptr() as usize);
        let poisoned = |_| "the interpreter panicked before".to_owned();
        if let Some(known) = self.modules.lock().map_err(poisoned)?.get(&key) {
            return Ok(known.clone());
        }
        let source = self.source(launch)?;
        let module = Arc::new(compile(&source, launch)?);
        self.modules.lock().map_err(|_| "poisoned".to_owned())?.insert(key, module.clone());
        Ok(module)
    }

    fn source(&self, launch: &HostLaunch) -> Result<Arc<Source>, String> {
        let key = launch.kernel.source.as_ptr() as usize;
        let mut sources =
            self.sources.lock().map_err(|_| "the interpreter panicked before".to_owned())?;
        if let Some(known) = sources.get(&key) {
            return Ok(known.clone());
        }
        let source = Arc::new(Source::read(launch.kernel.name, launch.kernel.source)?);
        sources.insert(key, source.clone());
        Ok(source)
    }
}

/// The module of a launch's text.
fn compile(source: &Source, launch: &HostLaunch) -> Result<Verified, String> {
    let case = launch.case().map_err(|error| error.to_string())?;
    let found = source.find(launch.kernel.name)?;
    for (values, targets) in found.cases()? {
        let generics = values.generics.iter().map(|(name, value)| (name.clone(), value.label()));
        let wanted = case.values.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        if !generics.eq(wanted) {
            continue;
        }
        for target in targets.into_iter().filter(|target| is_kind_of(*target, launch.text)) {
            if let Some(compiled) = found.compile(&values, target)?
                && compiled.text.code == launch.text.code
            {
                return Ok(compiled.module);
            }
        }
    }
    Err("its embedded source does not give the text of this launch".to_owned())
}

fn is_kind_of(target: CompilerTarget, text: &KernelText) -> bool {
    match (target, text.target) {
        (CompilerTarget::Ptx(a), Target::Ptx { sm, exact, .. }) => a.sm == sm && a.exact == exact,
        (CompilerTarget::Wgsl(a), Target::Wgsl { f16, subgroup, .. }) => {
            a.f16 == f16 && a.subgroup == subgroup
        }
        _ => false,
    }
}

/// What faults call the allocations: the parameters that are bound to them.
fn buffer_names(launch: &HostLaunch) -> Vec<String> {
    let mut names = vec![String::new(); launch.memory.len()];
    for (param, arg) in launch.kernel.params.iter().zip(&launch.args) {
        if let HostArg::Buffer { memory, .. } = arg {
            param.name.clone_into(&mut names[*memory]);
        }
    }
    names
}

fn constant(value: ScalarValue) -> Const {
    let bits = |ty, bits: u64| Const { ty, bits };
    match value {
        ScalarValue::F32(x) => Const::f32(x),
        ScalarValue::F16(x) => bits(Scalar::F16, u64::from(x.to_bits())),
        ScalarValue::Bf16(x) => bits(Scalar::Bf16, u64::from(x.to_bits())),
        ScalarValue::I32(x) => Const::int(Scalar::I32, i128::from(x)),
        ScalarValue::U32(x) => Const::u32(x),
        ScalarValue::I64(x) => Const::int(Scalar::I64, i128::from(x)),
        ScalarValue::U64(x) => bits(Scalar::U64, x),
    }
}
