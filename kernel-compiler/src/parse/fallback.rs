//! Files are lexed by `proc-macro2` itself, also within a macro: the compiler's tokens have no byte
//! ranges on stable Rust and exist on one thread only.

extern crate proc_macro;

use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

static DEPTH: AtomicUsize = AtomicUsize::new(0);

/// While it lives, `proc-macro2` makes tokens of its own on every thread. Outside of a macro call it
/// does nothing.
///
/// [`super::text`] enters it by itself on the thread of the macro call. A macro that parses files on
/// other threads holds one around them, and touches no token of the call meanwhile.
#[derive(Debug)]
pub struct Fallback {
    forced: bool,
    thread: PhantomData<*const ()>,
}

impl Fallback {
    /// Enters the mode; may be nested.
    pub fn enter() -> Fallback {
        let forced = proc_macro::is_available();
        if forced {
            DEPTH.fetch_add(1, Ordering::SeqCst);
            proc_macro2::fallback::force();
        }
        Fallback { forced, thread: PhantomData }
    }
}

impl Drop for Fallback {
    fn drop(&mut self) {
        if self.forced && DEPTH.fetch_sub(1, Ordering::SeqCst) == 1 {
            proc_macro2::fallback::unforce();
        }
    }
}
