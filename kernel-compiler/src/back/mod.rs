//! Back ends: from a verified module to a target's text.

pub mod wgsl;
