//! What a run cost.

use crate::ir::Op;

/// Counters of a run, over all launches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Executed operations of each family, counted per thread.
    pub operations: Operations,
    /// For each buffer of the memory, in order: bytes that kernels loaded.
    pub loaded: Vec<u64>,
    /// For each buffer of the memory, in order: bytes that kernels stored.
    pub stored: Vec<u64>,
    /// Bytes read from workgroup memory by ordinary loads.
    pub shared_loaded: u64,
    /// Bytes written to workgroup memory by ordinary stores.
    pub shared_stored: u64,
    /// Workgroup barriers, counted once a workgroup.
    pub barriers: u64,
    /// Asynchronous copies issued (`cp.async`, bulk and tensor copies).
    pub copies: u64,
    /// Multiply-adds of matrix units.
    pub matrix_multiply_adds: u64,
    /// Workgroups run.
    pub workgroups: u64,
}

/// Executed operations by family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Operations {
    /// `Op::Read`, `Op::Param`, `Op::Builtin`.
    pub plain: u64,
    /// `Op::Arith`.
    pub arith: u64,
    /// `Op::Memory`.
    pub memory: u64,
    /// `Op::Sync`.
    pub sync: u64,
    /// `Op::Subgroup`.
    pub subgroup: u64,
    /// `Op::Matrix`.
    pub matrix: u64,
    /// `Op::Async`.
    pub asynchronous: u64,
}

impl Operations {
    pub(super) fn count(&mut self, op: &Op) {
        let counter = match op {
            Op::Read(_) | Op::Param(_) | Op::Builtin(_) => &mut self.plain,
            Op::Arith(_) => &mut self.arith,
            Op::Memory(_) => &mut self.memory,
            Op::Sync(_) => &mut self.sync,
            Op::Subgroup(_) => &mut self.subgroup,
            Op::Matrix(_) => &mut self.matrix,
            Op::Async(_) => &mut self.asynchronous,
        };
        *counter += 1;
    }

    /// All families together.
    pub fn total(&self) -> u64 {
        self.plain
            + self.arith
            + self.memory
            + self.sync
            + self.subgroup
            + self.matrix
            + self.asynchronous
    }
}
