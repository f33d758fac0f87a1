//! Portable matrix fragments.
//!
//! With cooperative matrices a fragment is one opaque value of the subgroup. Without, each lane owns a
//! block of rows and columns of the accumulator (4 x 2 of a 16 x 16 tile among 32 lanes) and keeps its
//! rows of A and its columns of B in `f32` registers; the product is plain multiply-adds. Both are
//! written once per text as functions, so that a multiply-add of the kernel is one line.

use super::polyfill::Polyfill;
use super::writer::{Input, Writer};
use crate::ir::op::{Base, MatrixOp, Place};
use crate::ir::{Fragment, FragmentId, FragmentRole, Operand, ParamKind, Scalar};
use std::fmt::Write as _;

/// The block of the accumulator that a lane owns.
#[derive(Debug, Clone, Copy)]
struct Share {
    size: u32,
    rows: u32,
    columns: u32,
}

impl Share {
    fn of(size: u32, lanes: u32) -> Share {
        let elements = (size * size / lanes).max(1);
        let rows = match elements {
            1 | 2 => 1,
            4 => 2,
            _ => 4,
        };
        Share { size, rows, columns: elements / rows }
    }

    /// Registers per lane.
    fn len(self, role: FragmentRole) -> u32 {
        match role {
            FragmentRole::A => self.rows * self.size,
            FragmentRole::B => self.size * self.columns,
            FragmentRole::C => self.rows * self.columns,
        }
    }

    /// Rows and columns of what a lane holds.
    fn extent(self, role: FragmentRole) -> (u32, u32) {
        match role {
            FragmentRole::A => (self.rows, self.size),
            FragmentRole::B => (self.size, self.columns),
            FragmentRole::C => (self.rows, self.columns),
        }
    }

    /// The lane's first row and column, as expressions over `lane`.
    fn origin(self, role: FragmentRole) -> (String, String) {
        let across = self.size / self.columns;
        let row = format!("lane / {across}u * {}u", self.rows);
        let column = format!("lane % {across}u * {}u", self.columns);
        match role {
            FragmentRole::A => (row, "0u".to_owned()),
            FragmentRole::B => ("0u".to_owned(), column),
            FragmentRole::C => (row, column),
        }
    }
}

fn letter(role: FragmentRole) -> &'static str {
    match role {
        FragmentRole::A => "A",
        FragmentRole::B => "B",
        FragmentRole::C => "C",
    }
}

impl Writer<'_> {
    fn fragment(&self, id: FragmentId) -> &Fragment {
        &self.module.fragments[id.index()]
    }

    fn share(&self, size: u32) -> Share {
        Share::of(size, self.target.subgroup.unwrap_or(32))
    }

    /// The declaration of a fragment's variable.
    pub(super) fn fragment_declaration(&self, id: FragmentId) -> String {
        let name = &self.fragments[id.index()];
        let fragment = self.fragment(id);
        let (size, role) = (fragment.size, fragment.role);
        if self.target.cooperative_matrix.is_none() {
            return format!("var {name}: array<f32, {}>;", self.share(size).len(role));
        }
        let element = if fragment.element == Scalar::F16 { "f16" } else { "f32" };
        format!("var {name} = coop_mat{size}x{size}<{element}, {}>();", letter(role))
    }

    /// A fragment operation as statements.
    pub(super) fn matrix(&mut self, op: &MatrixOp) {
        let cooperative = self.target.cooperative_matrix.is_some();
        match op {
            MatrixOp::FragmentFill(id, value) => self.fill(*id, *value),
            MatrixOp::FragmentScale(id, factor) => self.scale(*id, *factor),
            MatrixOp::FragmentLoad { fragment, place, stride, column_major }
            | MatrixOp::FragmentStore { fragment, place, stride, column_major } => {
                let store = matches!(op, MatrixOp::FragmentStore { .. });
                if cooperative {
                    self.cooperative_move(*fragment, place, *stride, *column_major, store);
                } else {
                    self.shared_move(*fragment, place, *stride, *column_major, store);
                }
            }
            MatrixOp::FragmentMultiplyAdd { a, b, c } => {
                let size = self.fragment(*c).size;
                let [a, b, c] = [a, b, c].map(|id| self.fragments[id.index()].clone());
                if cooperative {
                    self.line(&format!("{c} = coopMultiplyAdd({a}, {b}, {c});"));
                } else {
                    let function = self.multiply_add(size);
                    self.line(&format!("{function}(&{a}, &{b}, &{c});"));
                }
            }
            // Legalisation refuses the instructions of PTX.
            _ => {}
        }
    }

    fn fill(&mut self, id: FragmentId, value: Operand) {
        let name = self.fragments[id.index()].clone();
        let (size, role) = (self.fragment(id).size, self.fragment(id).role);
        if self.target.cooperative_matrix.is_some() {
            let element = if self.fragment(id).element == Scalar::F16 { "f16" } else { "f32" };
            let zero = format!("coop_mat{size}x{size}<{element}, {}>()", letter(role));
            return self.line(&format!("{name} = {zero};"));
        }
        let len = self.share(size).len(role);
        if value.as_const().is_some_and(|c| c.bits == 0) {
            return self.line(&format!("{name} = array<f32, {len}>();"));
        }
        let value = self.argument(value);
        for i in 0..len {
            self.line(&format!("{name}[{i}] = {value};"));
        }
    }

    fn scale(&mut self, id: FragmentId, factor: Operand) {
        let name = self.fragments[id.index()].clone();
        let (size, role) = (self.fragment(id).size, self.fragment(id).role);
        let factor = self.operand(factor, super::writer::Level::Atom);
        if self.target.cooperative_matrix.is_some() {
            return self.line(&format!("{name} = {name} * {factor};"));
        }
        for i in 0..self.share(size).len(role) {
            self.line(&format!("{name}[{i}] *= {factor};"));
        }
    }

    /// naga's plain forms are column-major, the `T` forms row-major.
    fn cooperative_move(
        &mut self,
        id: FragmentId,
        place: &Place,
        stride: Operand,
        column_major: bool,
        store: bool,
    ) {
        let name = self.fragments[id.index()].clone();
        let (index, stride) = (self.argument(place.index), self.argument(stride));
        let from = format!("&{}[{index}]", self.array(place.base));
        let suffix = if column_major { "" } else { "T" };
        if store {
            // naga 30 writes the store before what its arguments still have to load: name them first.
            let (value, step) = (self.names.numbered("result_"), self.names.numbered("stride_"));
            self.line(&format!("let {value} = {name};"));
            self.line(&format!("let {step} = {stride};"));
            return self.line(&format!("coopStore{suffix}({value}, {from}, {step});"));
        }
        let fragment = self.fragment(id);
        let (size, role) = (fragment.size, letter(fragment.role));
        let element = if fragment.element == Scalar::F16 { "f16" } else { "f32" };
        let ty = format!("coop_mat{size}x{size}<{element}, {role}>");
        self.line(&format!("{name} = coopLoad{suffix}<{ty}>({from}, {stride});"));
    }

    /// A load or store by each lane, through a function per array, role and order.
    fn shared_move(
        &mut self,
        id: FragmentId,
        place: &Place,
        stride: Operand,
        column_major: bool,
        store: bool,
    ) {
        let name = self.fragments[id.index()].clone();
        let (index, stride) = (self.argument(place.index), self.argument(stride));
        let lane = match self.target.subgroup {
            Some(_) => self.input(Input::Lane).to_owned(),
            None => format!("{} % 32u", self.input(Input::ThreadIndex)),
        };
        let (size, role) = (self.fragment(id).size, self.fragment(id).role);
        let function = self.mover(size, role, place.base, column_major, store);
        self.line(&format!("{function}(&{name}, {index}, {stride}, {lane});"));
    }

    /// The function called `key`, written by `text` from its name at its first use.
    fn function(&mut self, key: String, text: impl FnOnce(&mut Self, &str) -> String) -> String {
        if let Some((name, _)) = self.functions.get(&key) {
            return name.clone();
        }
        let name = self.names.fresh(&key);
        let source = text(self, &name);
        self.functions.insert(key, (name.clone(), source));
        name
    }

    fn mover(
        &mut self,
        size: u32,
        role: FragmentRole,
        base: Base,
        column_major: bool,
        store: bool,
    ) -> String {
        let verb = if store { "store" } else { "load" };
        let order = if column_major { "columns" } else { "rows" };
        let array = self.array(base);
        let key = format!("{verb}_{}{size}_{order}_{array}", letter(role).to_ascii_lowercase());
        let share = self.share(size);
        self.function(key, |w, name| {
            let (row, column) = share.origin(role);
            let (rows, columns) = share.extent(role);
            let element = if store { String::new() } else { w.reader(base) };
            let mut text = format!(
                "fn {name}(fragment: ptr<function, array<f32, {}>>, first: u32, stride: u32, \
                 lane: u32) {{\n",
                share.len(role)
            );
            let start = if column_major {
                format!("first + ({column}) * stride + {row}")
            } else {
                format!("first + ({row}) * stride + {column}")
            };
            let _ = writeln!(text, "    let start = {start};");
            for r in 0..rows {
                for c in 0..columns {
                    let (far, near) = if column_major { (c, r) } else { (r, c) };
                    let index = format!("start + {far}u * stride + {near}u");
                    let register = format!("(*fragment)[{}]", r * columns + c);
                    let _ = if store {
                        writeln!(text, "    {array}[{index}] = {register};")
                    } else {
                        writeln!(text, "    {register} = {element}({index});")
                    };
                }
            }
            text + "}\n"
        })
    }

    /// A function that reads one element of an array as `f32`.
    fn reader(&mut self, base: Base) -> String {
        let array = self.array(base);
        let element = match base {
            Base::Buffer(param) => match self.module.params[param.index()].kind {
                ParamKind::Buffer { element, .. } => element,
                _ => Scalar::F32,
            },
            Base::Shared(id) | Base::Cluster { array: id, .. } => {
                self.module.shared[id.index()].element
            }
        };
        let scalar = self.cells.of(base).map(|cell| cell.scalar);
        self.function(format!("read_{array}"), |w, name| {
            let half = format!("({array}[i >> 1u] >> ((i & 1u) * 16u)) & 0xffffu");
            let value = match (element, scalar) {
                (_, Some(Scalar::F16)) => format!("f32({array}[i])"),
                (Scalar::Bf16, _) => format!("bitcast<f32>(({half}) << 16u)"),
                (Scalar::F16, _) => w.polyfill(Polyfill::F16ToF32, &half).text,
                (_, Some(Scalar::F32)) => format!("{array}[i]"),
                _ => format!("bitcast<f32>({array}[i])"),
            };
            format!("fn {name}(i: u32) -> f32 {{\n    return {value};\n}}\n")
        })
    }

    fn multiply_add(&mut self, size: u32) -> String {
        let share = self.share(size);
        self.function(format!("multiply_add_{size}"), |_, name| {
            let ptr = |role| format!("ptr<function, array<f32, {}>>", share.len(role));
            let mut text = format!(
                "fn {name}(a: {}, b: {}, c: {}) {{\n",
                ptr(FragmentRole::A),
                ptr(FragmentRole::B),
                ptr(FragmentRole::C)
            );
            for row in 0..share.rows {
                for column in 0..share.columns {
                    let c = row * share.columns + column;
                    let _ = writeln!(text, "    var sum_{c} = (*c)[{c}];");
                    for k in 0..share.size {
                        let (a, b) = (row * share.size + k, k * share.columns + column);
                        let _ = writeln!(text, "    sum_{c} = fma((*a)[{a}], (*b)[{b}], sum_{c});");
                    }
                    let _ = writeln!(text, "    (*c)[{c}] = sum_{c};");
                }
            }
            text + "}\n"
        })
    }
}
