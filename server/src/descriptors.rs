//! How many connections the system lets this process have.

/// Raises the number of files and sockets that this process may have open to the most that the
/// system grants without privileges, often from 1024; the number then, where it is known. With too
/// few of them clients that are connected and say nothing would keep others out.
#[cfg(unix)]
pub fn raise_descriptor_limit() -> Option<u64> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    // Some systems have a lower limit than the one they name: the old one stays then.
    let raised = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    Some(if raised.is_ok() { hard } else { soft })
}

/// Such limits are Unix's.
#[cfg(not(unix))]
pub fn raise_descriptor_limit() -> Option<u64> {
    None
}
