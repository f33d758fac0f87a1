//! The report of a deadlock: who waits for what.

use super::fault::{Fault, FaultKind, Waiter};
use super::machine::Machine;
use super::thread::{State, Thread, Wait};

/// The fault of a machine in which nobody can go on.
pub(super) fn deadlock(machine: &Machine<'_, '_>) -> Fault {
    let mut waiters: Vec<Waiter> = Vec::new();
    let mut place = (0, 0);
    for &block in &machine.live {
        let workgroup = &machine.blocks[block];
        for thread in &workgroup.threads {
            let State::Waiting(wait) = thread.state else { continue };
            if let Wait::Collective { .. } = wait
                && let Some(fault) = diverged(machine, block, thread)
            {
                return fault;
            }
            place = (block, thread.index);
            let waiter = Waiter {
                kernel: machine.programs[workgroup.launch].module.name.clone(),
                block: workgroup.coordinates,
                threads: (thread.index, thread.index, 1),
                span: thread.span,
                wait: describe(machine, block, wait),
            };
            let same = |other: &&mut Waiter| {
                other.wait == waiter.wait
                    && other.block == waiter.block
                    && other.span == waiter.span
                    && other.kernel == waiter.kernel
            };
            match waiters.iter_mut().find(same) {
                Some(other) => {
                    other.threads.1 = thread.index;
                    other.threads.2 += 1;
                }
                None => waiters.push(waiter),
            }
        }
    }
    if machine.live.is_empty() {
        let module = machine.programs.first().map(|program| program.module);
        let kind = FaultKind::Deadlock(waiters);
        return match module {
            Some(module) => super::machine::launch_fault(module, kind),
            None => machine.fault(0, 0, kind),
        };
    }
    machine.fault(place.0, place.1, FaultKind::Deadlock(waiters))
}

/// A subgroup whose lanes wait in different places is the cause, not a victim.
fn diverged(machine: &Machine<'_, '_>, block: usize, thread: &Thread) -> Option<Fault> {
    let workgroup = &machine.blocks[block];
    let warp = workgroup.warps.get(machine.warp_of(block, thread.index))?;
    let lanes = workgroup.threads.iter().skip(warp.first as usize).take(warp.lanes as usize);
    let other = lanes.into_iter().find(|lane| lane.pc != thread.pc)?;
    let elsewhere = match other.state {
        State::Waiting(wait) => format!("waits for {}", describe(machine, block, wait)),
        State::Exited => "has ended".to_owned(),
        State::Ready => "runs".to_owned(),
    };
    let detail = format!("thread {} is there, thread {} {elsewhere}", thread.index, other.index);
    let operation = "a subgroup operation".to_owned();
    Some(machine.fault(block, thread.index, FaultKind::Divergent { operation, detail }))
}

fn describe(machine: &Machine<'_, '_>, block: usize, wait: Wait) -> String {
    match wait {
        Wait::Collective { warp_group: false } => "the other lanes of the subgroup".to_owned(),
        Wait::Collective { warp_group: true } => "the other threads of the warp group".to_owned(),
        Wait::Barrier => "the workgroup's barrier".to_owned(),
        Wait::Named(id) => {
            let barrier = &machine.blocks[block].named[id as usize];
            format!("named barrier {id} ({} of {} threads)", barrier.arrived, barrier.expected)
        }
        Wait::Cluster(phase) => format!("the cluster's barrier, phase {phase}"),
        Wait::Mbarrier { address, phase } => {
            let missing = machine.missing(block, address);
            format!("{}, phase {phase}: {missing}", machine.barrier_name(block, address))
        }
        Wait::Progress(_) => "a value in memory or an mbarrier that it polls".to_owned(),
        Wait::GridDependency => "the end of the earlier kernels".to_owned(),
    }
}
