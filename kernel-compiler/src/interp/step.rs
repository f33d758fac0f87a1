//! One step of one thread.

use super::arith;
use super::code::Instr;
use super::fault::{Exec, FaultKind};
use super::integer;
use super::launch::Binding;
use super::machine::{Machine, Program, coordinates};
use super::thread::{LocalState, Thread, Wait};
use crate::ir::op::Builtin;
use crate::ir::{LocalId, Op, Operand, ParamId, ValueId};

/// What an operation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next instruction.
    Next,
    /// Another instruction.
    Jump(u32),
    /// The thread has stopped at this instruction.
    Stop,
    /// The next instruction, but let others run first.
    Yield,
}

/// A thread and its program: what every operation needs to know.
#[derive(Clone, Copy)]
pub(super) struct Site<'p, 'm> {
    pub(super) program: &'p Program<'m>,
    pub(super) block: usize,
    pub(super) thread: u32,
}

impl<'m> Machine<'m, '_> {
    /// Runs a ready thread until it stops or `quantum` is used up.
    pub(super) fn run_lane(
        &mut self,
        program: &Program<'m>,
        block: usize,
        thread: u32,
        quantum: u32,
    ) -> Exec<()> {
        let site = Site { program, block, thread };
        self.steps += u64::from(quantum);
        if self.steps > self.options.step_limit {
            return Err(FaultKind::StepLimit(self.options.step_limit));
        }
        for _ in 0..quantum {
            match self.step(site)? {
                Flow::Next => self.thread(site).pc += 1,
                Flow::Jump(target) => self.thread(site).pc = target,
                Flow::Stop => return Ok(()),
                Flow::Yield => {
                    self.thread(site).pc += 1;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    pub(super) fn thread(&mut self, site: Site<'_, '_>) -> &mut Thread {
        &mut self.blocks[site.block].threads[site.thread as usize]
    }

    /// The bits of an operand in the site's thread.
    pub(super) fn get(&self, site: Site<'_, '_>, operand: Operand) -> u64 {
        self.blocks[site.block].threads[site.thread as usize].get(operand)
    }

    fn step(&mut self, site: Site<'_, 'm>) -> Exec<Flow> {
        let thread = &mut self.blocks[site.block].threads[site.thread as usize];
        let code = &site.program.code;
        match &code.instructions[thread.pc as usize] {
            Instr::Op { op, results, span } => {
                thread.span = *span;
                self.report.operations.count(op);
                return self.operation(site, op, results);
            }
            Instr::Assign { local, value, span } => {
                thread.span = *span;
                let bits = thread.get(*value);
                assign(site.program, thread, *local, bits)?;
            }
            Instr::Unless { condition, target } => {
                if thread.get(*condition) == 0 {
                    return Ok(Flow::Jump(*target));
                }
            }
            Instr::Jump(target) => return Ok(Flow::Jump(*target)),
            Instr::ForStart { state, start, end, step, reverse } => {
                let ty = site.program.module.type_of(*start);
                let [first, last, distance] =
                    [*start, *end, *step].map(|operand| integer::value(ty, thread.get(operand)));
                if distance <= 0 {
                    return Err(FaultKind::Operands(format!("a loop's step of {distance}")));
                }
                let rounds = if first < last { (last - first - 1) / distance + 1 } else { 0 };
                let last_value = first + (rounds - 1).max(0) * distance;
                let (from, by) = if *reverse { (last_value, -distance) } else { (first, distance) };
                let slot = *state as usize;
                thread.values[slot] = rounds as u64;
                thread.values[slot + 1] = from as u64;
                thread.values[slot + 2] = by as u64;
            }
            Instr::ForNext { state, variable, done } => {
                let slot = *state as usize;
                if thread.values[slot] == 0 {
                    return Ok(Flow::Jump(*done));
                }
                let ty = site.program.module.values[variable.index()].ty;
                let width = integer::width(ty, site.program.module.index_bits);
                let value = thread.values[slot + 1];
                thread.values[slot] -= 1;
                thread.values[slot + 1] = value.wrapping_add(thread.values[slot + 2]);
                thread.define(*variable, integer::wrap(i128::from(value), width))?;
            }
            Instr::Roles { roles, done } => {
                let warp = site.thread / site.program.subgroup;
                let role = roles.iter().find(|(behind, _)| warp < *behind);
                return Ok(Flow::Jump(role.map_or(*done, |(_, target)| *target)));
            }
            Instr::ElectEnter { span, .. } | Instr::ElectJoin { span } => {
                thread.span = *span;
                return self.gather(site, false);
            }
            Instr::Assume { condition, span } => {
                thread.span = *span;
                if thread.get(*condition) == 0 {
                    return Err(FaultKind::AssumeViolated);
                }
            }
            Instr::Exit(span) => {
                thread.span = *span;
                self.exit(site.block, site.thread)?;
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Next)
    }

    fn operation(&mut self, site: Site<'_, 'm>, op: &'m Op, results: &[ValueId]) -> Exec<Flow> {
        match op {
            Op::Arith(op) => {
                let thread = self.thread(site);
                let module = site.program.module;
                let (first, second) = arith::evaluate(op, module, &|operand| thread.get(operand))?;
                for (id, bits) in results.iter().zip([first, second]) {
                    thread.define(*id, bits)?;
                }
                Ok(Flow::Next)
            }
            Op::Read(local) => {
                let bits = read(site.program, self.thread(site), *local)?;
                self.define(site, results, &[bits])
            }
            Op::Param(id) => {
                let bits = scalar_param(site.program, *id)?;
                self.define(site, results, &[bits])
            }
            Op::Builtin(builtin) => {
                let bits = self.builtin(site, *builtin);
                self.define(site, results, &[u64::from(bits)])
            }
            Op::Memory(op) => self.memory_op(site, op, results),
            Op::Sync(op) => self.sync_op(site, *op),
            Op::Subgroup(_) => self.gather(site, false),
            Op::Matrix(op) => self.matrix_op(site, op, results),
            Op::Async(op) => self.async_op(site, op, results),
        }
    }

    /// Binds results; the next instruction follows.
    pub(super) fn define(
        &mut self,
        site: Site<'_, '_>,
        results: &[ValueId],
        bits: &[u64],
    ) -> Exec<Flow> {
        let thread = self.thread(site);
        for (id, bits) in results.iter().zip(bits) {
            thread.define(*id, *bits)?;
        }
        Ok(Flow::Next)
    }

    fn builtin(&self, site: Site<'_, '_>, builtin: Builtin) -> u32 {
        let axis = |values: [u32; 3], axis: u8| values.get(axis as usize).copied().unwrap_or(0);
        let workgroup = &self.blocks[site.block];
        match builtin {
            Builtin::ThreadId(n) => axis(coordinates(site.thread, site.program.module.threads), n),
            Builtin::BlockId(n) => axis(workgroup.coordinates, n),
            Builtin::GridDim(n) => axis(site.program.grid, n),
            Builtin::LaneId => site.thread % site.program.subgroup,
            Builtin::SubgroupId => site.thread / site.program.subgroup,
            Builtin::ClusterRank => workgroup.rank,
        }
    }

    /// A poll: after many without anything new to see, the thread sleeps until there is.
    pub(super) fn poll(&mut self, site: Site<'_, '_>, fruitful: bool) -> Exec<Flow> {
        let epoch = self.epoch;
        let thread = self.thread(site);
        if fruitful || thread.poll_epoch != epoch {
            (thread.polls, thread.poll_epoch) = (0, epoch);
            return Ok(Flow::Yield);
        }
        thread.polls += 1;
        if thread.polls < 64 {
            return Ok(Flow::Yield);
        }
        thread.polls = 0;
        thread.pc += 1;
        self.suspend(site.block, site.thread, Wait::Progress(epoch));
        Ok(Flow::Stop)
    }
}

fn scalar_param(program: &Program<'_>, id: ParamId) -> Exec<u64> {
    match program.bindings.get(id.index()) {
        Some(Binding::Scalar(bits)) => Ok(*bits),
        _ => Err(FaultKind::Operands(format!("parameter {} is no scalar", id.0))),
    }
}

fn local_name(program: &Program<'_>, local: LocalId) -> String {
    program.module.locals[local.index()].name.clone()
}

/// Reads a local that must be assigned and free.
pub(super) fn read(program: &Program<'_>, thread: &Thread, local: LocalId) -> Exec<u64> {
    match thread.local_states[local.index()] {
        LocalState::Assigned => Ok(thread.locals[local.index()]),
        LocalState::Unassigned => Err(FaultKind::UnassignedLocal(local_name(program, local))),
        LocalState::InFlight => {
            let what = format!("local `{}`", local_name(program, local));
            Err(FaultKind::InFlight { what, by: "a wgmma".to_owned() })
        }
    }
}

fn assign(program: &Program<'_>, thread: &mut Thread, local: LocalId, bits: u64) -> Exec<()> {
    if thread.local_states[local.index()] == LocalState::InFlight {
        let what = format!("local `{}`", local_name(program, local));
        return Err(FaultKind::InFlight { what, by: "a wgmma".to_owned() });
    }
    thread.locals[local.index()] = bits;
    thread.local_states[local.index()] = LocalState::Assigned;
    thread.changes += 1;
    thread.local_changes[local.index()] = thread.changes;
    Ok(())
}
