//! What a WGSL target lacks: operations, types, limits. The verifier finds most of it before; this is
//! what the back end itself relies on.

use crate::back::wgsl::bindings::Cells;
use crate::diag::catalog::{memory, resources};
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::op::{
    AsyncOp, Base, Builtin, FenceKind, MatrixOp, MemoryOp, MemoryOrder, Op, Scope, SubgroupOp,
    SyncOp, VoteMode,
};
use crate::ir::{Block, Const, FragmentRole, Module, Operand, ParamKind, Scalar, Span, Stmt};
use crate::target::{Dialect, Wgsl};

/// Checks a module.
///
/// # Errors
/// Everything that the target lacks.
pub(super) fn check(module: &Module, target: &Wgsl, cells: &Cells) -> Result<(), Vec<Diagnostic>> {
    let mut checker =
        Checker { module, target, found: Diagnostics::default(), span: Span::default() };
    checker.params();
    checker.resources(cells);
    checker.fragments();
    checker.block(&module.body);
    checker.found.gate(())
}

struct Checker<'a> {
    module: &'a Module,
    target: &'a Wgsl,
    found: Diagnostics,
    span: Span,
}

fn is_wide(ty: Scalar) -> bool {
    matches!(ty, Scalar::U64 | Scalar::I64)
}

impl Checker<'_> {
    fn report(&mut self, entry: &'static crate::diag::Entry, message: String, help: &str) {
        self.found.report(Diagnostic::new(entry, self.span, message).help(help));
    }

    fn ptx_only(&mut self, name: &str) {
        let message = format!("`{name}` is an instruction of PTX targets");
        let help = "use a portable operation here, or keep this template to sm_ targets";
        self.report(&resources::TARGET_LACKS, message, help);
    }

    fn params(&mut self) {
        for param in &self.module.params {
            self.span = param.span;
            match &param.kind {
                ParamKind::Scalar(
                    Scalar::U32 | Scalar::I32 | Scalar::F32 | Scalar::Bool | Scalar::Index,
                ) => {}
                ParamKind::Scalar(ty) => {
                    let message = format!("scalar parameter `{}` is {}", param.name, ty.name());
                    let help = "WGSL takes u32, i32, f32 and bool by value: widen it";
                    self.report(&resources::SCALAR_PARAM, message, help);
                }
                ParamKind::TensorMap { .. } => self.ptx_only("tensor map"),
                ParamKind::Buffer { element, .. } if is_wide(*element) => self.wide(*element),
                ParamKind::Buffer { .. } => {}
            }
        }
    }

    fn wide(&mut self, ty: Scalar) {
        let message = format!("WGSL has no {}", ty.name());
        self.report(&resources::TARGET_LACKS, message, "use 32-bit integers, or two words");
    }

    fn resources(&mut self, cells: &Cells) {
        self.span = Span::default();
        let buffers = cells.buffers.iter().flatten().count();
        if buffers > self.target.storage_buffers as usize {
            let limit = self.target.storage_buffers;
            let message = format!("{buffers} buffers, and this target binds {limit}");
            self.report(&resources::BUFFER_LIMIT, message, "pack operands into fewer buffers");
        }
        let threads = self.module.thread_count();
        if threads > self.target.invocations {
            let limit = self.target.invocations;
            let message = format!("{threads} threads per workgroup, and this target has {limit}");
            let help = format!("use a tile of at most {limit} threads");
            self.report(&resources::THREAD_LIMIT, message, &help);
        }
        if let Some(array) = self.module.shared.first() {
            self.span = array.span;
        }
        let bytes = cells.workgroup_storage(self.module);
        if bytes > u64::from(self.target.shared) {
            let limit = self.target.shared;
            let message = format!("{bytes} bytes of workgroup memory, and this target has {limit}");
            let help =
                format!("use a smaller tile, or ask for wgsl(shared >= {}K)", bytes.div_ceil(1024));
            self.report(&resources::SHARED_LIMIT, message, &help);
        }
        for array in &self.module.shared {
            self.span = array.span;
            if is_wide(array.element) {
                self.wide(array.element);
            }
        }
        if self.module.cluster != [1, 1, 1] {
            self.ptx_only("cluster");
        }
    }

    fn fragments(&mut self) {
        for fragment in &self.module.fragments {
            self.span = fragment.span;
            let accumulator = fragment.role == FragmentRole::C;
            let (size, ty) = (fragment.size, fragment.element);
            if !matches!(size, 8 | 16) {
                let message = format!("a fragment of {size} x {size}");
                self.report(&resources::WGSL_FRAGMENT, message, "use 8 x 8 or 16 x 16");
            }
            let f32_c = !accumulator || ty == Scalar::F32;
            match self.target.cooperative_matrix {
                Some(_) if self.target.dialect == Dialect::Web => {
                    let message = "a cooperative matrix in the web dialect".to_owned();
                    self.report(
                        &resources::WGSL_FRAGMENT,
                        message,
                        "ask for it on wgsl(native) only",
                    );
                }
                Some(supported) => {
                    let input = accumulator || ty == Scalar::F16;
                    if !(self.target.f16 && f32_c && input && size == supported) {
                        let message = format!("a {size} x {size} fragment of {}", ty.name());
                        let help = format!(
                            "this target has f16 inputs and f32 accumulators of {supported} x {supported}, \
                             with f16"
                        );
                        self.report(&resources::WGSL_FRAGMENT, message, &help);
                    }
                }
                None => {
                    let input = matches!(ty, Scalar::F16 | Scalar::Bf16 | Scalar::F32);
                    if !(f32_c && input) {
                        let message = format!("a fragment of {}", ty.name());
                        let help = "inputs are f16, bf16 or f32, accumulators f32";
                        self.report(&resources::WGSL_FRAGMENT, message, help);
                    }
                    let lanes = self.target.subgroup.unwrap_or(32);
                    if !matches!(lanes, 4 | 8 | 16 | 32 | 64) {
                        let message = format!("fragments over subgroups of {lanes}");
                        let help = "a subgroup of 4, 8, 16, 32 or 64 shares a fragment";
                        self.report(&resources::WGSL_FRAGMENT, message, help);
                    }
                    if !self.module.thread_count().is_multiple_of(lanes) {
                        let message =
                            format!("fragments in {} threads", self.module.thread_count());
                        let help = format!("use a multiple of {lanes} threads");
                        self.report(&resources::WGSL_FRAGMENT, message, &help);
                    }
                }
            }
        }
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.0 {
            match stmt {
                Stmt::Let { results, op, span } => {
                    self.span = *span;
                    self.op(op);
                    for result in results {
                        let ty = self.module.values[result.index()].ty;
                        let index64 = ty == Scalar::Index && self.module.index_bits == 64;
                        if is_wide(ty) || index64 {
                            self.wide(ty);
                        }
                    }
                    op.operands().into_iter().for_each(|operand| self.constant(operand));
                }
                Stmt::Assign { value, span, .. } => {
                    self.span = *span;
                    self.constant(*value);
                }
                Stmt::If { then, otherwise, .. } => {
                    self.block(then);
                    self.block(otherwise);
                }
                Stmt::For { body, .. } | Stmt::Loop { body, .. } => self.block(body),
                Stmt::ElectOne { body, span } => {
                    self.span = *span;
                    self.subgroup("elect_one");
                    self.block(body);
                }
                Stmt::Roles { span, .. } => {
                    self.span = *span;
                    self.ptx_only("roles");
                }
                _ => {}
            }
        }
    }

    fn constant(&mut self, operand: Operand) {
        let Operand::Const(Const { ty, bits }) = operand else { return };
        let exponent = match ty {
            Scalar::F32 => 0x7f80_0000,
            Scalar::F16 => 0x7c00,
            Scalar::Bf16 => 0x7f80,
            _ => return,
        };
        if bits & exponent == exponent {
            let message = "an infinite or NaN constant".to_owned();
            let help = "WGSL does not carry it: use -3.0e38 as the mask value";
            self.report(&resources::NON_FINITE, message, help);
        }
    }

    fn subgroup(&mut self, name: &str) {
        if self.target.subgroup.is_none() || self.target.dialect == Dialect::Web {
            let message = format!("`{name}` needs subgroups, and this target has none");
            let help =
                "use the block-level form of the library (block_sum, block_max), or wgsl(subgroup)";
            self.report(&resources::TARGET_LACKS, message, help);
        }
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Memory(op) => self.memory(op),
            Op::Sync(op) => self.sync(op),
            Op::Subgroup(op) => self.exchange(op),
            Op::Builtin(Builtin::ClusterRank) => self.ptx_only("cluster_rank"),
            Op::Matrix(op) => self.matrix(op),
            Op::Async(op) => self.ptx_only(asynchronous(op)),
            Op::Read(_) | Op::Param(_) | Op::Builtin(_) | Op::Arith(_) => {}
        }
    }

    fn exchange(&mut self, op: &SubgroupOp) {
        match op {
            SubgroupOp::Shuffle { .. } => self.subgroup("subgroup_shuffle"),
            SubgroupOp::Reduce(..) => self.subgroup("subgroup reduction"),
            SubgroupOp::BroadcastFirst(_) => self.subgroup("subgroup_broadcast_first"),
            SubgroupOp::Vote(mode, _) => {
                self.subgroup("subgroup vote");
                if *mode == VoteMode::Ballot && self.target.subgroup.is_some_and(|n| n > 32) {
                    let message = "a ballot of more than 32 lanes does not fit a u32".to_owned();
                    let help = "use subgroup_any or subgroup_all";
                    self.report(&resources::TARGET_LACKS, message, help);
                }
            }
        }
    }

    fn memory(&mut self, op: &MemoryOp) {
        let place = match op {
            MemoryOp::Load { place, .. }
            | MemoryOp::Store { place, .. }
            | MemoryOp::LoadOrdered { place, .. }
            | MemoryOp::StoreOrdered { place, .. }
            | MemoryOp::Atomic { place, .. }
            | MemoryOp::CompareExchange { place, .. }
            | MemoryOp::SharedAddress(place)
            | MemoryOp::Prefetch(place) => *place,
        };
        if let Base::Cluster { .. } = place.base {
            self.ptx_only("access to another workgroup's memory");
        }
        match op {
            MemoryOp::LoadOrdered { ty, scope, order, .. } => {
                self.atomic(*ty, *scope, *order, true);
            }
            MemoryOp::StoreOrdered { value, scope, order, .. } => {
                self.atomic(self.module.type_of(*value), *scope, *order, true);
            }
            MemoryOp::Atomic { value, scope, order, .. }
            | MemoryOp::CompareExchange { value, scope, order, .. } => {
                let shared = matches!(place.base, Base::Shared(_));
                self.atomic(self.module.type_of(*value), *scope, *order, shared);
            }
            MemoryOp::SharedAddress(_) => self.ptx_only("shared address"),
            _ => {}
        }
    }

    /// WGSL's atomics are relaxed: among the workgroup in workgroup memory, the device in buffers.
    fn atomic(&mut self, ty: Scalar, scope: Scope, order: MemoryOrder, workgroup_only: bool) {
        if !matches!(ty, Scalar::U32 | Scalar::I32) {
            let message = format!("an atomic on {}", ty.name());
            let help = "WGSL has atomics on u32 and i32: add up in workgroup memory instead";
            self.report(&memory::FLOAT_ATOMIC, message, help);
        }
        let near = scope == Scope::Workgroup || (scope == Scope::Device && !workgroup_only);
        if order != MemoryOrder::Relaxed || !near {
            let message = "an ordered atomic, or one beyond its memory's scope".to_owned();
            let help = "WGSL's atomics are relaxed: let a second kernel read the result";
            self.report(&memory::ATOMIC_SCOPE, message, help);
        }
    }

    fn sync(&mut self, op: &SyncOp) {
        match op {
            SyncOp::Barrier => {}
            SyncOp::SubgroupBarrier => self.subgroup("subgroup_barrier"),
            SyncOp::Named { .. } => self.ptx_only("named barrier"),
            SyncOp::Fence(FenceKind::Memory(_)) => self.ptx_only("fence"),
            SyncOp::Fence(FenceKind::ProxyAsync) => self.ptx_only("fence.proxy.async"),
            SyncOp::Fence(FenceKind::MbarrierInit) => self.ptx_only("fence.mbarrier_init"),
            SyncOp::ClusterArrive => self.ptx_only("barrier.cluster.arrive"),
            SyncOp::ClusterWait => self.ptx_only("barrier.cluster.wait"),
        }
    }

    fn matrix(&mut self, op: &MatrixOp) {
        let cooperative = self.target.cooperative_matrix.is_some();
        match op {
            MatrixOp::FragmentFill(_, value) if cooperative => {
                if value.as_const().is_none_or(|c| c.bits != 0) {
                    let message = "a cooperative matrix can only be filled with zero".to_owned();
                    let help = "fill with 0.0 and add the value when it is read back";
                    self.report(&resources::WGSL_FRAGMENT, message, help);
                }
            }
            MatrixOp::FragmentMultiplyAdd { a, b, c } => {
                let of = |id: &crate::ir::FragmentId| &self.module.fragments[id.index()];
                let (a, b, c) = (of(a), of(b), of(c));
                let roles =
                    (a.role, b.role, c.role) == (FragmentRole::A, FragmentRole::B, FragmentRole::C);
                if !(roles && a.size == b.size && b.size == c.size && a.element == b.element) {
                    let message = format!(
                        "multiplying {0} x {0} {1} by {2} x {2} {3} into {4} x {4}",
                        a.size,
                        a.element.name(),
                        b.size,
                        b.element.name(),
                        c.size
                    );
                    let help = "use fragments A, B and C of one size, A and B of one type";
                    self.report(&resources::WGSL_FRAGMENT, message, help);
                }
            }
            MatrixOp::FragmentFill(..)
            | MatrixOp::FragmentLoad { .. }
            | MatrixOp::FragmentScale(..) => {}
            MatrixOp::FragmentStore { place, .. } => {
                let element = match place.base {
                    Base::Buffer(p) => match self.module.params[p.index()].kind {
                        ParamKind::Buffer { element, .. } => element,
                        _ => Scalar::F32,
                    },
                    Base::Shared(a) | Base::Cluster { array: a, .. } => {
                        self.module.shared[a.index()].element
                    }
                };
                if element != Scalar::F32 {
                    let message = format!("storing an f32 fragment to {}", element.name());
                    let help = "store to an f32 array and narrow from there";
                    self.report(&resources::WGSL_FRAGMENT, message, help);
                }
            }
            MatrixOp::Mma { .. } => self.ptx_only("mma.sync"),
            MatrixOp::LoadMatrix { .. } => self.ptx_only("ldmatrix"),
            MatrixOp::StoreMatrix { .. } => self.ptx_only("stmatrix"),
            MatrixOp::Descriptor { .. } => self.ptx_only("matrix descriptor"),
            MatrixOp::WgmmaFence => self.ptx_only("wgmma.fence"),
            MatrixOp::Wgmma { .. } => self.ptx_only("wgmma.mma_async"),
            MatrixOp::WgmmaCommit => self.ptx_only("wgmma.commit_group"),
            MatrixOp::WgmmaWait(_) => self.ptx_only("wgmma.wait_group"),
        }
    }
}

fn asynchronous(op: &AsyncOp) -> &'static str {
    match op {
        AsyncOp::CopyAsync { .. } => "cp.async",
        AsyncOp::CopyAsyncCommit => "cp.async.commit_group",
        AsyncOp::CopyAsyncWait(_) => "cp.async.wait_group",
        AsyncOp::CopyAsyncArrive(_) => "cp.async.mbarrier.arrive",
        AsyncOp::MbarrierInit { .. } => "mbarrier.init",
        AsyncOp::MbarrierArrive { .. } => "mbarrier.arrive",
        AsyncOp::MbarrierExpect { .. } => "mbarrier.arrive.expect_tx",
        AsyncOp::MbarrierTryWait { .. } => "mbarrier.try_wait",
        AsyncOp::MbarrierWait { .. } => "mbarrier wait",
        AsyncOp::TensorLoad { .. } => "cp.async.bulk.tensor",
        AsyncOp::TensorStore { .. } => "cp.async.bulk.tensor store",
        AsyncOp::TensorMapPrefetch(_) => "prefetch.tensormap",
        AsyncOp::BulkLoad { .. } => "cp.async.bulk",
        AsyncOp::BulkStore { .. } => "cp.async.bulk store",
        AsyncOp::BulkPrefetch { .. } => "cp.async.bulk.prefetch",
        AsyncOp::BulkCommit => "cp.async.bulk.commit_group",
        AsyncOp::BulkWait { .. } => "cp.async.bulk.wait_group",
        AsyncOp::GridDependencyWait => "griddepcontrol.wait",
        AsyncOp::GridDependencyLaunch => "griddepcontrol.launch_dependents",
    }
}
