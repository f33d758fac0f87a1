//! The procedural macros of Tilewright: a shim over the kernel compiler.
