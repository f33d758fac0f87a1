//! The pipeline: parse, lower, verify, emit, for every case and target of a kernel.

use crate::ast::{Function, KernelAttribute};
use crate::back::{ptx, wgsl};
use crate::diag::catalog::attribute::NO_CASE;
use crate::diag::{Diagnostic, Diagnostics};
use crate::instance::{self, CaseValues};
use crate::ir::{Access, Condition, Cost, Module, ParamId, ParamKind, Scalar, Swizzle, Sym};
use crate::lower::{Instance, Program, lower};
use crate::split;
use crate::target::Target;
use crate::verify::{Verified, verify};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A kernel with every case compiled for every target.
#[derive(Debug, Clone)]
pub struct CompiledKernel {
    /// The function's name.
    pub name: String,
    /// Names of the parameters and what they are, in launch order.
    pub params: Vec<CompiledParam>,
    /// In the order in which the launcher tries them.
    pub cases: Vec<CompiledCase>,
}

/// A parameter as the host sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledParam {
    /// Its name.
    pub name: String,
    /// Buffer (with its access) or scalar; the element type is that of the first case.
    pub kind: ParamKind,
}

/// One case.
#[derive(Debug, Clone)]
pub struct CompiledCase {
    /// Its place among the cases that were asked for.
    pub index: usize,
    /// Names and values of the generic parameters.
    pub values: CaseValues,
    /// Element type of each parameter.
    pub dtypes: Vec<Scalar>,
    /// Declared dimensions of each parameter.
    pub shapes: Vec<Vec<Sym>>,
    /// Workgroups.
    pub grid: [Sym; 3],
    /// What a launch must meet.
    pub conditions: Vec<Condition>,
    /// The scalar parameter that counts the rows by which a launch may be split.
    pub split: Option<usize>,
    /// Bits of an index.
    pub index_bits: u32,
    /// What a launch costs, if the kernel says so.
    pub cost: Option<Cost>,
    /// Texts, richest target first.
    pub texts: Vec<CompiledText>,
}

/// One text.
#[derive(Debug, Clone)]
pub struct CompiledText {
    /// What it is for.
    pub target: Target,
    /// PTX or WGSL.
    pub code: String,
    /// Entry point.
    pub entry: String,
    /// Threads of a workgroup.
    pub threads: [u32; 3],
    /// Bytes of shared memory that the launch asks for (PTX).
    pub dynamic_shared: u32,
    /// Bytes of workgroup memory in all.
    pub shared: u32,
    /// Workgroups of a cluster.
    pub cluster: u32,
    /// Takes the hidden `grid_linear`.
    pub folds_grid: bool,
    /// Waits for the kernels before it by itself.
    pub dependent_launch: bool,
    /// Tensors that it gets as maps.
    pub tensor_maps: Vec<CompiledMap>,
}

/// A tensor that a text gets as a map, which the launcher makes.
#[derive(Debug, Clone)]
pub struct CompiledMap {
    /// The parameter.
    pub param: ParamId,
    /// Extents, innermost first.
    pub dims: Vec<Sym>,
    /// Elements from one index to the next along each axis but the innermost.
    pub strides: Vec<Sym>,
    /// The box, innermost first.
    pub tile: Vec<u32>,
    /// How the box lies in shared memory.
    pub swizzle: Swizzle,
}

impl CompiledKernel {
    /// Whether a launch gives both the same arguments, but for their element types.
    pub fn same_parameters(&self, other: &CompiledKernel) -> bool {
        let same = |(a, b): (&CompiledParam, &CompiledParam)| {
            let kinds = match (&a.kind, &b.kind) {
                (ParamKind::Scalar(a), ParamKind::Scalar(b)) => a == b,
                (a, b) => is_tensor(a) == is_tensor(b),
            };
            kinds && a.name == b.name
        };
        self.params.len() == other.params.len() && self.params.iter().zip(&other.params).all(same)
    }

    /// Whether a parameter is a tensor map.
    pub fn has_tensor_maps(&self) -> bool {
        self.params.iter().any(|param| matches!(param.kind, ParamKind::TensorMap { .. }))
    }

    /// Adds the cases of a kernel of the same parameters, in the order of their places.
    pub fn merge(&mut self, other: CompiledKernel) {
        for (a, b) in self.params.iter_mut().zip(&other.params) {
            merge_kind(&mut a.kind, &b.kind);
        }
        self.cases.extend(other.cases);
        self.cases.sort_by_key(|case| case.index);
    }
}

/// What is wrong with one case.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Index of the case.
    pub case: usize,
    /// Its mistakes.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles one kernel: all cases, all targets, on as many threads as the machine has.
///
/// # Errors
/// Every mistake, each once however many instances have it.
pub fn compile(
    program: &Program<'_>,
    kernel: &Function,
) -> Result<CompiledKernel, Vec<Diagnostic>> {
    let empty = KernelAttribute::default();
    let attribute = kernel.kernel.as_ref().unwrap_or(&empty);
    let cases = instance::cases(program, kernel, attribute)?;
    let compiled = compile_cases(program, kernel, &cases).map_err(|failures| {
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend(failures.into_iter().flat_map(|failure| failure.diagnostics));
        diagnostics.gate(()).err().unwrap_or_default()
    })?;
    if compiled.cases.is_empty() {
        return Err(vec![
            Diagnostic::new(
                &NO_CASE,
                kernel.name.span,
                "no case of this kernel can ever be launched",
            )
            .help("`when(..)` rules out every one: widen `element`, `values` or `tiles`"),
        ]);
    }
    Ok(compiled)
}

/// Compiles the given cases of a kernel, each for its own target or for all of the attribute's. A case
/// that `when(..)` rules out is left out.
///
/// # Errors
/// What is wrong, case by case.
pub fn compile_cases(
    program: &Program<'_>,
    kernel: &Function,
    cases: &[CaseValues],
) -> Result<CompiledKernel, Vec<Failure>> {
    let empty = KernelAttribute::default();
    let attribute = kernel.kernel.as_ref().unwrap_or(&empty);
    let targets = instance::targets(attribute);
    let of_case = |case: &CaseValues| match case.target {
        Some(target) => vec![target],
        None => targets.clone(),
    };
    let jobs: Vec<(usize, Target)> = cases
        .iter()
        .enumerate()
        .flat_map(|(at, case)| of_case(case).into_iter().map(move |target| (at, target)))
        .collect();
    let results = parallel(&jobs, |(case, target)| {
        compile_instance(program, kernel, attribute, &cases[*case], *target)
    });
    let mut failures = Vec::new();
    let mut compiled: Vec<Option<(Module, CompiledCase)>> = vec![None; cases.len()];
    for ((case, _), result) in jobs.iter().zip(results) {
        match result {
            Ok(Some(Compiled { module, text, split })) => {
                let slot = compiled[*case].get_or_insert_with(|| {
                    ((*module).clone(), describe(&module, *case, &cases[*case]))
                });
                merge_access(&mut slot.0, &module);
                merge_alignment(&mut slot.1.conditions, &module);
                slot.1.split = split;
                slot.1.texts.push(text);
            }
            Ok(None) => {}
            Err(diagnostics) => failures.push(Failure { case: *case, diagnostics }),
        }
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    let compiled: Vec<(Module, CompiledCase)> = compiled.into_iter().flatten().collect();
    let params = host_params(compiled.iter().map(|(module, _)| module));
    let cases = compiled.into_iter().map(|(_, case)| case).collect();
    Ok(CompiledKernel { name: kernel.name.name.clone(), params, cases })
}

/// One case for one target.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What the text was made from.
    pub module: Verified,
    /// The text.
    pub text: CompiledText,
    /// The scalar parameter that counts the rows by which a launch may be split.
    pub split: Option<usize>,
}

/// One case for one target; `None` where `when(..)` rules it out.
///
/// # Errors
/// Every mistake.
pub fn compile_one(
    program: &Program<'_>,
    kernel: &Function,
    case: &CaseValues,
    target: Target,
) -> Result<Option<Compiled>, Vec<Diagnostic>> {
    let empty = KernelAttribute::default();
    let attribute = kernel.kernel.as_ref().unwrap_or(&empty);
    compile_instance(program, kernel, attribute, case, target)
}

/// One case for one target, through every stage.
fn compile_instance(
    program: &Program<'_>,
    kernel: &Function,
    attribute: &KernelAttribute,
    case: &CaseValues,
    target: Target,
) -> Result<Option<Compiled>, Vec<Diagnostic>> {
    let instance = Instance {
        generics: case.generics.clone(),
        target,
        index_bits: attribute.index_bits.map_or(32, |(bits, _)| bits),
        entry: kernel.name.name.clone(),
    };
    let Some(module) = lower(program, kernel, &instance)? else { return Ok(None) };
    let split = split::rows_of(&module, attribute)?;
    let verified = verify(module).map_err(|list| at_tile(list, case))?;
    let (shared, folds_grid) = (verified.shared_layout().1, is_linear(&verified));
    let text = match target {
        Target::Ptx(ptx) => {
            let text = ptx::emit(&verified).map_err(|list| at_tile(list, case))?;
            CompiledText {
                target,
                code: text.code,
                entry: text.entry,
                threads: verified.threads,
                dynamic_shared: text.dynamic_shared,
                shared,
                cluster: verified.cluster.iter().product(),
                folds_grid: false,
                dependent_launch: ptx.sm >= 90 && waits_for_dependency(&verified),
                tensor_maps: tensor_maps(&verified),
            }
        }
        Target::Wgsl(_) => {
            let text = wgsl::emit(&verified).map_err(|list| at_tile(list, case))?;
            wgsl::validate(&text, target).map_err(|d| at_tile(vec![d], case))?;
            CompiledText {
                target,
                code: text.code,
                entry: text.entry,
                threads: verified.threads,
                dynamic_shared: 0,
                shared: text.workgroup_storage,
                cluster: 1,
                folds_grid,
                dependent_launch: false,
                tensor_maps: Vec::new(),
            }
        }
    };
    Ok(Some(Compiled { module: verified, text, split }))
}

/// A mistake without a place of its own is the tile's.
fn at_tile(list: Vec<Diagnostic>, case: &CaseValues) -> Vec<Diagnostic> {
    let place = |mut diagnostic: Diagnostic| {
        if diagnostic.span == crate::ir::Span::default()
            && let Some(tile) = case.tile
        {
            diagnostic.span = tile;
        }
        diagnostic
    };
    list.into_iter().map(place).collect()
}

fn tensor_maps(module: &Module) -> Vec<CompiledMap> {
    let params = module.params.iter().enumerate();
    let maps = params.filter_map(|(at, param)| match &param.kind {
        ParamKind::TensorMap { tile, swizzle, of: Some(of), .. } => Some(CompiledMap {
            param: ParamId(at as u32),
            dims: of.dims.clone(),
            strides: of.strides.clone(),
            tile: tile.clone(),
            swizzle: *swizzle,
        }),
        _ => None,
    });
    maps.collect()
}

fn is_linear(module: &Module) -> bool {
    module.grid[1] == Sym::Const(1) && module.grid[2] == Sym::Const(1)
}

fn waits_for_dependency(module: &Module) -> bool {
    module.body.0.iter().any(|stmt| {
        matches!(
            stmt,
            crate::ir::Stmt::Let {
                op: crate::ir::Op::Async(crate::ir::op::AsyncOp::GridDependencyWait),
                ..
            }
        )
    })
}

fn describe(module: &Module, index: usize, case: &CaseValues) -> CompiledCase {
    let dtype = |kind: &ParamKind| match kind {
        ParamKind::Buffer { element, .. } | ParamKind::TensorMap { element, .. } => *element,
        ParamKind::Scalar(scalar) => *scalar,
    };
    let shape = |kind: &ParamKind| match kind {
        ParamKind::Buffer { shape, .. } => shape.clone(),
        ParamKind::TensorMap { of: Some(of), .. } => of.shape.clone(),
        ParamKind::Scalar(_) | ParamKind::TensorMap { of: None, .. } => Vec::new(),
    };
    CompiledCase {
        index,
        values: case.clone(),
        dtypes: module.params.iter().map(|p| dtype(&p.kind)).collect(),
        shapes: module.params.iter().map(|p| shape(&p.kind)).collect(),
        grid: module.grid.clone(),
        conditions: module.conditions.clone(),
        split: None,
        index_bits: module.index_bits,
        cost: module.cost.clone(),
        texts: Vec::new(),
    }
}

/// A buffer that any text reads is read.
fn merge_access(into: &mut Module, other: &Module) {
    for (a, b) in into.params.iter_mut().zip(&other.params) {
        merge_kind(&mut a.kind, &b.kind);
    }
}

fn merge_kind(into: &mut ParamKind, other: &ParamKind) {
    if let Some(access) = access_of(into)
        && is_written(other)
    {
        *access = Access::ReadWrite;
    }
}

/// Whether a tensor parameter is written to.
fn is_written(kind: &ParamKind) -> bool {
    match kind {
        ParamKind::Buffer { access, .. } => *access == Access::ReadWrite,
        ParamKind::TensorMap { of: Some(of), .. } => of.access == Access::ReadWrite,
        ParamKind::Scalar(_) | ParamKind::TensorMap { of: None, .. } => false,
    }
}

/// Whether the caller gives a tensor, or a map that it has made; `None` for a scalar.
fn is_tensor(kind: &ParamKind) -> Option<bool> {
    match kind {
        ParamKind::Buffer { .. } | ParamKind::TensorMap { of: Some(_), .. } => Some(true),
        ParamKind::TensorMap { of: None, .. } => Some(false),
        ParamKind::Scalar(_) => None,
    }
}

/// How a tensor parameter is used, whether the text gets its address or a map.
fn access_of(kind: &mut ParamKind) -> Option<&mut Access> {
    match kind {
        ParamKind::Buffer { access, .. } => Some(access),
        ParamKind::TensorMap { of: Some(of), .. } => Some(&mut of.access),
        ParamKind::Scalar(_) | ParamKind::TensorMap { of: None, .. } => None,
    }
}

/// A buffer starts where every text can read it.
fn merge_alignment(into: &mut Vec<Condition>, module: &Module) {
    for condition in &module.conditions {
        if matches!(condition, Condition::Aligned { .. }) && !into.contains(condition) {
            into.push(condition.clone());
        }
    }
}

fn host_params<'m>(modules: impl Iterator<Item = &'m Module>) -> Vec<CompiledParam> {
    let mut merged: Option<Module> = None;
    for module in modules {
        match &mut merged {
            Some(merged) => merge_access(merged, module),
            None => merged = Some(module.clone()),
        }
    }
    let params = merged.map(|m| m.params).unwrap_or_default();
    params.into_iter().map(|p| CompiledParam { name: p.name, kind: p.kind }).collect()
}

/// Runs `work` over `jobs` on all cores; results in order.
fn parallel<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    if threads <= 1 {
        return jobs.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(jobs.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(at) else { break };
                    let result = work(job);
                    done.lock().unwrap_or_else(|e| e.into_inner()).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|e| e.into_inner());
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
