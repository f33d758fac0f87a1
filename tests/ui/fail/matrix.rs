//! Matrix units: shapes, types and layouts that the target lacks.

use tilewright::kernel;

#[kernel(shapes(y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn mma_shape(y: &mut [f32], n: u32) {
    let sum = mma::<16, 16, 16, f16, f16>([0u32; 4], [0u32; 4], [0.0f32; 8]);
    y[block_id()] = sum[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn mma_types(y: &mut [f32], n: u32) {
    let sum = mma::<16, 8, 16, f16, bf16>([0u32; 4], [0u32; 2], [0.0f32; 4]);
    y[block_id()] = sum[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn mma_f8_on_ampere(y: &mut [f32], n: u32) {
    let sum = mma::<16, 8, 32, f8e4m3, f8e4m3>([0u32; 4], [0u32; 2], [0.0f32; 4]);
    y[block_id()] = sum[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn mma_registers(y: &mut [f32], n: u32) {
    let sum = mma::<16, 8, 16, f16, f16>([0u32; 3], [0u32; 2], [0.0f32; 4]);
    y[block_id()] = sum[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn wgmma_registers(y: &mut [f32], n: u32) {
    let tile = shared_aligned::<f16, 4096, 128>();
    let mut sum = [0.0f32; 8];
    let a = tile.descriptor(0, 128, 256, "swizzle_none");
    wgmma_fence();
    wgmma::<8, f16, f16>(&mut sum, a, a, true);
    wgmma_commit();
    wgmma_wait::<0>();
    y[block_id()] = sum[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 32, targets = [sm_90a])]
fn stmatrix_registers(y: &mut [f32], n: u32) {
    let tile = shared::<u16, 256>();
    stmatrix(tile, thread_id() * 8, [0u32; 3]);
    y[block_id()] = 1.0;
}

#[kernel(shapes(y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn mma_halves(y: &mut [f32], n: u32) {
    let half = f16::from_f32(1.0);
    let sum = mma::<16, 8, 16, f16, f16>([half; 4], [0u32; 2], [0.0f32; 4]);
    y[block_id()] = sum[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn stmatrix_on_ampere(y: &mut [f32], n: u32) {
    let tile = shared::<u16, 256>();
    stmatrix(tile, thread_id() * 8, [0u32; 4]);
    y[block_id()] = 1.0;
}

#[kernel(shapes(y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn matrices_at_once(y: &mut [u32], n: u32) {
    let tile = shared::<u16, 256>();
    tile[thread_id()] = 1;
    barrier();
    let words = ldmatrix::<3>(tile, thread_id() * 8);
    y[block_id()] = words[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn wgmma_columns(y: &mut [f32], n: u32) {
    let tile = shared_aligned::<f16, 4096, 128>();
    let mut sum = [0.0f32; 6];
    let a = tile.descriptor(0, 128, 256, "swizzle_none");
    wgmma_fence();
    wgmma::<12, f16, f16>(&mut sum, a, a, true);
    wgmma_commit();
    wgmma_wait::<0>();
    y[block_id()] = sum[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 128, targets = [sm_90a])]
fn unknown_swizzle(y: &mut [f32], n: u32) {
    let tile = shared_aligned::<f16, 4096, 128>();
    let a = tile.descriptor(0, 128, 256, "swizzle_256");
    y[block_id()] = 1.0;
}

#[kernel(shapes(a: [256], y: [256]), grid = 1, threads = 32, targets = [wgsl(native, f16, subgroup = 32, cooperative_matrix = 16)])]
fn filled_fragment(a: &[f16], y: &mut [f32]) {
    let sum = fragment_c::<f32, 16>();
    sum.fill(1.0);
    sum.store(y, 0, 16);
}

#[kernel(shapes(a: [256], y: [256]), grid = 1, threads = 32, targets = [sm_80])]
fn opaque_fragment(a: &[f16], y: &mut [f32]) {
    let sum = fragment_c::<f32, 16>();
    sum.fill(0.0);
    y[thread_id()] = sum.row_max(0);
}

#[kernel(shapes(a: [576], y: [576]), grid = 1, threads = 32, targets = [sm_80])]
fn fragment_size(a: &[f16], y: &mut [f32]) {
    let sum = fragment_c::<f32, 24>();
    sum.fill(0.0);
    sum.store(y, 0, 24);
}

fn main() {}
