//! Device functions: early return decided now, `if` and blocks as values, constants, run-time `match`.

const LIMIT: u32 = 40 + 2;

fn pick<const FAST: bool>(x: u32) -> u32 {
    if FAST {
        return x + 1;
    }
    x * 2
}

fn kind(x: u32) -> u32 {
    match x % 7 {
        0 => 100,
        1 | 2 => 200 + x,
        r if r > 4 => 300,
        _ => {
            let y = x + 1;
            y * y
        }
    }
}

fn clipped(x: i32) -> i32 {
    let sign = if x < 0 { -1 } else { 1 };
    let size = {
        let a = abs(x);
        min(a, 9)
    };
    sign * size
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(64), threads = 64, targets = [sm_80, wgsl])]
fn functions(x: &[u32], y: &mut [i32], n: u32) {
    let i = block_id() * 64 + thread_id();
    if i < n {
        let v = x[i];
        let mut out = pick::<true>(v) + pick::<false>(v) + kind(v);
        if v > LIMIT {
            out += 1;
        } else if v == LIMIT {
            out += 2;
        } else {
            out += 3;
        }
        y[i] = out as i32 + clipped(v as i32 - 20);
    }
}
