//! [`Recording`]: launches collected once and replayed as one submission.

use std::cell::RefCell;
use std::fmt;

use crate::backend::{Command, Opaque};
use crate::fault::FaultPoint;
use crate::{Device, Error};

thread_local! {
    /// The recording that this thread is making: the device's id and the commands so far.
    static ACTIVE: RefCell<Option<(u64, Vec<Command>)>> = const { RefCell::new(None) };
}

/// A list of launches that replays as one: a CUDA graph, one wgpu compute pass and submission, or
/// a list of calls. Buffers and scalars are those of the recording; what changes between replays
/// is written to a buffer.
pub struct Recording {
    // Dropped in this order: what was prepared refers to the commands' kernels and memory, and
    // those to the device.
    prepared: Opaque,
    commands: Vec<Command>,
    device: Device,
}

impl Recording {
    pub(crate) fn new(device: Device, commands: Vec<Command>) -> Result<Self, Error> {
        let prepared = device.backend().prepare(&commands)?;
        Ok(Recording { prepared, commands, device })
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

/// Runs `launches` and returns the commands that it submitted to `device`.
pub(crate) fn collect(
    device: u64,
    launches: impl FnOnce() -> Result<(), Error>,
) -> Result<Vec<Command>, Error> {
    ACTIVE.with_borrow_mut(|active| {
        if active.is_some() {
            return Err(Error::InRecording { operation: "a recording" });
        }
        *active = Some((device, Vec::new()));
        Ok(())
    })?;
    let scope = Scope;
    launches()?;
    let commands = ACTIVE.with_borrow_mut(|active| active.take());
    drop(scope);
    Ok(commands.map(|(_, commands)| commands).unwrap_or_default())
}

/// Adds the command to this thread's recording of `device`; gives it back where there is none.
pub(crate) fn push(device: u64, command: Command) -> Option<Command> {
    ACTIVE.with_borrow_mut(|active| match active {
        Some((recorded, commands)) if *recorded == device => {
            commands.push(command);
            None
        }
        Some(_) | None => Some(command),
    })
}

/// Fails where this thread is recording `device`.
pub(crate) fn outside(device: u64, operation: &'static str) -> Result<(), Error> {
    ACTIVE.with_borrow(|active| match active {
        Some((recorded, _)) if *recorded == device => Err(Error::InRecording { operation }),
        Some(_) | None => Ok(()),
    })
}
