//! Developer commands: ci, demo, bless, bundle.

fn main() {}
