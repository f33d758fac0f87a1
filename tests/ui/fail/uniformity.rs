//! Barriers and collective operations that not all threads reach.

use tilewright::kernel;

#[kernel(shapes(y: [n]), grid = n, threads = 64)]
fn barrier_in_a_branch(y: &mut [f32], n: u32) {
    if thread_id() < 32 {
        barrier();
    }
    y[block_id()] = 1.0;
}

#[kernel(shapes(y: [n]), grid = n.div_ceil(64), threads = 64)]
fn barrier_after_a_return(y: &mut [f32], n: u32) {
    let i = block_id() * 64 + thread_id();
    if i >= n {
        return;
    }
    barrier();
    y[i] = 1.0;
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 64)]
fn barrier_in_a_loop(x: &[u32], y: &mut [f32], n: u32) {
    let i = min(thread_id(), n - 1);
    assume(n > 0);
    for k in 0..thread_id() {
        barrier();
    }
    y[block_id()] = 1.0;
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(64), threads = 64, targets = [sm_80])]
fn shuffle_in_a_branch(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 64 + thread_id();
    if i < n {
        y[i] = shuffle_xor(x[i], 1);
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 64)]
fn reduction_in_a_branch(y: &mut [f32], n: u32) {
    if thread_id() < 32 {
        y[block_id()] = block_sum(1.0);
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 64, targets = [sm_90a])]
fn barrier_in_a_role(y: &mut [f32], n: u32) {
    roles(
        role("left", 1, 0, || barrier()),
        role("right", 1, 0, || {
            y[block_id()] = 1.0;
        }),
    );
}

#[kernel(shapes(y: [n]), grid = n, threads = 64, targets = [sm_90a])]
fn roles_in_a_branch(y: &mut [f32], n: u32) {
    if thread_id() < 32 {
        roles(
            role("left", 1, 0, || {}),
            role("right", 1, 0, || {
                y[block_id()] = 1.0;
            }),
        );
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 64, targets = [sm_90a])]
fn elected_in_a_branch(y: &mut [f32], n: u32) {
    if thread_id() < 7 {
        elect_one(|| {
            y[block_id()] = 1.0;
        });
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 64, cluster = 2, when(n % 2 == 0), targets = [sm_90a])]
fn cluster_barrier_in_a_branch(y: &mut [f32], n: u32) {
    if cluster_rank() == 0 {
        cluster_arrive();
        cluster_wait();
    }
    y[block_id()] = 1.0;
}

#[kernel(shapes(y: [n]), grid = n, threads = 256, targets = [sm_90a])]
fn warp_group_in_a_branch(y: &mut [f32], n: u32) {
    if subgroup_id() < 2 {
        wgmma_fence();
    }
    y[block_id()] = 1.0;
}

#[kernel(shapes(y: [n]), grid = n, threads = 64, targets = [sm_80])]
fn barrier_number(y: &mut [f32], n: u32) {
    named_barrier(1 + thread_id() % 2, 64);
    y[block_id()] = 1.0;
}

fn main() {}
