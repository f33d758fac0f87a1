//! From places to addresses.
//!
//! An address is a base register and a constant number of bytes: constant addends of an index are
//! peeled off and become the instruction's offset, so that the accesses of an unrolled loop share one
//! register. Registers are shared within the block (and its inner blocks) that computed them.

use std::collections::HashMap;
use std::fmt::{self, Display};

use crate::ir::op::{ArithOp, Base, BinaryOp, Place};
use crate::ir::{Module, Op, Operand, ParamId, ParamKind, Scalar, ValueId};

use super::emitter::{Arg, Emitter, Hoisted};
use super::header;
use super::registers::{Class, Reg};
use super::tables;

/// A memory operand: `[base + bytes]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Address {
    /// `.global`, `.shared` or `.shared::cluster`.
    pub space: Space,
    /// A register, or the symbol of shared memory.
    pub base: Arg,
    /// Constant bytes beyond it.
    pub bytes: i64,
}

/// A state space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Space {
    /// Device memory.
    Global,
    /// The workgroup's own shared memory.
    Shared,
    /// Shared memory of a workgroup of the cluster.
    Cluster,
}

impl Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Space::Global => "global",
            Space::Shared => "shared",
            Space::Cluster => "shared::cluster",
        })
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bytes {
            0 => write!(f, "[{}]", self.base),
            bytes => write!(f, "[{}+{bytes}]", self.base),
        }
    }
}

impl Address {
    /// The same address, `bytes` further.
    pub fn plus(&self, bytes: i64) -> Address {
        Address { bytes: self.bytes + bytes, ..self.clone() }
    }
}

/// What determines a base register.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// Buffer and index.
    Global(ParamId, ValueId),
    /// Element size and index.
    Shared(u32, ValueId),
    /// Element size, index if not constant, rank.
    Cluster(u32, Option<ValueId>, Operand),
}

/// Base registers by scope, innermost last.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    scopes: Vec<HashMap<Key, Reg>>,
}

impl Addresses {
    /// Enters a block.
    pub fn open(&mut self) {
        self.scopes.push(HashMap::new());
    }

    /// Leaves it.
    pub fn close(&mut self) {
        self.scopes.pop();
    }

    fn get(&self, key: &Key) -> Option<Reg> {
        self.scopes.iter().rev().find_map(|scope| scope.get(key)).copied()
    }

    fn insert(&mut self, key: Key, reg: Reg) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(key, reg);
        }
    }
}

impl Emitter<'_> {
    /// The address of a place.
    pub fn address(&mut self, place: &Place) -> Address {
        match place.base {
            Base::Buffer(param) => self.global(param, place.index),
            Base::Shared(array) => {
                let (size, start) = self.array(array);
                self.shared(size, start, place.index)
            }
            Base::Cluster { array, rank } => {
                let (size, start) = self.array(array);
                self.cluster(size, start, place.index, rank)
            }
        }
    }

    /// The address of a place in one register, nothing left over.
    pub fn address_register(&mut self, place: &Place) -> Reg {
        let address = self.address(place);
        self.flat(&address)
    }

    /// One register that holds an address.
    pub fn flat(&mut self, address: &Address) -> Reg {
        if let (Arg::Reg(reg), 0) = (&address.base, address.bytes) {
            return *reg;
        }
        if address.space == Space::Global {
            return self.op(Class::B64, "add.s64", &[&address.base, &address.bytes]);
        }
        let base = match &address.base {
            Arg::Reg(reg) => *reg,
            Arg::Immediate(_) => self.shared_base(),
        };
        self.op(Class::B32, "add.s32", &[&base, &address.bytes])
    }

    /// Bytes of an element of a place's array.
    pub fn element_size(&self, base: Base) -> u32 {
        self.element(base).size()
    }

    /// Declared element type of a place's array.
    pub fn element(&self, base: Base) -> Scalar {
        match base {
            Base::Buffer(param) => match &self.module.params[param.index()].kind {
                ParamKind::Buffer { element, .. } | ParamKind::TensorMap { element, .. } => {
                    *element
                }
                ParamKind::Scalar(ty) => *ty,
            },
            Base::Shared(array) | Base::Cluster { array, .. } => {
                self.module.shared[array.index()].element
            }
        }
    }

    fn array(&self, array: crate::ir::SharedId) -> (u32, u32) {
        let (offsets, _) = self.module.shared_layout();
        (self.module.shared[array.index()].element.size(), offsets[array.index()])
    }

    fn peel(&self, index: Operand, wraps_alike: bool) -> (Option<ValueId>, i64) {
        peel(self.module, &self.definitions, index, wraps_alike)
    }

    /// The device address of a buffer, in the global window.
    pub fn buffer(&mut self, param: ParamId) -> Reg {
        let module = self.module;
        let name = header::param_name(param.index(), &module.params[param.index()]);
        self.hoist(Hoisted::Param(param), |e| {
            let d = e.fresh(Class::B64);
            e.hoist_line(format_args!("ld.param.u64 {d}, [{name}];"));
            e.hoist_line(format_args!("cvta.to.global.u64 {d}, {d};"));
            d
        })
    }

    /// The first address of shared memory.
    pub fn shared_base(&mut self) -> Reg {
        self.hoist(Hoisted::SharedBase, |e| {
            let d = e.fresh(Class::B32);
            e.hoist_line(format_args!("mov.b32 {d}, tw_shared;"));
            d
        })
    }

    fn global(&mut self, param: ParamId, index: Operand) -> Address {
        let size = self.element_size(Base::Buffer(param));
        let base = self.buffer(param);
        let (value, constant) = self.peel(index, false);
        let mut bytes = constant.wrapping_mul(i64::from(size));
        let Some(value) = value else {
            let mut base = base;
            if i32::try_from(bytes).is_err() {
                base = self.op(Class::B64, "add.s64", &[&base, &bytes]);
                bytes = 0;
            }
            return Address { space: Space::Global, base: Arg::Reg(base), bytes };
        };
        let key = Key::Global(param, value);
        let reg = self.addresses.get(&key).unwrap_or_else(|| {
            let i = self.value(value);
            let reg = match (i.class, size) {
                (Class::B64, 1) => self.op(Class::B64, "add.s64", &[&base, &i]),
                (Class::B64, _) => self.op(Class::B64, "mad.lo.s64", &[&i, &size, &base]),
                _ => self.op(Class::B64, "mad.wide.u32", &[&i, &size, &base]),
            };
            self.addresses.insert(key, reg);
            reg
        });
        Address { space: Space::Global, base: Arg::Reg(reg), bytes }
    }

    fn shared(&mut self, size: u32, start: u32, index: Operand) -> Address {
        let (value, constant) = self.peel(index, true);
        // Shared addresses have 32 bits: arithmetic modulo 2^32 is exact.
        let bytes = i64::from(constant.wrapping_mul(i64::from(size)) as i32) + i64::from(start);
        let base = match value {
            None => Arg::Immediate("tw_shared".to_owned()),
            Some(value) => Arg::Reg(self.shared_index(size, value)),
        };
        Address { space: Space::Shared, base, bytes }
    }

    fn shared_index(&mut self, size: u32, value: ValueId) -> Reg {
        let key = Key::Shared(size, value);
        if let Some(reg) = self.addresses.get(&key) {
            return reg;
        }
        let base = self.shared_base();
        let mut i = self.value(value);
        if i.class == Class::B64 {
            i = self.op(Class::B32, "cvt.u32.u64", &[&i]);
        }
        let reg = match size {
            1 => self.op(Class::B32, "add.s32", &[&base, &i]),
            _ => self.op(Class::B32, "mad.lo.s32", &[&i, &size, &base]),
        };
        self.addresses.insert(key, reg);
        reg
    }

    fn cluster(&mut self, size: u32, start: u32, index: Operand, rank: Operand) -> Address {
        self.need(tables::CLUSTER);
        let (value, constant) = self.peel(index, true);
        let bytes = i64::from(constant.wrapping_mul(i64::from(size)) as i32) + i64::from(start);
        let key = Key::Cluster(size, value, rank);
        let reg = self.addresses.get(&key).unwrap_or_else(|| {
            let own = match value {
                None => self.shared_base(),
                Some(value) => self.shared_index(size, value),
            };
            let rank = self.arg(rank);
            let reg = self.op(Class::B32, "mapa.shared::cluster.u32", &[&own, &rank]);
            self.addresses.insert(key, reg);
            reg
        });
        Address { space: Space::Cluster, base: Arg::Reg(reg), bytes }
    }
}

/// Splits an index into a value and a constant number of elements.
///
/// A `U32` may wrap, so its constants are peeled only where addresses have 32 bits as well.
pub(super) fn peel(
    module: &Module,
    definitions: &[Option<&Op>],
    mut index: Operand,
    wraps_alike: bool,
) -> (Option<ValueId>, i64) {
    let mut constant = 0i64;
    loop {
        let value = match index {
            Operand::Const(c) => return (None, constant.wrapping_add(c.bits as i64)),
            Operand::Value(value) => value,
        };
        let whole = (Some(value), constant);
        let ty = module.values[value.index()].ty;
        if ty != Scalar::Index && !wraps_alike {
            return whole;
        }
        let Some(Op::Arith(ArithOp::Binary { op, a, b, .. })) = definitions[value.index()] else {
            return whole;
        };
        let (rest, addend) = match (op, a, b) {
            (BinaryOp::Add, Operand::Const(c), rest) | (BinaryOp::Add, rest, Operand::Const(c)) => {
                (rest, c.bits as i64)
            }
            (BinaryOp::Sub, rest, Operand::Const(c)) => (rest, -(c.bits as i64)),
            _ => return whole,
        };
        // Offsets are 32-bit immediates; leave room for the element size.
        if constant.saturating_add(addend).unsigned_abs() > 1 << 26 {
            return whole;
        }
        constant += addend;
        index = *rest;
    }
}
