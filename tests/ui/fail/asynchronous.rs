//! Asynchronous operations: touched too early, never awaited, out of order; roles and their registers.

use tilewright::kernel;

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn accumulator_read_early(y: &mut [f32], n: u32) {
    let tile = shared_aligned::<f16, 4096, 128>();
    let mut sum = [0.0f32; 4];
    let a = tile.descriptor(0, 128, 256, "swizzle_none");
    wgmma_fence();
    wgmma::<8, f16, f16>(&mut sum, a, a, true);
    wgmma_commit();
    y[block_id()] = sum[0];
    wgmma_wait::<0>();
}

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn register_in_flight(y: &mut [f32], n: u32) {
    let tile = shared_aligned::<f16, 4096, 128>();
    let mut sum = [0.0f32; 4];
    let mut words = [0u32; 4];
    let b = tile.descriptor(0, 128, 256, "swizzle_none");
    wgmma_fence();
    wgmma::<8, f16, f16>(&mut sum, words, b, true);
    wgmma_commit();
    words[0] = 1;
    wgmma_wait::<0>();
    y[block_id()] = sum[0] + words[0] as f32;
}

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn accumulator_written(y: &mut [f32], n: u32) {
    let tile = shared_aligned::<f16, 4096, 128>();
    let mut sum = [0.0f32; 4];
    let a = tile.descriptor(0, 128, 256, "swizzle_none");
    wgmma_fence();
    wgmma::<8, f16, f16>(&mut sum, a, a, true);
    wgmma_commit();
    sum[1] = 0.0;
    wgmma_wait::<0>();
    y[block_id()] = sum[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn no_fence(y: &mut [f32], n: u32) {
    let tile = shared_aligned::<f16, 4096, 128>();
    let mut sum = [0.0f32; 4];
    let a = tile.descriptor(0, 128, 256, "swizzle_none");
    wgmma::<8, f16, f16>(&mut sum, a, a, true);
    wgmma_commit();
    wgmma_wait::<0>();
    y[block_id()] = sum[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn no_commit(y: &mut [f32], n: u32) {
    let tile = shared_aligned::<f16, 4096, 128>();
    let mut sum = [0.0f32; 4];
    let a = tile.descriptor(0, 128, 256, "swizzle_none");
    wgmma_fence();
    wgmma::<8, f16, f16>(&mut sum, a, a, true);
    wgmma_wait::<0>();
    y[block_id()] = sum[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn no_wait(y: &mut [f32], n: u32) {
    let tile = shared_aligned::<f16, 4096, 128>();
    let mut sum = [0.0f32; 4];
    let a = tile.descriptor(0, 128, 256, "swizzle_none");
    wgmma_fence();
    wgmma::<8, f16, f16>(&mut sum, a, a, true);
    wgmma_commit();
    y[block_id()] = 1.0;
}

#[kernel(shapes(x: [n * 32], y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn copy_read_early(x: &[f32], y: &mut [f32], n: u32) {
    let tile = shared::<f32, 32>();
    cp_async(tile, thread_id(), x, block_id() * 32 + thread_id(), 4);
    cp_async_commit();
    y[block_id()] = tile[thread_id()];
    cp_async_wait::<0>();
}

#[kernel(shapes(x: [n * 32], y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn copy_not_committed(x: &[f32], y: &mut [f32], n: u32) {
    let tile = shared::<f32, 32>();
    cp_async(tile, thread_id(), x, block_id() * 32 + thread_id(), 4);
    cp_async_wait::<0>();
    y[block_id()] = tile[thread_id()];
}

#[kernel(shapes(x: [n * 32], y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn copy_size(x: &[f32], y: &mut [f32], n: u32) {
    let tile = shared::<f32, 32>();
    cp_async(tile, thread_id(), x, block_id() * 32 + thread_id(), 12);
    cp_async_commit();
    cp_async_wait::<0>();
    y[block_id()] = tile[thread_id()];
}

#[kernel(shapes(w: [n], x: [n], y: [n]), grid = n, threads = 1, targets = [sm_90a])]
fn dependent_access(w: &Weights<f32>, x: &[f32], y: &mut [f32], n: u32) {
    let v = w[block_id()] * x[block_id()];
    grid_dependency_wait();
    y[block_id()] = v;
}

#[kernel(shapes(y: [n]), grid = n, threads = 384, min_blocks = 1, targets = [sm_90a])]
fn register_budget(y: &mut [f32], n: u32) {
    roles(
        role("producer", 4, 40, || {}),
        role("consumer", 8, 240, || {
            y[block_id()] = 1.0;
        }),
    );
}

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn role_warps(y: &mut [f32], n: u32) {
    roles(
        role("producer", 1, 0, || {}),
        role("consumer", 2, 0, || {
            y[block_id()] = 1.0;
        }),
    );
}

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn not_a_role(y: &mut [f32], n: u32) {
    roles(|| {
        y[block_id()] = 1.0;
    });
}

fn main() {}
