//! Closures as values and arguments, capturing, called in a loop.

fn apply(x: f32, f: impl Fn(f32) -> f32) -> f32 {
    f(f(x))
}

fn fold(values: [f32; 4], start: f32, f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut total = start;
    for i in unroll(0..4) {
        total = f(total, values[i]);
    }
    total
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(64), threads = 64, targets = [sm_80, wgsl])]
fn closures(x: &[f32], y: &mut [f32], n: u32, a: f32) {
    let i = block_id() * 64 + thread_id();
    if i < n {
        let scale = a * 2.0;
        let affine = |v| v * scale + 1.0;
        let values = map(4, |k| apply(x[i], |v| affine(v) + k as f32));
        let largest = fold(values, -3.0e38, |m, v| max(m, v));
        let mut seen = 0.0f32;
        let visit = |v, w| {
            let d = v - w;
            d * d
        };
        for k in unroll(0..4) {
            seen += visit(largest, values[k]);
        }
        y[i] = seen + largest;
    }
}
