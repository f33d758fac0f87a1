//! Cache hints, the non-coherent path of weights, and a prefetch.

#[kernel(shapes(w: [n], x: [n], y: [n]), when(n % 4 == 0), grid = n.div_ceil(128), threads = 32, targets = [sm_80, sm_90a])]
fn cache_hints(w: &Weights<f32>, x: &[f32], y: &mut [f32], n: u32) {
    let i = (block_id() * 32 + thread_id()) * 4;
    if i < n {
        x.prefetch(i);
        let v: [f32; 4] = w.load_cached(i, "l1::no_allocate, l2::evict_last, l2::256B");
        let a = x.load_cached(i, "l1::evict_last");
        let b = x.load_cached(i + 1, "l1::evict_first, l2::evict_first");
        let c = x.load_cached(i + 2, "l2::64B");
        let d = x.load_cached(i + 3, "l2::128B");
        y.store(i, [v[0] + a, v[1] + b, v[2] + c, v[3] + d]);
    }
}
