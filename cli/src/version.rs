//! What `--version` prints after the name.

/// Version, commit, host and the targets that kernels are built for.
pub const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit ",
    env!("TILEWRIGHT_COMMIT"),
    "\nhost ",
    env!("TILEWRIGHT_HOST"),
    "\ntargets cuda (PTX), wgpu (WGSL), cpu",
);
