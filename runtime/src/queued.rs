//! [`Queued`]: how much a device was given to do.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a device was given since it was opened, from all threads: the difference of two says how
/// a piece of work reached the driver. A recorded decode step is no command, one replay and one
/// submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Queued {
    /// Launches, fills and copies that were run as they came: none inside of a recording.
    pub commands: u64,
    /// Recordings replayed: graph launches on CUDA.
    pub replays: u64,
    /// Times that work was handed to the driver. On wgpu these are queue submissions, which happen
    /// when somebody waits or a batch is full; elsewhere each command and each replay is one.
    pub submissions: u64,
}

/// The counts of a device.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    commands: AtomicU64,
    replays: AtomicU64,
}

impl Counts {
    pub(crate) fn add_command(&self) {
        self.commands.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_replay(&self) {
        self.replays.fetch_add(1, Ordering::Relaxed);
    }

    /// `submissions` is the back end's own number, where it gathers.
    pub(crate) fn read(&self, submissions: Option<u64>) -> Queued {
        let commands = self.commands.load(Ordering::Relaxed);
        let replays = self.replays.load(Ordering::Relaxed);
        Queued { commands, replays, submissions: submissions.unwrap_or(commands + replays) }
    }
}
