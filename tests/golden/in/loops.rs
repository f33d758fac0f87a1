//! Every loop: ranges with `rev` and `step_by`, inclusive ends, `while`, `loop`, `break`, `continue`.

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(64), threads = 64, targets = [sm_80, wgsl])]
fn loops(x: &[u32], y: &mut [u32], n: u32) {
    let i = block_id() * 64 + thread_id();
    if i >= n {
        return;
    }
    let limit = x[i];
    let mut hash = 17u32;
    for k in 0..limit {
        hash = hash * 31 + k;
    }
    for k in (0..limit).rev() {
        hash = hash * 31 + k;
    }
    for k in (1..=limit).step_by(3) {
        hash = hash * 31 + k;
    }
    for k in (2..limit).step_by(4).rev() {
        hash = hash * 31 + k;
    }
    let mut left = limit;
    while left > 3 && hash != 0 {
        left /= 2;
        hash ^= left;
    }
    let mut k = 0u32;
    loop {
        k += 1;
        if k % 2 == 0 {
            continue;
        }
        if k > limit {
            break;
        }
        hash = hash * 31 + k;
        for j in 0..k {
            if j * j > limit {
                break;
            }
            if j == 2 {
                continue;
            }
            hash += j;
        }
    }
    y[i] = hash;
}
