//! Vector accesses make the alignment of their buffers a condition of the launch.

use tilewright_kernel_compiler::inspect::{Stage, inspect};
use tilewright_kernel_compiler::target::Target;

const SOURCE: &str = "
#[kernel(
    shapes(x: [n], w: [n], y: [n]),
    grid = n.div_ceil(32 * VEC),
    threads = 32,
    tiles(VEC) = first_of[4, 1],
    when(n % VEC == 0),
)]
pub fn scale<const VEC: u32>(x: &[f32], w: &[f32], y: &mut [f32], n: u32) {
    let i = (block_id() * 32 + thread_id()) * VEC;
    if i < n {
        let v: [f32; VEC] = x.load(i);
        y.store(i, map(VEC, |j| v[j] * w[i]));
    }
}
";

/// What the modules of both tiles for sm_80 say of alignment: buffers, then conditions.
fn alignment(source: &str) -> Vec<String> {
    let target = Some(Target::SM_80);
    let shown = inspect("scale.rs", source, "scale", Stage::Ir, target).unwrap_or_else(|e| e);
    let said = shown.lines().filter(|line| line.contains("align"));
    said.map(|line| line.replace(": &[f32] [n]", "").replace(": &mut [f32] [n]", "")).collect()
}

#[test]
fn a_buffer_is_aligned_to_its_widest_access() {
    let wide = ["buffer x align 16", "buffer w align 4", "buffer y align 16"];
    let demands = ["when aligned(x, 16)", "when aligned(y, 16)"];
    let narrow = ["buffer x align 4", "buffer w align 4", "buffer y align 4"];
    assert_eq!(alignment(SOURCE), [&wide[..], &demands, &narrow].concat());
}

#[test]
fn a_stated_alignment_is_kept_and_not_repeated() {
    let stated = SOURCE.replace("n % VEC == 0", "n % VEC == 0 && aligned(x, 8) && aligned(w, 2)");
    let wide = ["buffer x align 32", "buffer w align 8", "buffer y align 16"];
    let narrow = ["buffer x align 32", "buffer w align 8", "buffer y align 4"];
    let demands = ["when aligned(x, 32)", "when aligned(w, 8)"];
    let expected = [&wide[..], &demands, &["when aligned(y, 16)"], &narrow, &demands].concat();
    assert_eq!(alignment(&stated), expected);
}
