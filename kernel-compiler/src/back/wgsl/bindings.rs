//! How each buffer and workgroup array is declared: chosen from all its accesses.

use crate::ir::op::{Base, Place};
use crate::ir::op::{MatrixOp, MemoryOp, Op};
use crate::ir::{Block, Module, ParamKind, Scalar, Stmt};
use crate::target::{Target, Wgsl};

/// The element of a WGSL array: `lanes` scalars that are always read and written together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// `U32`, `I32`, `F32`, or `F16` (native).
    pub scalar: Scalar,
    /// 1, 2 or 4.
    pub lanes: u32,
    /// `atomic<...>`.
    pub atomic: bool,
}

impl Cell {
    /// Bytes.
    pub fn size(self) -> u32 {
        self.scalar.size() * self.lanes
    }

    /// Its WGSL type.
    pub fn type_name(self) -> String {
        let scalar =
            if self.scalar == Scalar::F16 { "f16" } else { super::tables::type_name(self.scalar) };
        match (self.atomic, self.lanes) {
            (true, _) => format!("atomic<{scalar}>"),
            (false, 1) => scalar.to_owned(),
            (false, lanes) => format!("vec{lanes}<{scalar}>"),
        }
    }
}

/// The cells of all arrays.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    /// By parameter; scalars have none.
    pub buffers: Vec<Option<Cell>>,
    /// By workgroup array.
    pub shared: Vec<Cell>,
}

impl Cells {
    /// The cell of the array behind a place; arrays of other workgroups do not exist here.
    pub fn of(&self, base: Base) -> Option<Cell> {
        match base {
            Base::Buffer(param) => self.buffers.get(param.index()).copied().flatten(),
            Base::Shared(array) => self.shared.get(array.index()).copied(),
            Base::Cluster { .. } => None,
        }
    }

    /// Bytes of workgroup memory as WebGPU counts them: each variable rounded up to 16.
    pub fn workgroup_storage(&self, module: &Module) -> u64 {
        let size = |(array, cell): (&crate::ir::SharedArray, &Cell)| {
            let bytes = u64::from(array.len) * u64::from(array.element.size());
            bytes.next_multiple_of(u64::from(cell.size())).next_multiple_of(16)
        };
        module.shared.iter().zip(&self.shared).map(size).sum()
    }

    /// Chooses a cell for each array of a module.
    pub fn choose(module: &Module, target: &Wgsl) -> Cells {
        let mut uses = Uses {
            buffers: vec![Use::default(); module.params.len()],
            shared: vec![Use::default(); module.shared.len()],
        };
        uses.block(module, &module.body);
        let buffer = |(param, seen): (&crate::ir::Param, &Use)| match param.kind {
            ParamKind::Buffer { element, .. } => Some(seen.cell(element, target)),
            _ => None,
        };
        Cells {
            buffers: module.params.iter().zip(&uses.buffers).map(buffer).collect(),
            shared: module
                .shared
                .iter()
                .zip(&uses.shared)
                .map(|(a, s)| s.cell(a.element, target))
                .collect(),
        }
    }
}

/// What is seen of one array.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    smallest: Option<u32>,
    floats: bool,
    signed: bool,
    unsigned: bool,
    halves: bool,
    atomic: Option<Scalar>,
    narrow_half_store: bool,
    fragment: bool,
}

impl Use {
    fn access(&mut self, ty: Scalar, count: u32, store: bool) {
        let bytes = ty.size() * count;
        self.smallest = Some(self.smallest.map_or(bytes, |s| s.min(bytes)));
        match ty {
            Scalar::F32 => self.floats = true,
            Scalar::I32 => self.signed = true,
            Scalar::F16 => self.halves = true,
            _ => self.unsigned = true,
        }
        self.narrow_half_store |= store && ty == Scalar::F16 && bytes < 4;
    }

    fn cell(&self, element: Scalar, target: &Wgsl) -> Cell {
        let plain = |scalar| Cell { scalar, lanes: 1, atomic: false };
        if let Some(ty) = self.atomic {
            return Cell { scalar: ty, lanes: 1, atomic: true };
        }
        let words = self.floats || self.signed || self.unsigned;
        let cooperative = self.fragment && target.cooperative_matrix.is_some();
        let native = target.f16 && (cooperative || (self.narrow_half_store && !words));
        if element == Scalar::F16 && native {
            return plain(Scalar::F16);
        }
        let scalar = match (self.floats, self.signed, self.unsigned || self.halves) {
            (true, false, false) => Scalar::F32,
            (false, true, false) => Scalar::I32,
            (false, false, false) if element == Scalar::F32 => Scalar::F32,
            _ => Scalar::U32,
        };
        if self.fragment {
            return plain(if element == Scalar::F32 { Scalar::F32 } else { Scalar::U32 });
        }
        let lanes = match self.smallest {
            Some(bytes) if bytes >= 16 => 4,
            Some(bytes) if bytes >= 8 => 2,
            _ => 1,
        };
        Cell { scalar, lanes, atomic: false }
    }
}

struct Uses {
    buffers: Vec<Use>,
    shared: Vec<Use>,
}

impl Uses {
    fn at(&mut self, place: &Place) -> Option<&mut Use> {
        match place.base {
            Base::Buffer(param) => self.buffers.get_mut(param.index()),
            Base::Shared(array) => self.shared.get_mut(array.index()),
            Base::Cluster { .. } => None,
        }
    }

    fn block(&mut self, module: &Module, block: &Block) {
        for stmt in &block.0 {
            match stmt {
                Stmt::Let { op, .. } => self.op(module, op),
                Stmt::If { then, otherwise, .. } => {
                    self.block(module, then);
                    self.block(module, otherwise);
                }
                Stmt::For { body, .. } | Stmt::Loop { body, .. } | Stmt::ElectOne { body, .. } => {
                    self.block(module, body);
                }
                Stmt::Roles { roles, .. } => {
                    roles.iter().for_each(|role| self.block(module, &role.body));
                }
                _ => {}
            }
        }
    }

    fn op(&mut self, module: &Module, op: &Op) {
        match op {
            Op::Memory(op) => self.memory(module, op),
            Op::Matrix(
                MatrixOp::FragmentLoad { place, .. } | MatrixOp::FragmentStore { place, .. },
            ) => {
                if let Some(seen) = self.at(place) {
                    seen.fragment = true;
                }
            }
            _ => {}
        }
    }

    fn memory(&mut self, module: &Module, op: &MemoryOp) {
        match op {
            MemoryOp::Load { place, ty, count, .. } => {
                if let Some(seen) = self.at(place) {
                    seen.access(*ty, *count, false);
                }
            }
            MemoryOp::Store { place, values, .. } => {
                let ty = values.first().map_or(Scalar::U32, |v| module.type_of(*v));
                if let Some(seen) = self.at(place) {
                    seen.access(ty, values.len() as u32, true);
                }
            }
            MemoryOp::LoadOrdered { place, ty, .. } => self.atomic(place, *ty),
            MemoryOp::StoreOrdered { place, value, .. }
            | MemoryOp::Atomic { place, value, .. }
            | MemoryOp::CompareExchange { place, value, .. } => {
                self.atomic(place, module.type_of(*value));
            }
            MemoryOp::SharedAddress(_) | MemoryOp::Prefetch(_) => {}
        }
    }

    fn atomic(&mut self, place: &Place, ty: Scalar) {
        if let Some(seen) = self.at(place) {
            let ty = if ty == Scalar::I32 { Scalar::I32 } else { Scalar::U32 };
            let both = seen.atomic.is_some_and(|other| other != ty);
            seen.atomic = Some(if both { Scalar::U32 } else { ty });
        }
    }
}

/// The WGSL facts of a target, if it is one.
pub(super) fn wgsl(target: Target) -> Option<Wgsl> {
    match target {
        Target::Wgsl(wgsl) => Some(wgsl),
        Target::Ptx(_) => None,
    }
}
