//! Whose names a function means: its own file's first, and never another's private ones.

#![allow(clippy::unwrap_used)]

use tilewright_kernel_compiler::inspect::{Stage, inspect};
use tilewright_kernel_compiler::target::Target;

/// The IR of a kernel beside `items`.
fn ir(items: &str, value: &str) -> Result<String, String> {
    let source = format!(
        "#[kernel_module]
        mod sums {{
            {items}
            #[kernel(shapes(x: [n], y: [n]), grid = 1, threads = 64, when(n >= 64))]
            pub fn sum(x: &[f32], y: &mut [f32], n: u32) {{
                y[thread_id()] = {value};
            }}
        }}"
    );
    let target = Some(Target::SM_80);
    let shown = inspect("sums.rs", &source, "sum", Stage::Ir, target)?;
    // Where lines came from is not what they mean.
    Ok(shown.lines().filter(|line| !line.trim_start().starts_with("//")).collect())
}

#[test]
fn a_users_names_change_nothing_in_the_library() {
    let plain = ir("", "block_sum(x[thread_id()])").unwrap();
    // The library's `block_sum` calls a `block_reduce` of its own.
    let hijack = "fn block_reduce(a: f32, b: f32, c: f32, d: f32) -> f32 { a * b + c - d }";
    assert_eq!(ir(hijack, "block_sum(x[thread_id()])").unwrap(), plain);
    // The user's own is the user's.
    let own = "fn block_sum(x: f32) -> f32 { x + 1.0 }";
    let (own, plus) = (ir(own, "block_sum(x[thread_id()])"), ir("", "x[thread_id()] + 1.0"));
    assert_eq!(own.unwrap(), plus.unwrap());
}

#[test]
fn a_users_constant_is_the_users_alone() {
    let both = "const STEP: u32 = 3; fn step() -> u32 { STEP }";
    assert_eq!(ir(both, "x[step()]").unwrap(), ir("", "x[3u32]").unwrap());
}

#[test]
fn the_librarys_private_functions_are_nobodys() {
    let private = "block_reduce(x[thread_id()], 0.0, |a, b| a + b, |x| x)";
    let refused = ir("", private).unwrap_err();
    assert!(refused.contains("`block_reduce` is neither an intrinsic nor a function"), "{refused}");
}
