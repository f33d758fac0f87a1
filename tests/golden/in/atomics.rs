//! Atomics in global and workgroup memory, with and without the old value.

#[kernel(
    shapes(x: [n], total: [8], seen: [n]),
    grid = n.div_ceil(64),
    threads = 64,
    targets = [sm_80, wgsl],
)]
fn atomics(x: &[u32], total: &mut [u32], seen: &mut [u32], n: u32) {
    let local = shared::<u32, 4>();
    let t = thread_id();
    let i = block_id() * 64 + t;
    if t < 4 {
        local[t] = 0;
    }
    barrier();
    if i < n {
        let v = x[i];
        local.atomic_add(0, v);
        local.atomic_max(1, v);
        local.atomic_or(2, 1 << (v % 32));
        total.reduce_add(0, 1);
        total.reduce_max(1, v);
        total.reduce_min(2, v);
        total.atomic_xor(3, v);
        total.atomic_and(4, !(1 << (v % 4)));
        let ticket = total.atomic_add(5, 1);
        if ticket < n {
            seen[ticket] = 1;
        }
        if total.atomic_compare_exchange(6, 0, 77) == 0 {
            total.atomic_exchange(7, 5);
        }
    }
    barrier();
    if t == 0 {
        total.atomic_add(3, 0);
        total.reduce_max(7, local[0] + local[1]);
    }
}
