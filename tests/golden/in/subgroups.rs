//! Shuffles, reductions and votes of a subgroup.

#[kernel(
    shapes(x: [n], y: [n * 12]),
    when(n % 64 == 0),
    grid = n / 64,
    threads = 64,
    targets = [sm_80, wgsl(native, subgroup = 32)],
)]
fn subgroups(x: &[u32], y: &mut [u32], n: u32) {
    let i = block_id() * 64 + thread_id();
    let v = x[i];
    let o = i * 12;
    y[o] = shuffle(v, (lane_id() * 5 + 1) % 32);
    y[o + 1] = shuffle_xor(v, 8);
    y[o + 2] = shuffle_up(v, 3);
    y[o + 3] = shuffle_down(v, 2);
    y[o + 4] = subgroup_add(v);
    y[o + 5] = subgroup_min(v) * 256 + subgroup_max(v);
    y[o + 6] = subgroup_and(v | 0xf0);
    y[o + 7] = subgroup_or(v);
    y[o + 8] = subgroup_xor(v);
    y[o + 9] = select(subgroup_any(v == 3), 1, 0) + select(subgroup_all(v < 200), 2, 0);
    y[o + 10] = subgroup_ballot(v % 3 == 0);
    y[o + 11] = subgroup_first(v) + subgroup_id() * 1000 + lane_id();
}
