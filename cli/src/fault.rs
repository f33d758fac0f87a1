//! A panic is a defect: it ends the command with one line like every other failure.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::Mutex;

use crate::error::Error;

/// What the first panic said and where; later ones are usually its consequences.
static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// Runs `work`; a panic becomes [`Error::Fault`].
///
/// # Errors
/// Those of `work`, and a panic in it.
pub fn guard<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    set_hook(Box::new(|info| {
        let what = message(info.payload());
        let place = info.location().map(|l| format!(" ({}:{})", l.file(), l.line()));
        tracing::debug!("panic: {what}");
        if let Ok(mut first) = FIRST.lock() {
            first.get_or_insert_with(|| format!("{what}{}", place.unwrap_or_default()));
        }
    }));
    catch(work).unwrap_or_else(|what| {
        let first = FIRST.lock().ok().and_then(|mut first| first.take());
        Err(Error::Fault(first.unwrap_or(what)))
    })
}

/// Runs `work` and returns what a panic said as the error.
///
/// # Errors
/// The panic's message.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}
