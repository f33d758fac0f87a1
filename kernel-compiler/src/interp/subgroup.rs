//! Operations that a whole subgroup or warp group makes together.

use super::arith;
use super::clock::Gather;
use super::code::Instr;
use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::step::{Flow, Site};
use super::thread::Wait;
use crate::ir::op::{BinaryOp, ReduceOp, ShuffleMode, SubgroupOp, SyncOp, VoteMode};
use crate::ir::{Op, Operand, Scalar, ValueId};

/// The threads of a collective operation.
#[derive(Clone, Copy)]
pub(super) struct Group<'p, 'm> {
    /// One of them: the last to arrive.
    pub(super) site: Site<'p, 'm>,
    pub(super) first: u32,
    pub(super) count: u32,
}

impl<'p, 'm> Group<'p, 'm> {
    /// The site of a lane.
    pub(super) fn lane(&self, lane: u32) -> Site<'p, 'm> {
        Site { thread: self.first + lane, ..self.site }
    }

    pub(super) fn lanes(self) -> impl Iterator<Item = Site<'p, 'm>> {
        (0..self.count).map(move |lane| self.lane(lane))
    }
}

impl<'m> Machine<'m, '_> {
    /// Waits for the other lanes; the last one carries the operation out for all.
    pub(super) fn gather(&mut self, site: Site<'_, 'm>, warp_group: bool) -> Exec<Flow> {
        let warp = self.warp_of(site.block, site.thread);
        self.suspend(site.block, site.thread, Wait::Collective { warp_group });
        let workgroup = &mut self.blocks[site.block];
        let state = &mut workgroup.warps[warp];
        if state.exited > 0 {
            let detail = format!("{} lanes have ended", state.exited);
            let operation = "a subgroup operation".to_owned();
            return Err(FaultKind::Divergent { operation, detail });
        }
        state.gathered += 1;
        if state.gathered < state.lanes {
            return Ok(Flow::Stop);
        }
        let (first, count) = if warp_group {
            let per_group = (128 / site.program.subgroup).max(1) as usize;
            let start = warp / per_group * per_group;
            let warps = workgroup.warps.get(start..start + per_group).unwrap_or_default();
            if warps.is_empty() {
                let message = "a warp group needs 128 threads of the workgroup".to_owned();
                return Err(FaultKind::Matrix(message));
            }
            if warps.iter().any(|warp| warp.gathered < warp.lanes) {
                return Ok(Flow::Stop);
            }
            (warps[0].first, 128)
        } else {
            (state.first, state.lanes)
        };
        let group = Group { site, first, count };
        self.meet(group)?;
        Ok(Flow::Stop)
    }

    /// All are here: checks that it is the same place, acts, and lets all go on.
    fn meet(&mut self, group: Group<'_, 'm>) -> Exec<()> {
        let pc = self.thread(group.site).pc;
        let program = group.site.program;
        let instr = &program.code.instructions[pc as usize];
        if let Some(other) = group.lanes().find(|lane| self.thread(*lane).pc != pc) {
            let (here, there) = (group.site.thread, other.thread);
            let detail = format!("threads {here} and {there} wait at different operations");
            let operation = "a subgroup operation".to_owned();
            return Err(FaultKind::Divergent { operation, detail });
        }
        let mut targets = None;
        match instr {
            Instr::ElectEnter { join, .. } => targets = Some(*join),
            Instr::Op { op, results, .. } => self.act(group, op, results)?,
            _ => {}
        }
        // Any lane may be elected; which one depends on the seed, but not on the place, so that
        // operations with a state per thread (groups of copies) find their own again.
        let elected = (self.options.schedule_seed % u64::from(group.count)) as u32;
        for lane in 0..group.count {
            let site = group.lane(lane);
            let skip = targets.filter(|_| lane != elected);
            if let Some(join) = skip {
                self.thread(site).pc = join;
            }
            let warp = self.warp_of(site.block, site.thread);
            self.blocks[site.block].warps[warp].gathered = 0;
            self.wake(site.block, site.thread, skip.is_none());
        }
        Ok(())
    }

    fn act(&mut self, group: Group<'_, 'm>, op: &'m Op, results: &[ValueId]) -> Exec<()> {
        match op {
            Op::Subgroup(op) => self.exchange(group, *op, results),
            Op::Sync(SyncOp::SubgroupBarrier) => {
                let mut gather = Gather::default();
                for lane in group.lanes() {
                    let agent = self.agent(lane);
                    let thread = self.thread(lane);
                    gather.add(&thread.clock, agent, thread.tick);
                    thread.tick += 1;
                }
                let clock = gather.take();
                group.lanes().for_each(|lane| self.thread(lane).clock = clock.clone());
                Ok(())
            }
            Op::Matrix(op) => self.matrix_act(group, op, results),
            _ => Ok(()),
        }
    }

    /// One operand of every lane.
    pub(super) fn lane_values(&self, group: Group<'_, '_>, operand: Operand) -> Vec<u64> {
        group.lanes().map(|lane| self.get(lane, operand)).collect()
    }

    fn exchange(&mut self, group: Group<'_, '_>, op: SubgroupOp, results: &[ValueId]) -> Exec<()> {
        let module = group.site.program.module;
        let out = match op {
            SubgroupOp::Shuffle { mode, value, lane } => {
                let values = self.lane_values(group, value);
                let operands = self.lane_values(group, lane);
                shuffle(mode, &values, &operands)?
            }
            SubgroupOp::Reduce(op, value) => {
                reduce(op, module.type_of(value), self.lane_values(group, value))?
            }
            SubgroupOp::Vote(mode, value) => {
                let values = self.lane_values(group, value);
                let bit = |(lane, value): (usize, &u64)| (value & 1) << lane;
                let result = match mode {
                    VoteMode::Any => u64::from(values.iter().any(|v| *v != 0)),
                    VoteMode::All => u64::from(values.iter().all(|v| *v != 0)),
                    VoteMode::Ballot => values.iter().enumerate().take(32).map(bit).sum(),
                };
                vec![result; values.len()]
            }
            SubgroupOp::BroadcastFirst(value) => {
                let values = self.lane_values(group, value);
                vec![values.first().copied().unwrap_or(0); values.len()]
            }
        };
        for (lane, bits) in group.lanes().zip(out) {
            self.define(lane, results, &[bits])?;
        }
        Ok(())
    }
}

fn shuffle(mode: ShuffleMode, values: &[u64], operands: &[u64]) -> Exec<Vec<u64>> {
    let mut out = Vec::with_capacity(values.len());
    for (lane, operand) in operands.iter().enumerate() {
        let operand = *operand as usize;
        let source = match mode {
            ShuffleMode::Xor => Some(lane ^ operand),
            ShuffleMode::Index => Some(operand),
            ShuffleMode::Up => Some(lane.checked_sub(operand).unwrap_or(lane)),
            ShuffleMode::Down => {
                Some(lane.saturating_add(operand)).filter(|l| *l < values.len()).or(Some(lane))
            }
        };
        let bits = source.and_then(|source| values.get(source)).ok_or_else(|| {
            let lanes = values.len();
            FaultKind::Operands(format!("a shuffle with {operand} leaves the {lanes} lanes"))
        })?;
        out.push(*bits);
    }
    Ok(out)
}

/// A tree of xor shuffles, the widest distance first.
fn reduce(op: ReduceOp, ty: Scalar, mut values: Vec<u64>) -> Exec<Vec<u64>> {
    let op = match op {
        ReduceOp::Add => BinaryOp::Add,
        ReduceOp::Min => BinaryOp::Min,
        ReduceOp::Max => BinaryOp::Max,
        ReduceOp::And => BinaryOp::And,
        ReduceOp::Or => BinaryOp::Or,
        ReduceOp::Xor => BinaryOp::Xor,
    };
    if !values.len().is_power_of_two() {
        let message = format!("a reduction over {} lanes", values.len());
        return Err(FaultKind::Operands(message));
    }
    let mut distance = values.len() / 2;
    while distance > 0 {
        let before = values.clone();
        for (lane, value) in values.iter_mut().enumerate() {
            if let Some(other) = before.get(lane ^ distance) {
                *value = arith::binary(op, ty, *value, *other, false, 64)?;
            }
        }
        distance /= 2;
    }
    Ok(values)
}
