//! Fault injection: a chosen operation fails as a lost device would.

use std::sync::Mutex;

use crate::Error;

/// An operation that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPoint {
    /// Host to device.
    Upload,
    /// Device to host.
    Download,
    /// A launch or the replay of a recording.
    Dispatch,
}

/// Makes one operation fail with [`Error::DeviceLost`]: a hook for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Which kind of operation.
    pub at: FaultPoint,
    /// How many operations of that kind succeed first.
    pub after: u64,
}

/// The faults armed on a device.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn new(fault: Option<Fault>) -> Self {
        Faults(Mutex::new(fault.into_iter().collect()))
    }

    pub(crate) fn arm(&self, fault: Fault) {
        if let Ok(mut armed) = self.0.lock() {
            armed.push(fault);
        }
    }

    /// Counts one operation; fails where a fault is due, once.
    pub(crate) fn pass(&self, at: FaultPoint) -> Result<(), Error> {
        let Ok(mut armed) = self.0.lock() else { return Ok(()) };
        let Some(index) = armed.iter().position(|fault| fault.at == at) else { return Ok(()) };
        if armed[index].after > 0 {
            armed[index].after -= 1;
            return Ok(());
        }
        armed.swap_remove(index);
        Err(Error::DeviceLost { reason: format!("injected at {at:?}") })
    }
}
