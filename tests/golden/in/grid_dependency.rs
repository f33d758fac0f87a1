//! Two kernels that overlap: the second reads weights at once, what the first wrote after the wait.

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(32), threads = 32, targets = [sm_90a])]
fn first(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 32 + thread_id();
    grid_dependency_wait();
    if i < n {
        y[i] = x[i] * 2.0;
    }
    grid_dependency_launch();
}

#[kernel(shapes(w: [n], y: [n], z: [n]), grid = n.div_ceil(32), threads = 32, targets = [sm_90a])]
fn second(w: &Weights<f32>, y: &[f32], z: &mut [f32], n: u32) {
    let i = block_id() * 32 + thread_id();
    let scale = w.load_or(i, i < n, 0.0);
    grid_dependency_wait();
    if i < n {
        z[i] = y[i] * scale;
    }
}
