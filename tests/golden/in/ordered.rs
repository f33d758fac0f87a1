//! Loads and stores with an order: one workgroup publishes, the other waits for it.

#[kernel(shapes(flag: [1], x: [32], y: [32]), grid = 2, threads = 32, targets = [sm_80, sm_90a])]
fn ordered(flag: &mut [u32], x: &mut [u32], y: &mut [u32]) {
    let t = thread_id();
    if block_id() == 0 {
        x.store_relaxed(t, t * 7, "device");
        barrier();
        if t == 0 {
            fence_device();
            flag.store_release(0, 1, "device");
        }
    } else {
        if t == 0 {
            while flag.load_acquire(0, "device") == 0 {}
        }
        barrier();
        y[t] = x.load_relaxed(31 - t, "device") + 1;
    }
}
