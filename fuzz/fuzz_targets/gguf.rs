//! Any bytes give a model or a one-line error.
//!
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run -s none gguf`: the parser has no unsafe code for a sanitizer to
//! watch, and without one the stable compiler does.
#![no_main]

pub mod property;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    property::read(bytes);
});
