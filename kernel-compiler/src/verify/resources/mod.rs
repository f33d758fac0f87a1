//! What the target has: memory, threads, registers, and the instructions themselves.

mod level;
mod shape;

use super::walk;
use crate::diag::catalog::resources::{
    BUFFER_LIMIT, CLUSTER, INDEX_WIDTH, OPERATION_SIZE, REGISTER_BUDGET, ROLE_WARPS, SHARED_LIMIT,
    TARGET_LACKS, THREAD_LIMIT, THREADS_SUBGROUP,
};
use crate::diag::{Diagnostic, Diagnostics, Entry};
use crate::ir::op::{Builtin, MatrixOp, SyncOp};
use crate::ir::{Module, Op, ParamKind, Role, Scalar, Span, Stmt};
use crate::target::Target;

/// Registers of a multiprocessor.
const REGISTERS: u32 = 65536;

/// Checks a module against its target.
pub(super) fn check(module: &Module, sink: &mut Diagnostics) {
    let mut resources = Resources { module, sink };
    resources.memory();
    resources.threads();
    resources.cluster();
    resources.parameters();
    walk::statements(&module.body, &mut |stmt| resources.statement(stmt));
}

struct Resources<'m, 's> {
    module: &'m Module,
    sink: &'s mut Diagnostics,
}

/// Where the kernel itself is declared: its first parameter.
fn header(module: &Module) -> Span {
    module.params.first().map_or(Span::default(), |p| p.span)
}

impl<'m> Resources<'m, '_> {
    fn report(&mut self, entry: &'static Entry, span: Span, message: String, help: String) {
        self.sink.report(Diagnostic::new(entry, span, message).help(help));
    }

    fn lacks(&mut self, span: Span, what: &str, needs: &str) {
        let target = self.module.target;
        let message = format!("{target} has no {what}");
        self.report(&TARGET_LACKS, span, message, format!("it needs {needs}"));
    }

    fn memory(&mut self) {
        let (_, total) = self.module.shared_layout();
        let limit = self.module.target.shared_limit();
        if total > limit {
            let largest = self.module.shared.iter().max_by_key(|a| a.len * a.element.size());
            let span = largest.map_or(header(self.module), |a| a.span);
            let target = self.module.target;
            let message =
                format!("this needs {total} bytes of workgroup memory and {target} has {limit}");
            let help = largest.map_or(String::new(), |a| {
                let (ty, bytes) = (a.element, a.len * a.element.size());
                let left = limit.saturating_sub(total - bytes.min(total));
                let (most, name) = (left / ty.size(), &a.name);
                match most {
                    0 => format!("the arrays beside `{name}` already fill it: take smaller tiles"),
                    _ => format!(
                        "the largest array, `{name}`, has {} {}: {most} is the most that fits",
                        a.len,
                        ty.name()
                    ),
                }
            });
            self.report(&SHARED_LIMIT, span, message, help);
        }
    }

    fn threads(&mut self) {
        let (threads, limit) = (self.module.thread_count(), self.module.target.thread_limit());
        let target = self.module.target;
        if threads == 0 || threads > limit || self.module.threads[2] > 64 {
            let message = format!("a workgroup of {:?} threads on {target}", self.module.threads);
            let help = format!("take 1 to {limit} threads, and at most 64 along the last axis");
            self.report(&THREAD_LIMIT, header(self.module), message, help);
        }
        let Some(size) = target.subgroup() else { return };
        if size == 0 || threads.is_multiple_of(size) {
            return;
        }
        let mut first = None;
        walk::operations(&self.module.body, &mut |op, span| {
            if needs_subgroup(op) {
                first.get_or_insert(span);
            }
        });
        if let Some(span) = first {
            let message = format!("{threads} threads are no whole number of subgroups of {size}");
            let help = format!("take a multiple of {size} threads");
            self.report(&THREADS_SUBGROUP, span, message, help);
        }
    }

    fn cluster(&mut self) {
        let blocks: u32 = self.module.cluster.iter().product();
        if blocks == 1 {
            return;
        }
        let span = header(self.module);
        let target = self.module.target;
        let has = matches!(target, Target::Ptx(ptx) if ptx.sm >= 90);
        if !has || blocks == 0 || blocks > 16 {
            let cluster = self.module.cluster;
            let message = format!("a cluster of {cluster:?} workgroups on {target}");
            let help = "clusters of 1 to 8 (16 on some chips) workgroups exist from sm_90 on";
            self.report(&CLUSTER, span, message, help.to_owned());
        }
    }

    fn parameters(&mut self) {
        let Target::Wgsl(wgsl) = self.module.target else { return };
        let span = header(self.module);
        let is_buffer = |kind: &ParamKind| matches!(kind, ParamKind::Buffer { .. });
        let buffers = self.module.params.iter().filter(|p| is_buffer(&p.kind)).count();
        if buffers > wgsl.storage_buffers as usize {
            let limit = wgsl.storage_buffers;
            let message = format!("{buffers} buffers, and the target binds {limit}");
            let help = "pass fewer buffers, or raise the target's requirement".to_owned();
            self.report(&BUFFER_LIMIT, span, message, help);
        }
        if self.module.index_bits != 32 {
            let message = "WGSL has no 64-bit index".to_owned();
            self.report(&INDEX_WIDTH, span, message, "compile it with a 32-bit index".to_owned());
        }
        for param in &self.module.params {
            if matches!(param.kind, ParamKind::TensorMap { .. }) {
                self.lacks(param.span, "tensor maps", "sm_90");
            }
        }
    }

    fn statement(&mut self, stmt: &'m Stmt) {
        match stmt {
            Stmt::Let { op, span, results } => {
                if let Some((what, needs)) = level::missing(op, self.module) {
                    self.lacks(*span, what, needs);
                }
                let wide = |ty| matches!(ty, Scalar::U64 | Scalar::I64);
                let module = self.module;
                let wgsl = matches!(module.target, Target::Wgsl(_));
                if wgsl && results.iter().any(|r| wide(module.values[r.index()].ty)) {
                    self.lacks(*span, "64-bit integers", "PTX");
                }
                if let Op::Matrix(MatrixOp::Mma { .. }) = op {
                    self.shape(op, *span);
                }
            }
            Stmt::Roles { roles, span } => self.roles(roles, *span),
            Stmt::ElectOne { span, .. } if self.module.target.subgroup().is_none() => {
                self.lacks(*span, "subgroups", "wgsl(subgroup)");
            }
            _ => {}
        }
    }

    fn roles(&mut self, roles: &[Role], span: Span) {
        let Target::Ptx(ptx) = self.module.target else {
            return self.lacks(span, "roles", "PTX");
        };
        let threads = self.module.thread_count();
        let warps: u32 = roles.iter().map(|role| role.warps).sum();
        if warps * 32 != threads {
            let message =
                format!("the roles have {warps} warps and the workgroup {threads} threads");
            let help = format!("the roles' warps must add up to {}", threads / 32);
            self.report(&ROLE_WARPS, span, message, help);
        }
        if roles.iter().all(|role| role.registers.is_none()) {
            return;
        }
        if !(ptx.exact && ptx.sm >= 90) {
            return self.lacks(span, "register reallocation", "sm_90a");
        }
        self.register_sizes(roles);
        let blocks = self.module.min_blocks.unwrap_or(1).max(1);
        let launch = (REGISTERS / (threads * blocks).max(1) / 8 * 8).min(256);
        let asked: u32 =
            roles.iter().map(|role| role.warps * 32 * role.registers.unwrap_or(launch)).sum();
        if asked > threads * launch {
            let have = threads * launch;
            let message = format!(
                "the roles ask for {asked} registers and the launch allocates {have} ({launch} a thread)"
            );
            let help = "give the producer fewer registers (24 to 40), or use fewer warps";
            self.report(&REGISTER_BUDGET, span, message, help.to_owned());
        }
    }

    fn register_sizes(&mut self, roles: &[Role]) {
        let mut first = 0;
        for role in roles {
            if let Some(registers) = role.registers {
                if registers % 8 != 0 || !(24..=256).contains(&registers) {
                    let message = format!("{registers} registers for role `{}`", role.name);
                    let help = "take a multiple of 8 from 24 to 256".to_owned();
                    self.report(&OPERATION_SIZE, role.span, message, help);
                }
                if first % 4 != 0 || role.warps % 4 != 0 {
                    let (name, last) = (&role.name, first + role.warps);
                    let message = format!("role `{name}` is warps {first} to {last} (exclusive)");
                    let help =
                        "registers are set for whole warp groups: 4 warps, aligned".to_owned();
                    self.report(&ROLE_WARPS, role.span, message, help);
                }
            }
            first += role.warps;
        }
    }
}

/// Whether an operation works on a whole subgroup.
fn needs_subgroup(op: &Op) -> bool {
    match op {
        Op::Subgroup(_) | Op::Matrix(_) => true,
        Op::Sync(op) => matches!(op, SyncOp::SubgroupBarrier | SyncOp::Named { .. }),
        Op::Builtin(builtin) => matches!(builtin, Builtin::SubgroupId),
        _ => false,
    }
}
