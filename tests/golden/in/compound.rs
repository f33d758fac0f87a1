//! An assignment with an operator evaluates its place once.

#[kernel(shapes(count: [1], y: [64]), grid = 1, threads = 32, targets = [sm_80, wgsl])]
fn compound(count: &mut [u32], y: &mut [u32]) {
    for _ in 0..2 {
        y[count.atomic_add(0, 1) % 64] += 5;
    }
}
