//! Kernels that rustc must see refused, with the error at the exact tokens; and some that it must take.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "pass/families.rs"]
mod families;
#[path = "pass/own_kernel.rs"]
mod own_kernel;

/// `TRYBUILD=overwrite` accepts the messages.
#[test]
fn mistakes_are_explained_where_they_are() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}
