//! One kernel, one instance: its attribute and its body to a module.

use super::alignment::require_alignment;
use super::symbolic::Known;
use super::ty::{Argument, Ty};
use super::value::{Frame, Slot, Val};
use super::{Eval, Lowerer, Program};
use crate::ast::{Function, KernelAttribute, Type, TypeKind};
use crate::diag::catalog::types::{PARAMETER_TYPE, REQUIRE, THREADS};
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::op::{AsyncOp, Base, BulkReduce, MemoryOp, Op};
use crate::ir::{
    Access, Block, Builder, Cost, Module, Param, ParamId, ParamKind, ParamRole, Scalar, Stmt, Sym,
};
use crate::target::Target;
use std::collections::HashMap;

/// Everything that is fixed in one instance.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Element types, tile parameters and values by name.
    pub generics: Vec<(String, Argument)>,
    /// What it is compiled for.
    pub target: Target,
    /// Width of `index` in bits.
    pub index_bits: u32,
    /// The entry point's name.
    pub entry: String,
}

/// Lowers one instance. `Ok(None)`: a `when(..)` says that this instance never applies.
///
/// # Errors
/// All mistakes found in the kernel and the device functions that it calls.
pub fn lower(
    program: &Program<'_>,
    kernel: &Function,
    instance: &Instance,
) -> Result<Option<Module>, Vec<Diagnostic>> {
    let empty = KernelAttribute::default();
    let attribute = kernel.kernel.as_ref().unwrap_or(&empty);
    let mut lowerer = Lowerer::new(program, instance);
    for (name, argument) in &instance.generics {
        if let Some(generic) = kernel.generics.iter().find(|g| g.name.name == *name) {
            lowerer.frame.generics.insert(&generic.name.name, argument.clone());
        }
    }
    let applies = lowerer.kernel(kernel, attribute).unwrap_or(true);
    let Lowerer { builder, diagnostics, .. } = lowerer;
    let mut module = builder.finish();
    narrow_access(&mut module);
    require_alignment(&mut module);
    diagnostics.gate(applies.then_some(module))
}

fn new_module(instance: &Instance) -> Module {
    Module {
        name: instance.entry.clone(),
        target: instance.target,
        params: Vec::new(),
        threads: [1, 1, 1],
        cluster: [1, 1, 1],
        min_blocks: None,
        grid: [Sym::Const(1), Sym::Const(1), Sym::Const(1)],
        conditions: Vec::new(),
        cost: None,
        index_bits: instance.index_bits,
        shared: Vec::new(),
        locals: Vec::new(),
        values: Vec::new(),
        fragments: Vec::new(),
        body: Block::default(),
    }
}

impl<'p, 'a> Lowerer<'p, 'a> {
    fn new(program: &'p Program<'a>, instance: &Instance) -> Lowerer<'p, 'a> {
        Lowerer {
            program,
            target: instance.target,
            builder: Builder::new(new_module(instance)),
            diagnostics: Diagnostics::default(),
            frame: Frame::default(),
            boundaries: Vec::new(),
            calls: Vec::new(),
            call_sites: Vec::new(),
            known: vec![HashMap::new()],
            rounds: 0,
        }
    }

    fn kernel(&mut self, kernel: &'a Function, attribute: &'a KernelAttribute) -> Eval<'a, bool> {
        self.parameters(kernel, attribute)?;
        self.launch_shape(kernel, attribute)?;
        if !self.conditions(attribute)? {
            return Ok(false);
        }
        for (condition, message) in &attribute.requires {
            let value = self.eval(condition, None)?;
            let truth = self.truth(value, condition.span)?;
            if truth.as_int() == Some(0) {
                return self.error(&REQUIRE, condition.span, message.clone());
            }
        }
        self.shapes(kernel, attribute)?;
        if let Some((bytes, flops)) = &attribute.cost {
            let (bytes, flops) = (self.sym(bytes)?, self.sym(flops)?);
            self.builder.module.cost = Some(Cost { bytes, flops });
        }
        for param in kernel.params.iter().filter(|p| p.mutable) {
            if let Some(Slot::Value(value)) = self.frame.find(&param.name.name).cloned() {
                let slot = self.mutable(&param.name.name, value, param.name.span)?;
                self.frame.bind(&param.name.name, slot);
            }
        }
        self.block(&kernel.body, None)?;
        Ok(true)
    }

    fn parameters(&mut self, kernel: &'a Function, attribute: &'a KernelAttribute) -> Eval<'a, ()> {
        for (at, param) in kernel.params.iter().enumerate() {
            let id = ParamId(at as u32);
            let kind = self.parameter_kind(&param.ty, &param.name.name, attribute)?;
            let name = param.name.name.clone();
            let scalar = match &kind {
                ParamKind::Scalar(ty) => Some(*ty),
                ParamKind::Buffer { .. } | ParamKind::TensorMap { .. } => None,
            };
            let handle = match &kind {
                ParamKind::TensorMap { .. } => Val::TensorMap(id),
                _ => Val::Buffer(id),
            };
            self.builder.module.params.push(Param { name, span: param.name.span, kind });
            let value = match scalar {
                Some(ty) => self.param(id, ty, param.name.span),
                None => handle,
            };
            self.frame.bind(&param.name.name, Slot::Value(value));
        }
        Ok(())
    }

    fn parameter_kind(
        &mut self,
        ty: &'a Type,
        name: &str,
        attribute: &'a KernelAttribute,
    ) -> Eval<'a, ParamKind> {
        let mutable = matches!(ty.kind, TypeKind::Reference(_, true));
        let inner = match &ty.kind {
            TypeKind::Reference(inner, _) => inner,
            _ => ty,
        };
        let named = match &inner.kind {
            TypeKind::Path { path, .. } => path.last().map_or("", |n| n.name.as_str()),
            _ => "",
        };
        if named == "TensorMap" {
            return self.tensor_map(ty, inner, name, attribute);
        }
        let role = if named == "Weights" { ParamRole::Weights } else { ParamRole::Activations };
        match self.resolve(inner)? {
            Ty::Slice(element) => match *element {
                Ty::Scalar(element) if element != Scalar::Bool && element != Scalar::Index => {
                    let access = if mutable { Access::ReadWrite } else { Access::Read };
                    Ok(ParamKind::Buffer { element, access, role, shape: Vec::new(), align: 1 })
                }
                other => self.bad_parameter(ty, &other),
            },
            Ty::Scalar(scalar) if inner.span == ty.span => match scalar {
                Scalar::U32 | Scalar::I32 | Scalar::F32 | Scalar::U64 | Scalar::I64 => {
                    Ok(ParamKind::Scalar(scalar))
                }
                other => self.bad_parameter(ty, &Ty::Scalar(other)),
            },
            other => self.bad_parameter(ty, &other),
        }
    }

    pub(super) fn bad_parameter<T>(&mut self, ty: &Type, found: &Ty) -> Eval<'a, T> {
        self.error_help(
            &PARAMETER_TYPE,
            ty.span,
            format!("a kernel cannot be launched with a parameter of type {found}"),
            "parameters are `&[T]`, `&mut [T]`, `&Weights<T>`, u32, i32, u64, i64, f32 and TensorMap"
                .to_owned(),
        )
    }

    /// Threads, cluster, grid.
    fn launch_shape(
        &mut self,
        kernel: &'a Function,
        attribute: &'a KernelAttribute,
    ) -> Eval<'a, ()> {
        for (axis, expr) in attribute.threads.iter().enumerate().take(3) {
            let value = self.eval(expr, None)?;
            let threads = self.const_u32(&value, "the number of threads", expr.span)?;
            self.builder.module.threads[axis] = threads;
        }
        for (axis, expr) in attribute.cluster.iter().enumerate().take(3) {
            let value = self.eval(expr, None)?;
            self.builder.module.cluster[axis] = self.const_u32(&value, "a cluster", expr.span)?;
        }
        if let Some(expr) = &attribute.min_blocks {
            let value = self.eval(expr, None)?;
            self.builder.module.min_blocks =
                Some(self.const_u32(&value, "min_blocks", expr.span)?);
        }
        for (axis, expr) in attribute.grid.iter().enumerate().take(3) {
            self.builder.module.grid[axis] = self.sym(expr)?;
        }
        let threads = self.builder.module.thread_count();
        let limit = self.target.thread_limit();
        if threads == 0 || threads > limit {
            let span = attribute.threads.first().map_or(kernel.span, |e| e.span);
            return self.error_help(
                &THREADS,
                span,
                format!(
                    "a workgroup of {threads} threads, and {} allows 1 to {limit}",
                    self.target
                ),
                "choose a smaller tile for this target".to_owned(),
            );
        }
        Ok(())
    }

    /// Launch conditions; `false` where one never holds.
    fn conditions(&mut self, attribute: &'a KernelAttribute) -> Eval<'a, bool> {
        for expr in &attribute.when {
            match self.condition(expr)? {
                Known::Always => {}
                Known::Never => return Ok(false),
                Known::AtLaunch(condition) => self.builder.module.conditions.push(condition),
            }
        }
        Ok(true)
    }

    fn shapes(&mut self, kernel: &'a Function, attribute: &'a KernelAttribute) -> Eval<'a, ()> {
        for (name, dims) in &attribute.shapes {
            let mut symbols = Vec::with_capacity(dims.len());
            for dim in dims {
                symbols.push(self.sym(dim)?);
            }
            let params = &mut self.builder.module.params;
            match params.iter_mut().find(|p| p.name == name.name).map(|p| &mut p.kind) {
                Some(ParamKind::Buffer { shape, .. }) => *shape = symbols,
                Some(ParamKind::TensorMap { .. }) => {
                    let mapped = self.mapped(kernel, attribute, &name.name, symbols)?;
                    let params = &mut self.builder.module.params;
                    let param = params.iter_mut().find(|p| p.name == name.name);
                    if let Some(ParamKind::TensorMap { of, .. }) = param.map(|p| &mut p.kind) {
                        *of = Some(Box::new(mapped));
                    }
                }
                _ => {
                    return self.error(
                        &PARAMETER_TYPE,
                        name.span,
                        format!("`{}` is not a buffer of this kernel", name.name),
                    );
                }
            }
        }
        Ok(())
    }
}

/// Tensors that are written and never read become [`Access::Write`].
fn narrow_access(module: &mut Module) {
    let mut read = vec![false; module.params.len()];
    mark_reads(&module.body, &mut read);
    for (param, read) in module.params.iter_mut().zip(read) {
        let access = match &mut param.kind {
            ParamKind::Buffer { access, .. } => access,
            ParamKind::TensorMap { of: Some(of), .. } => &mut of.access,
            ParamKind::Scalar(_) | ParamKind::TensorMap { of: None, .. } => continue,
        };
        if *access == Access::ReadWrite && !read {
            *access = Access::Write;
        }
    }
}

fn mark_reads(block: &Block, read: &mut [bool]) {
    for stmt in &block.0 {
        match stmt {
            Stmt::Let { op, .. } => {
                let stores_only = matches!(
                    op,
                    Op::Memory(MemoryOp::Store { .. } | MemoryOp::StoreOrdered { .. })
                );
                if !stores_only {
                    mark_bases(op, read);
                }
            }
            Stmt::If { then, otherwise, .. } => {
                mark_reads(then, read);
                mark_reads(otherwise, read);
            }
            Stmt::For { body, .. } | Stmt::Loop { body, .. } | Stmt::ElectOne { body, .. } => {
                mark_reads(body, read);
            }
            Stmt::Roles { roles, .. } => roles.iter().for_each(|r| mark_reads(&r.body, read)),
            Stmt::Assign { .. }
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::Return(_)
            | Stmt::Assume { .. } => {}
        }
    }
}

fn mark_bases(op: &Op, read: &mut [bool]) {
    if let Op::Async(
        AsyncOp::TensorLoad { map, .. }
        | AsyncOp::TensorStore { map, reduce: BulkReduce::With(_), .. },
    ) = op
        && let Some(flag) = read.get_mut(map.index())
    {
        *flag = true;
    }
    for base in op.bases() {
        if let Base::Buffer(param) = base
            && let Some(flag) = read.get_mut(param.index())
        {
            *flag = true;
        }
    }
}

/// The element type that a type names, if it names one.
pub fn element_type(ty: &Type) -> Option<Scalar> {
    match &ty.kind {
        TypeKind::Path { path, .. } => Scalar::from_name(&path.last()?.name)
            .filter(|s| !matches!(s, Scalar::Bool | Scalar::Index)),
        _ => None,
    }
}

/// The value of a compile-time expression over a program's constants.
///
/// # Errors
/// Whatever is wrong with it; above all, that it is not known at compile time.
pub fn constant(
    program: &Program<'_>,
    expr: &crate::ast::Expr,
) -> Result<Argument, Vec<Diagnostic>> {
    let instance = Instance {
        generics: Vec::new(),
        target: Target::WGSL,
        index_bits: 32,
        entry: String::new(),
    };
    let mut lowerer = Lowerer::new(program, &instance);
    let value = lowerer.eval(expr, None);
    let argument = match value {
        Ok(value) => lowerer.const_argument(&value, expr.span).ok(),
        Err(_) => None,
    };
    let argument = argument.unwrap_or(Argument::Const(0));
    lowerer.diagnostics.gate(argument)
}
