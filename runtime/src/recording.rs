//! [`Recording`]: launches collected once and replayed as one submission.

use std::cell::RefCell;
use std::fmt;

use crate::backend::{Command, Opaque};
use crate::fault::FaultPoint;
use crate::{Device, Error};

thread_local! {
    /// The recording that this thread is making: the device's id and what it has so far.
    static ACTIVE: RefCell<Option<(u64, Collected)>> = const { RefCell::new(None) };
}

/// What launches cost by their kernels' own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LaunchCost {
    /// Bytes read from and written to the device's memory.
    pub bytes: u64,
    /// Floating-point operations; a fused multiply-add is two.
    pub flops: u64,
}

/// What the closure of a recording did.
#[derive(Default)]
pub(crate) struct Collected {
    commands: Vec<Command>,
    /// Of the launches that stated theirs.
    cost: LaunchCost,
    /// Number of those.
    stated: usize,
}

/// A list of launches that replays as one: a CUDA graph, one wgpu compute pass and submission, or
/// a list of calls. Buffers and scalars are those of the recording; what changes between replays
/// is written to a buffer.
pub struct Recording {
    // Dropped in this order: what was prepared refers to the commands' kernels and memory, and
    // those to the device.
    prepared: Opaque,
    commands: Vec<Command>,
    cost: Option<LaunchCost>,
    device: Device,
}

impl Recording {
    pub(crate) fn new(device: Device, collected: Collected) -> Result<Self, Error> {
        let Collected { commands, cost, stated } = collected;
        let cost = (stated == commands.len()).then_some(cost);
        let prepared = device.backend().prepare(&commands)?;
        Ok(Recording { prepared, commands, cost, device })
    }

    /// What one replay costs: the sum of what the kernels' `cost(..)` says at the launches' sizes.
    /// `None` where a command is no launch of a kernel that states it.
    pub fn cost(&self) -> Option<LaunchCost> {
        self.cost
    }

    /// Queues all recorded launches, ordered with other launches and uploads.
    ///
    /// # Errors
    /// [`Error::InRecording`] inside of another recording, or the device's.
    pub fn replay(&self) -> Result<(), Error> {
        self.device.outside_recording("a replay")?;
        self.device.fault(FaultPoint::Dispatch)?;
        if self.commands.is_empty() {
            return Ok(());
        }
        self.device.counts().add_replay();
        self.device.backend().replay(&self.prepared, &self.commands)
    }

    /// Number of commands: launches, fills and copies.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recording of {} commands on {:?}", self.commands.len(), self.device)
    }
}

/// Ends the thread's recording when the closure returns, fails or panics.
struct Scope;

impl Drop for Scope {
    fn drop(&mut self) {
        ACTIVE.with_borrow_mut(|active| *active = None);
    }
}

/// Runs `launches` and returns what it submitted to `device`.
pub(crate) fn collect(
    device: u64,
    launches: impl FnOnce() -> Result<(), Error>,
) -> Result<Collected, Error> {
    ACTIVE.with_borrow_mut(|active| {
        if active.is_some() {
            return Err(Error::InRecording { operation: "a recording" });
        }
        *active = Some((device, Collected::default()));
        Ok(())
    })?;
    let scope = Scope;
    launches()?;
    let collected = ACTIVE.with_borrow_mut(|active| active.take());
    drop(scope);
    Ok(collected.map(|(_, collected)| collected).unwrap_or_default())
}

/// Adds the command to this thread's recording of `device`; gives it back where there is none.
pub(crate) fn push(device: u64, command: Command) -> Option<Command> {
    ACTIVE.with_borrow_mut(|active| match active {
        Some((recorded, collected)) if *recorded == device => {
            collected.commands.push(command);
            None
        }
        Some(_) | None => Some(command),
    })
}

/// Adds what the last launch costs to this thread's recording of `device`; evaluates nothing where
/// there is none.
pub(crate) fn add_cost(
    device: u64,
    cost: impl FnOnce() -> Result<LaunchCost, Error>,
) -> Result<(), Error> {
    ACTIVE.with_borrow_mut(|active| {
        let Some((recorded, collected)) = active else { return Ok(()) };
        if *recorded != device {
            return Ok(());
        }
        let LaunchCost { bytes, flops } = cost()?;
        let sum = |a: u64, b: u64| a.checked_add(b).ok_or(Error::SizeOverflow);
        collected.cost.bytes = sum(collected.cost.bytes, bytes)?;
        collected.cost.flops = sum(collected.cost.flops, flops)?;
        collected.stated += 1;
        Ok(())
    })
}

/// Fails where this thread is recording `device`.
pub(crate) fn outside(device: u64, operation: &'static str) -> Result<(), Error> {
    ACTIVE.with_borrow(|active| match active {
        Some((recorded, _)) if *recorded == device => Err(Error::InRecording { operation }),
        Some(_) | None => Ok(()),
    })
}
