//! The catalogue as a whole.

use std::collections::HashMap;
use tilewright_kernel_compiler::diag::catalog;

#[test]
fn codes_are_unique_and_of_their_stage() {
    let stages = [
        ("TW00", catalog::internal::ALL),
        ("TW01", catalog::parse::ALL),
        ("TW02", catalog::types::ALL),
        ("TW03", catalog::resources::ALL),
        ("TW04", catalog::memory::ALL),
        ("TW05", catalog::sync::ALL),
        ("TW06", catalog::asynchronous::ALL),
        ("TW07", catalog::attribute::ALL),
        ("TW08", catalog::format::ALL),
    ];
    let mut seen = HashMap::new();
    for (prefix, entries) in stages {
        for entry in entries {
            assert!(entry.code.starts_with(prefix) && entry.code.len() == 6, "{entry:?}");
            assert!(!entry.summary.is_empty(), "{entry:?}");
            let earlier = seen.insert(entry.code, entry.summary);
            assert!(earlier.is_none(), "{} is also `{earlier:?}`", entry.code);
        }
    }
}
