//! Asynchronous copies, mbarriers and dependent launches.
//!
//! PTX ISA, "Data Movement and Conversion Instructions: Asynchronous copy", "mbarrier",
//! "griddepcontrol".

use crate::ir::op::{AsyncOp, AtomicOp, BulkReduce, L2Hint, Place, Scope};
use crate::ir::{Operand, ParamId, Scalar, ValueId};

use super::address::{Address, Space};
use super::emitter::{Arg, Emitter, Hoisted};
use super::header;
use super::registers::{Class, Reg, braces};
use super::tables;

/// Arrivals that are written out one by one where `mbarrier.arrive` has no count.
const REPEATED_ARRIVALS: i128 = 8;

impl Emitter<'_> {
    /// Emits an asynchronous operation.
    pub fn asynchronous(&mut self, op: &AsyncOp, results: &[ValueId]) {
        match op {
            AsyncOp::CopyAsync { to, from, bytes, valid } => {
                self.copy_async(to, from, *bytes, *valid);
            }
            AsyncOp::CopyAsyncCommit => self.copy_line("cp.async.commit_group;"),
            AsyncOp::CopyAsyncWait(n) => self.copy_line(&format!("cp.async.wait_group {n};")),
            AsyncOp::CopyAsyncArrive(barrier) => {
                let barrier = self.own_shared(barrier, "cp.async.mbarrier.arrive");
                self.copy_line(&format!("cp.async.mbarrier.arrive.noinc.shared.b64 {barrier};"));
            }
            AsyncOp::MbarrierInit { barrier, count } => {
                self.need(tables::MBARRIER);
                let barrier = self.own_shared(barrier, "mbarrier.init");
                let count = self.arg(*count);
                self.line(format_args!("mbarrier.init.shared.b64 {barrier}, {count};"));
            }
            AsyncOp::MbarrierArrive { barrier, count, scope } => {
                self.arrive(barrier, *count, *scope);
            }
            AsyncOp::MbarrierExpect { barrier, bytes } => {
                self.need(tables::MBARRIER_EXPECT);
                let (barrier, bytes) = (self.address(barrier), self.arg(*bytes));
                let space = barrier_space(barrier.space);
                self.line(format_args!(
                    "mbarrier.arrive.expect_tx{space}.b64 _, {barrier}, {bytes};"
                ));
            }
            AsyncOp::MbarrierTryWait { barrier, parity } => {
                let (barrier, parity) =
                    (self.own_shared(barrier, "mbarrier.try_wait"), self.arg(*parity));
                let p = self.try_wait(&barrier, &parity);
                self.bind_first(results, p);
            }
            AsyncOp::MbarrierWait { barrier, parity } => {
                let (barrier, parity) =
                    (self.own_shared(barrier, "mbarrier.try_wait"), self.arg(*parity));
                let n = self.label_number();
                self.label(&format!("$wait_{n}"));
                let p = self.try_wait(&barrier, &parity);
                self.line(format_args!("@!{p} bra $wait_{n};"));
            }
            AsyncOp::TensorLoad { .. } | AsyncOp::TensorStore { .. } => self.tensor_copy(op),
            AsyncOp::TensorMapPrefetch(map) => {
                self.need(tables::TENSOR_MAP_PREFETCH);
                let map = self.tensor_map(*map);
                self.line(format_args!("prefetch.tensormap [{map}];"));
            }
            AsyncOp::BulkLoad { to, from, bytes, barrier, l2 } => {
                self.bulk_load(to, from, *bytes, barrier, *l2);
            }
            AsyncOp::BulkStore { to, from, bytes, reduce } => {
                self.bulk_store(to, from, *bytes, *reduce);
            }
            AsyncOp::BulkPrefetch { from, bytes } => {
                let (from, bytes) = (self.global_place(from), self.arg(*bytes));
                self.bulk_line(&format!("cp.async.bulk.prefetch.L2.global {from}, {bytes};"));
            }
            AsyncOp::BulkCommit => self.bulk_line("cp.async.bulk.commit_group;"),
            AsyncOp::BulkWait { pending, read } => {
                let read = if *read { ".read" } else { "" };
                self.bulk_line(&format!("cp.async.bulk.wait_group{read} {pending};"));
            }
            AsyncOp::GridDependencyWait => self.grid_dependency("wait"),
            AsyncOp::GridDependencyLaunch => self.grid_dependency("launch_dependents"),
        }
    }

    /// A remark for chips without dependent launches: the runtime makes an instruction of it where it links
    /// the text for a later one.
    fn grid_dependency(&mut self, what: &str) {
        if self.ptx.sm < 90 {
            self.line(format_args!("// griddepcontrol.{what};"));
        } else {
            self.need(tables::GRID_DEPENDENCY);
            self.line(format_args!("griddepcontrol.{what};"));
        }
    }

    fn copy_line(&mut self, text: &str) {
        self.need(tables::COPY_ASYNC);
        self.line(text);
    }

    fn bulk_line(&mut self, text: &str) {
        self.need(tables::BULK_COPY);
        self.line(text);
    }

    fn own_shared(&mut self, place: &Place, instruction: &str) -> Address {
        let address = self.address(place);
        self.must_be_shared(address.space, instruction);
        address
    }

    fn global_place(&mut self, place: &Place) -> Address {
        let address = self.address(place);
        if address.space != Space::Global {
            self.no_form("this end of an asynchronous copy is in global memory", "swap the places");
        }
        address
    }

    fn copy_async(&mut self, to: &Place, from: &Place, bytes: u32, valid: Option<Operand>) {
        let (to, from) = (self.own_shared(to, "cp.async"), self.global_place(from));
        let level = match bytes {
            16 => "cg",
            4 | 8 => "ca",
            _ => {
                self.no_form(format!("cp.async moves no {bytes} bytes"), "move 4, 8 or 16 bytes");
                return;
            }
        };
        let valid = match valid {
            Some(valid) => format!(", {}", self.arg(valid)),
            None => String::new(),
        };
        self.copy_line(&format!("cp.async.{level}.shared.global {to}, {from}, {bytes}{valid};"));
    }

    fn arrive(&mut self, barrier: &Place, count: Operand, scope: Scope) {
        let address = self.address(barrier);
        if address.space == Space::Cluster {
            self.need(tables::MBARRIER_CLUSTER);
            let count = self.arg(count);
            let scope = if scope == Scope::Workgroup { "cta" } else { "cluster" };
            self.line(format_args!(
                "mbarrier.arrive.release.{scope}.shared::cluster.b64 _, {address}, {count};"
            ));
            return;
        }
        self.need(tables::MBARRIER);
        match count.as_int() {
            Some(times @ 1..=REPEATED_ARRIVALS)
                if times == 1 || !tables::MBARRIER_COUNT.on(self.ptx) =>
            {
                for _ in 0..times {
                    let state = self.fresh(Class::B64);
                    self.line(format_args!("mbarrier.arrive.shared.b64 {state}, {address};"));
                }
            }
            _ => {
                self.need(tables::MBARRIER_COUNT);
                let (state, count) = (self.fresh(Class::B64), self.arg(count));
                self.line(format_args!("mbarrier.arrive.shared.b64 {state}, {address}, {count};"));
            }
        }
    }

    fn try_wait(&mut self, barrier: &Address, parity: &Arg) -> Reg {
        let kind = if tables::MBARRIER_TRY_WAIT.on(self.ptx) {
            self.need(tables::MBARRIER_TRY_WAIT);
            "try_wait"
        } else {
            self.need(tables::MBARRIER_TEST_PARITY);
            "test_wait"
        };
        let p = self.fresh(Class::Pred);
        self.line(format_args!("mbarrier.{kind}.parity.shared.b64 {p}, {barrier}, {parity};"));
        p
    }

    /// The generic address of a tensor map parameter.
    fn tensor_map(&mut self, map: ParamId) -> Reg {
        let name = header::param_name(map.index(), &self.module.params[map.index()]);
        self.hoist(Hoisted::Param(map), |e| {
            let d = e.fresh(Class::B64);
            e.hoist_line(format_args!("mov.b64 {d}, {name};"));
            e.hoist_line(format_args!("cvta.param.u64 {d}, {d};"));
            d
        })
    }

    fn tensor_copy(&mut self, op: &AsyncOp) {
        self.need(tables::TENSOR_COPY);
        let (map, coordinates) = match op {
            AsyncOp::TensorLoad { map, coordinates, .. }
            | AsyncOp::TensorStore { map, coordinates, .. } => (*map, coordinates),
            _ => return,
        };
        let map = self.tensor_map(map);
        let dimensions = coordinates.len();
        if !(1..=5).contains(&dimensions) {
            self.no_form(format!("a tensor copy of {dimensions} dimensions"), "use 1 to 5");
            return;
        }
        let regs: Vec<Reg> = coordinates.iter().map(|c| self.reg(*c)).collect();
        let tensor = format!("[{map}, {}]", braces(&regs));
        match op {
            AsyncOp::TensorLoad { to, barrier, multicast, l2, .. } => {
                let (to, barrier) = (self.address(to), self.address(barrier));
                let mut qualifiers = String::new();
                let mut mask = String::new();
                if let Some(workgroups) = multicast {
                    qualifiers.push_str(".multicast::cluster");
                    let workgroups = self.reg(*workgroups);
                    let half = self.op(Class::B16, "cvt.u16.u32", &[&workgroups]);
                    mask = format!(", {half}");
                }
                let policy = self.l2(*l2, &mut qualifiers);
                self.line(format_args!(
                    "cp.async.bulk.tensor.{dimensions}d.shared::cluster.global.tile\
                     .mbarrier::complete_tx::bytes{qualifiers} {to}, {tensor}, {barrier}{mask}{policy};"
                ));
            }
            AsyncOp::TensorStore { from, reduce, .. } => {
                let from = self.own_shared(from, "a tensor store");
                let Some(operation) = self.bulk_operation(*reduce) else { return };
                let (name, operation) = match operation {
                    "" => ("cp.async", String::new()),
                    operation => ("cp.reduce.async", format!(".{operation}")),
                };
                self.line(format_args!(
                    "{name}.bulk.tensor.{dimensions}d.global.shared::cta{operation}.tile.bulk_group \
                     {tensor}, {from};"
                ));
            }
            _ => {}
        }
    }

    /// The name of a reduction, empty for a plain store.
    fn bulk_operation(&mut self, reduce: BulkReduce) -> Option<&'static str> {
        Some(match reduce {
            BulkReduce::None => "",
            BulkReduce::With(AtomicOp::Add) => "add",
            BulkReduce::With(AtomicOp::Min) => "min",
            BulkReduce::With(AtomicOp::Max) => "max",
            BulkReduce::With(AtomicOp::And) => "and",
            BulkReduce::With(AtomicOp::Or) => "or",
            BulkReduce::With(AtomicOp::Xor) => "xor",
            BulkReduce::With(AtomicOp::Exchange) => {
                self.no_form("a bulk copy does not exchange", "use a plain store");
                return None;
            }
        })
    }

    fn bulk_load(&mut self, to: &Place, from: &Place, bytes: Operand, barrier: &Place, l2: L2Hint) {
        let (to, from) = (self.address(to), self.global_place(from));
        let (bytes, barrier) = (self.arg(bytes), self.address(barrier));
        let mut qualifiers = String::new();
        let policy = self.l2(l2, &mut qualifiers);
        self.bulk_line(&format!(
            "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes{qualifiers} \
             {to}, {from}, {bytes}, {barrier}{policy};"
        ));
    }

    fn bulk_store(&mut self, to: &Place, from: &Place, bytes: Operand, reduce: BulkReduce) {
        let element = self.element(to.base);
        let (to, from) = (self.global_place(to), self.own_shared(from, "a bulk store"));
        let bytes = self.arg(bytes);
        let Some(operation) = self.bulk_operation(reduce) else { return };
        if operation.is_empty() {
            let text =
                format!("cp.async.bulk.global.shared::cta.bulk_group {to}, {from}, {bytes};");
            return self.bulk_line(&text);
        }
        self.need(tables::BULK_REDUCE);
        let Some(ty) = bulk_type(operation, element) else {
            self.no_form(
                format!("a bulk {operation} has no form for {}", element.name()),
                "add takes u32, i32, u64, f16, bf16, f32; min and max integers, f16, bf16",
            );
            return;
        };
        self.line(format_args!(
            "cp.reduce.async.bulk.global.shared::cta.bulk_group.{operation}.{ty} {to}, {from}, {bytes};"
        ));
    }
}

/// Qualifiers of `mbarrier.arrive.expect_tx`.
fn barrier_space(space: Space) -> &'static str {
    if space == Space::Cluster { ".release.cluster.shared::cluster" } else { ".shared" }
}

/// The type of a bulk reduction over elements of a buffer.
fn bulk_type(operation: &str, element: Scalar) -> Option<&'static str> {
    let ordered = matches!(operation, "min" | "max");
    match (operation, element) {
        ("add", Scalar::F16) => Some("noftz.f16"),
        ("add", Scalar::Bf16) => Some("noftz.bf16"),
        ("add", Scalar::F32) => Some("f32"),
        ("add", Scalar::U32) => Some("u32"),
        ("add", Scalar::I32) => Some("s32"),
        ("add", Scalar::U64 | Scalar::I64) => Some("u64"),
        (_, Scalar::U32) if ordered => Some("u32"),
        (_, Scalar::I32) if ordered => Some("s32"),
        (_, Scalar::U64) if ordered => Some("u64"),
        (_, Scalar::I64) if ordered => Some("s64"),
        (_, Scalar::F16) if ordered => Some("f16"),
        (_, Scalar::Bf16) if ordered => Some("bf16"),
        ("and" | "or" | "xor", Scalar::U32 | Scalar::I32) => Some("b32"),
        ("and" | "or" | "xor", Scalar::U64 | Scalar::I64) => Some("b64"),
        _ => None,
    }
}
