//! What the target has too little of.

use tilewright::kernel;

#[kernel(shapes(y: [n]), grid = n, threads = 64, targets = [sm_80, wgsl])]
fn shared_memory(y: &mut [f32], n: u32) {
    let tile = shared::<f32, 8192>();
    tile[thread_id()] = 1.0;
    barrier();
    y[block_id()] = tile[63 - thread_id()];
}

#[kernel(
    shapes(y: [n]),
    grid = n,
    threads = 64,
    tiles(KEYS, STAGES) = first_of[(64, 2), (208, 5)],
    targets = [sm_90a],
)]
fn tile_of_two_arrays<const KEYS: u32, const STAGES: u32>(y: &mut [f32], n: u32) {
    let keys = shared::<bf16, { KEYS * 128 * STAGES }>();
    let tile = shared::<f32, 64>();
    keys[thread_id()] = bf16::from_f32(1.0);
    tile[thread_id()] = 1.0;
    barrier();
    y[block_id()] = tile[63 - thread_id()] + keys[63 - thread_id()].to_f32();
}

#[kernel(shapes(y: [n]), grid = n, threads = 48, targets = [sm_80])]
fn half_a_subgroup(y: &mut [u32], n: u32) {
    y[block_id()] = subgroup_add(thread_id());
}

#[kernel(
    shapes(a: [n], b: [n], c: [n], d: [n], e: [n], f: [n], g: [n], h: [n], i: [n]),
    grid = n,
    threads = 1,
    targets = [wgsl],
)]
fn nine_buffers(
    a: &[f32],
    b: &[f32],
    c: &[f32],
    d: &[f32],
    e: &[f32],
    f: &[f32],
    g: &[f32],
    h: &[f32],
    i: &mut [f32],
    n: u32,
) {
    let k = block_id();
    i[k] = a[k] + b[k] + c[k] + d[k] + e[k] + f[k] + g[k] + h[k];
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, index = 64, targets = [wgsl])]
fn wide_index(y: &mut [u32], n: u32) {
    y[index(block_id())] = 1;
}

#[kernel(shapes(y: [n]), grid = n, threads = 32, cluster = 2, targets = [sm_80])]
fn clusters(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

#[kernel(shapes(y: [n]), grid = n, threads = 32, targets = [wgsl])]
fn subgroups_on_the_web(y: &mut [u32], n: u32) {
    y[block_id()] = subgroup_add(1u32);
}

#[kernel(shapes(y: [n]), grid = n, threads = 32, targets = [sm_80])]
fn tensor_copies_on_ampere(y: &mut [u32], n: u32) {
    let bars = shared::<u64, 1>();
    let tile = shared_aligned::<u32, 32, 128>();
    mbarrier_expect(bars, 0, 128);
    y[block_id()] = tile[thread_id()];
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, targets = [wgsl])]
fn wide_scalar(y: &mut [u32], n: u32, seed: u64) {
    y[block_id()] = seed as u32;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, targets = [sm_75])]
fn older_chips(y: &mut [f32], n: u32) {
    y[block_id()] = unpack(pack_bf16x2(1.0, y[block_id()])).0;
}

fn main() {}
