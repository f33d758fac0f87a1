//! Facts about the target decide at compile time.

#[kernel(
    shapes(y: [32]),
    grid = 1,
    threads = 32,
    targets = [sm_80, sm_90a, wgsl, wgsl(native, f16, subgroup = 32, shared >= 32K)],
)]
fn web(y: &mut [u32]) {
    let level = if is_ptx() {
        target_sm()
    } else if is_web() {
        1
    } else {
        2
    };
    let shared = shared_limit() / 1024;
    let subgroup = if subgroup_size() > 0 { subgroup_size() } else { 7 };
    y[thread_id()] = level * 1000000 + shared * 1000 + subgroup * 2 + select(has_f16(), 1, 0);
}
