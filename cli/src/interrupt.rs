//! Ctrl-C: stops a generation that watches for it, and otherwise ends the process at once.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::error::Error;

/// Nothing watches: Ctrl-C ends the process.
const IDLE: u8 = 0;
/// A generation watches.
const WATCHED: u8 = 1;
/// Ctrl-C came while it watched; a second one ends the process.
const PRESSED: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(IDLE);

/// Exit status of a process that Ctrl-C ended: 128 + SIGINT.
const EXIT_CODE: i32 = 130;

/// Watches for Ctrl-C from its making until it is dropped.
#[derive(Debug)]
pub struct Watch(());

/// Sets the handler. Call once, before the first [`Watch`].
///
/// # Errors
/// The system refuses a handler.
pub fn install() -> Result<(), Error> {
    ctrlc::set_handler(|| {
        let watched = STATE.compare_exchange(WATCHED, PRESSED, Ordering::SeqCst, Ordering::SeqCst);
        if watched.is_err() {
            // A half-fetched file stays beside its place and is resumed by the next run.
            std::process::exit(EXIT_CODE);
        }
    })
    .map_err(Error::Signal)
}

impl Watch {
    /// Starts watching.
    pub fn start() -> Self {
        STATE.store(WATCHED, Ordering::SeqCst);
        Self(())
    }

    /// Whether Ctrl-C was pressed since [`Watch::start`].
    pub fn pressed(&self) -> bool {
        pressed()
    }
}

/// Whether Ctrl-C was pressed under the current [`Watch`], if there is one.
pub fn pressed() -> bool {
    STATE.load(Ordering::SeqCst) == PRESSED
}

impl Drop for Watch {
    fn drop(&mut self) {
        STATE.store(IDLE, Ordering::SeqCst);
    }
}
