//! Structs, `impl`, `&mut self`, associated constants and functions, nesting.

struct Running<const N: u32> {
    sum: [f32; N],
    count: u32,
}

impl<const N: u32> Running<N> {
    const WIDTH: u32 = N * 2;

    fn new() -> Self {
        Running { sum: [0.0; N], count: 0 }
    }

    fn add(&mut self, lane: u32, value: f32) {
        self.sum[lane] += value;
        self.count += 1;
    }

    fn mean(&self, lane: u32) -> f32 {
        self.sum[lane] / self.count as f32
    }
}

struct Pair {
    left: Running<2>,
    scale: f32,
}

impl Pair {
    fn step(&mut self, value: f32) {
        self.left.add(0, value);
        self.left.add(1, value * self.scale);
        self.scale *= 2.0;
    }
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(64), threads = 64, targets = [sm_80, sm_90a, wgsl])]
fn structs(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 64 + thread_id();
    if i < n {
        let mut pair = Pair { left: Running::<2>::new(), scale: 3.0 };
        for k in 0..3 {
            pair.step(x[i] + k as f32);
        }
        let width = Running::<2>::WIDTH;
        y[i] = pair.left.mean(0) + pair.left.mean(1) + width as f32 + pair.scale;
    }
}
