//! Portable 16 x 16 fragments on `mma.sync.m16n8k16`: B and C are two halves of eight columns.
//!
//! With `g = lane / 4` and `t = lane % 4`, register pairs hold (PTX ISA, "Matrix Fragments for
//! mma.m16n8k16 with floating point type"): A rows `g, g + 8`, columns `2t, 2t + 1` and 8 more;
//! B rows `2t, 2t + 1` and 8 more, column `g`; C rows `g, g + 8`, columns `2t, 2t + 1`.

use crate::ir::op::{Base, Builtin, MmaShape, Place};
use crate::ir::{FragmentId, FragmentRole, Operand, Scalar};

use super::address::{Address, Space};
use super::emitter::{Arg, Emitter, Hoisted};
use super::registers::{Class, Reg, braces};
use super::tables::{self, Chips, Form};

const FRAGMENT: Form =
    Form { name: "16 x 16 matrix fragment", version: (7, 0), chips: Chips::From(80) };

/// Offsets (row, column) of each register pair's first element from the lane's origin, and whether
/// the second element is in the next row.
struct Layout {
    pairs: &'static [(u32, u32)],
    down: bool,
}

const A: Layout = Layout { pairs: &[(0, 0), (8, 0), (0, 8), (8, 8)], down: false };
const B: Layout = Layout { pairs: &[(0, 0), (8, 0), (0, 8), (8, 8)], down: true };
const C: Layout = Layout { pairs: &[(0, 0), (8, 0), (0, 8), (8, 8)], down: false };

fn layout(role: FragmentRole) -> &'static Layout {
    match role {
        FragmentRole::A => &A,
        FragmentRole::B => &B,
        FragmentRole::C => &C,
    }
}

/// Where a fragment's elements lie: the lane's origin, the distance of lines, which way lines run.
struct Lines {
    origin: Address,
    /// Bytes from line to line, if constant.
    constant: Option<i64>,
    /// The same in a register, if not.
    stride: Option<Reg>,
    element: i64,
    column_major: bool,
    /// Pairs along a line are aligned to their size.
    aligned: bool,
    /// Origins of other lines, by number.
    others: Vec<(u32, Address)>,
}

impl Emitter<'_> {
    /// The registers of a fragment: 4 packed words, or 8 accumulators.
    fn fragment(&mut self, id: FragmentId) -> Vec<Reg> {
        if let Some(regs) = self.fragments.get(&id) {
            return regs.clone();
        }
        let fragment = &self.module.fragments[id.index()];
        self.span = fragment.span;
        let role = fragment.role;
        let fits = match role {
            FragmentRole::C => fragment.element == Scalar::F32,
            FragmentRole::A | FragmentRole::B => {
                matches!(fragment.element, Scalar::F16 | Scalar::Bf16)
            }
        };
        if !fits || fragment.size != 16 {
            self.no_form(
                format!(
                    "no {0} x {0} fragment of {1} on PTX",
                    fragment.size,
                    fragment.element.name()
                ),
                "use 16 x 16 fragments of f16 or bf16, with f32 accumulators",
            );
        }
        self.need(FRAGMENT);
        let (class, count) = match role {
            FragmentRole::C => (Class::F32, 8),
            FragmentRole::A | FragmentRole::B => (Class::B32, 4),
        };
        let regs: Vec<Reg> = (0..count).map(|_| self.fresh(class)).collect();
        self.fragments.insert(id, regs.clone());
        regs
    }

    /// Sets every element.
    pub fn fragment_fill(&mut self, id: FragmentId, value: Operand) {
        let regs = self.fragment(id);
        let ty = self.module.type_of(value);
        let value = self.arg(value);
        let accumulator = self.module.fragments[id.index()].role == FragmentRole::C;
        let filled = if accumulator {
            self.widen_arg(ty, &value)
        } else {
            let element = self.module.fragments[id.index()].element;
            let half = match (value, ty == element) {
                (Arg::Reg(reg), true) => reg,
                (other, _) => {
                    let reg = self.fresh(self.class(ty));
                    self.mov(reg, &other);
                    self.convert(element, ty, reg)
                }
            };
            Arg::Reg(self.pair(half, half))
        };
        for reg in regs {
            self.mov(reg, &filled);
        }
    }

    /// Reads a fragment.
    pub fn fragment_load(&mut self, id: FragmentId, place: &Place, stride: Operand, columns: bool) {
        let regs = self.fragment(id);
        let role = self.module.fragments[id.index()].role;
        let element = self.module.fragments[id.index()].element;
        let own_shared = matches!(place.base, Base::Shared(_));
        if role != FragmentRole::C && own_shared && self.line_alignment(place, stride) >= 16 {
            return self.fragment_load_matrix(&regs, role, place, stride, columns);
        }
        let layout = layout(role);
        let mut lines = self.lines(role, place, stride, columns);
        for (i, pair) in layout.pairs.iter().enumerate() {
            let (first, second) = self.pair_addresses(&mut lines, *pair, layout.down);
            if role != FragmentRole::C && second.is_none() {
                let space = first.space;
                self.line(format_args!("ld.{space}.b32 {}, {first};", regs[i]));
                continue;
            }
            let loaded = match second {
                None => self.load_plain(&first, element, 2),
                Some(second) => {
                    let mut both = self.load_plain(&first, element, 1);
                    both.extend(self.load_plain(&second, element, 1));
                    both
                }
            };
            let [low, high] = loaded[..] else { continue };
            if role == FragmentRole::C {
                let [d0, d1] = accumulator_pair(&regs, i);
                self.mov(d0, &Arg::Reg(low));
                self.mov(d1, &Arg::Reg(high));
            } else {
                self.line(format_args!("mov.b32 {}, {};", regs[i], braces(&[low, high])));
            }
        }
    }

    /// `ldmatrix` of four 8 x 8 tiles, each lane giving one line of 16 bytes: with lines along the
    /// fragment's pairs as they are, else transposed.
    fn fragment_load_matrix(
        &mut self,
        regs: &[Reg],
        role: FragmentRole,
        place: &Place,
        stride: Operand,
        columns: bool,
    ) {
        self.need(tables::LOAD_MATRIX);
        let lane = self.builtin(Builtin::LaneId);
        let low = self.op(Class::B32, "and.b32", &[&lane, &7]);
        let eighth = self.op(Class::B32, "and.b32", &[&lane, &8]);
        let sixteenth = self.op(Class::B32, "shr.u32", &[&lane, &4]);
        let sixteenth = self.op(Class::B32, "shl.b32", &[&sixteenth, &3]);
        // Registers 1 and 3 hold the lower rows of A (higher k of B), 2 and 3 the other half.
        let (line, along) = if columns { (sixteenth, eighth) } else { (eighth, sixteenth) };
        let line = self.op(Class::B32, "or.b32", &[&line, &low]);
        let stride = self.arg(stride);
        let offset = self.op(Class::B32, "mad.lo.u32", &[&line, &stride, &along]);
        let start = self.address(place);
        let base = match &start.base {
            Arg::Reg(reg) => *reg,
            Arg::Immediate(_) => self.shared_base(),
        };
        let base = self.op(Class::B32, "mad.lo.u32", &[&offset, &2, &base]);
        let address = Address { base: Arg::Reg(base), ..start };
        let trans = if (role == FragmentRole::B) == columns { "" } else { ".trans" };
        self.line(format_args!(
            "ldmatrix.sync.aligned.m8n8.x4{trans}.shared.b16 {}, {address};",
            braces(regs)
        ));
    }

    /// A power of two that divides the byte address of every line's start.
    fn line_alignment(&self, place: &Place, stride: Operand) -> u64 {
        let element = u64::from(self.element_size(place.base));
        let lines = self.factor(place.index).min(self.factor(stride)) * element;
        lines.min(self.base_factor(place.base))
    }

    /// Writes an accumulator.
    pub fn fragment_store(
        &mut self,
        id: FragmentId,
        place: &Place,
        stride: Operand,
        columns: bool,
    ) {
        let regs = self.fragment(id);
        let role = self.module.fragments[id.index()].role;
        if role != FragmentRole::C {
            self.no_form("only accumulators are stored", "store the tile that it was loaded from");
            return;
        }
        let layout = layout(role);
        let mut lines = self.lines(role, place, stride, columns);
        for (i, pair) in layout.pairs.iter().enumerate() {
            let [low, high] = accumulator_pair(&regs, i).map(Arg::Reg);
            let (first, second) = self.pair_addresses(&mut lines, *pair, layout.down);
            let cache = Default::default();
            match second {
                None => self.store_chunk(&first, Scalar::F32, vec![low, high], cache),
                Some(second) => {
                    self.store_chunk(&first, Scalar::F32, vec![low], cache);
                    self.store_chunk(&second, Scalar::F32, vec![high], cache);
                }
            }
        }
    }

    /// `c += a * b` in two instructions.
    pub fn fragment_multiply_add(&mut self, a: FragmentId, b: FragmentId, c: FragmentId) {
        let element = self.module.fragments[a.index()].element;
        let name = if element == Scalar::Bf16 { "bf16" } else { "f16" };
        let (a, b, c) = (self.fragment(a), self.fragment(b), self.fragment(c));
        let MmaShape { m, n, k } = MmaShape { m: 16, n: 8, k: 16 };
        for half in 0..2 {
            let (b, c) = (braces(&b[2 * half..2 * half + 2]), braces(&c[4 * half..4 * half + 4]));
            self.line(format_args!(
                "mma.sync.aligned.m{m}n{n}k{k}.row.col.f32.{name}.{name}.f32 {c}, {}, {b}, {c};",
                braces(&a)
            ));
        }
    }

    /// Multiplies every element.
    pub fn fragment_scale(&mut self, id: FragmentId, value: Operand) {
        let regs = self.fragment(id);
        let value = self.arg(value);
        for reg in regs {
            self.op_to(reg, "mul.rn.f32", &[&reg, &value]);
        }
    }

    /// The addresses of a pair's elements; one if they are contiguous and aligned.
    fn pair_addresses(
        &mut self,
        lines: &mut Lines,
        (row, column): (u32, u32),
        down: bool,
    ) -> (Address, Option<Address>) {
        let (next_row, next_column) = if down { (row + 1, column) } else { (row, column + 1) };
        let first = self.element_address(lines, row, column);
        if down == lines.column_major && lines.aligned {
            return (first, None);
        }
        (first, Some(self.element_address(lines, next_row, next_column)))
    }

    fn element_address(&mut self, lines: &mut Lines, row: u32, column: u32) -> Address {
        let (line, along) = if lines.column_major { (column, row) } else { (row, column) };
        let start = match (lines.constant, line) {
            (_, 0) => lines.origin.clone(),
            (Some(bytes), line) => lines.origin.plus(bytes * i64::from(line)),
            (None, line) => match lines.others.iter().find(|(l, _)| *l == line) {
                Some((_, address)) => address.clone(),
                None => {
                    let address = self.other_line(lines, line);
                    lines.others.push((line, address.clone()));
                    address
                }
            },
        };
        start.plus(i64::from(along) * lines.element)
    }

    fn other_line(&mut self, lines: &Lines, line: u32) -> Address {
        let Some(stride) = lines.stride else { return lines.origin.clone() };
        let origin = &lines.origin;
        let base = if origin.space == Space::Global {
            self.op(Class::B64, "mad.wide.u32", &[&stride, &line, &origin.base])
        } else {
            self.op(Class::B32, "mad.lo.s32", &[&stride, &line, &origin.base])
        };
        Address { base: Arg::Reg(base), ..origin.clone() }
    }

    /// The lane's origin and the way to its other elements.
    fn lines(
        &mut self,
        role: FragmentRole,
        place: &Place,
        stride: Operand,
        columns: bool,
    ) -> Lines {
        let element = i64::from(self.element_size(place.base));
        let (group, in_group) = (self.lane_part(true), self.lane_part(false));
        // B's origin is (2t, g), the others' (g, 2t); in columns the line is the column.
        let twice_is_line = (role == FragmentRole::B) != columns;
        let start = self.address(place);
        let (constant, bytes) = match stride.as_int() {
            Some(stride) => (Some(stride as i64 * element), None),
            None => {
                let stride = self.arg(stride);
                (None, Some(self.op(Class::B32, "mul.lo.u32", &[&stride, &element])))
            }
        };
        let step: Arg = match (constant, bytes) {
            (_, Some(reg)) => Arg::Reg(reg),
            (constant, None) => Arg::Immediate(constant.unwrap_or(0).to_string()),
        };
        let (line, line_step, along, along_step) = if twice_is_line {
            let double = match constant {
                Some(bytes) => Arg::Immediate((2 * bytes).to_string()),
                None => Arg::Reg(self.op(Class::B32, "shl.b32", &[&step, &1])),
            };
            (in_group, double, group, element)
        } else {
            (group, step, in_group, 2 * element)
        };
        let along = self.op(Class::B32, "mul.lo.u32", &[&along, &along_step]);
        let offset = self.op(Class::B32, "mad.lo.u32", &[&line, &line_step, &along]);
        let base = if start.space == Space::Global {
            let wide = self.op(Class::B64, "cvt.u64.u32", &[&offset]);
            self.op(Class::B64, "add.s64", &[&start.base, &wide])
        } else {
            let base = match &start.base {
                Arg::Reg(reg) => *reg,
                Arg::Immediate(_) => self.shared_base(),
            };
            self.op(Class::B32, "add.s32", &[&base, &offset])
        };
        let aligned = self.line_alignment(place, stride) >= 2 * element as u64;
        Lines {
            origin: Address { base: Arg::Reg(base), ..start },
            constant,
            stride: bytes,
            element,
            column_major: columns,
            aligned,
            others: Vec::new(),
        }
    }

    /// Lane / 4 or lane % 4.
    fn lane_part(&mut self, group: bool) -> Reg {
        let lane = self.builtin(Builtin::LaneId);
        let (what, mnemonic, by) = if group {
            (Hoisted::LaneGroup, "shr.u32", 2)
        } else {
            (Hoisted::LaneInGroup, "and.b32", 3)
        };
        self.hoist(what, |e| {
            let d = e.fresh(Class::B32);
            e.hoist_line(format_args!("{mnemonic} {d}, {lane}, {by};"));
            d
        })
    }
}

/// Registers of pair `i` of an accumulator: halves of eight columns, then rows.
fn accumulator_pair(regs: &[Reg], i: usize) -> [Reg; 2] {
    [regs[2 * i], regs[2 * i + 1]]
}
