//! The catalogue as a whole.

use std::collections::HashMap;
use tilewright_kernel_compiler::diag::catalog;

#[test]
fn codes_are_unique_and_of_their_stage() {
    let mut seen = HashMap::new();
    for stage in &catalog::STAGES {
        for entry in stage.entries {
            assert!(entry.code.starts_with(stage.prefix) && entry.code.len() == 6, "{entry:?}");
            assert!(!entry.summary.is_empty(), "{entry:?}");
            let earlier = seen.insert(entry.code, entry.summary);
            assert!(earlier.is_none(), "{} is also `{earlier:?}`", entry.code);
        }
    }
}
