//! Device functions generic over types and constants, inferred and explicit.

fn widen<T: Float>(x: T) -> f32 {
    x.to_f32()
}

fn dot<T: Float, const N: u32>(a: [T; N], b: [T; N]) -> f32 {
    let mut sum = 0.0f32;
    for i in unroll(0..N) {
        sum += widen(a[i]) * widen(b[i]);
    }
    sum
}

fn scaled<const N: u32>(x: f32) -> f32 {
    x * N as f32
}

#[kernel(
    shapes(x: [n * VEC], y: [n]),
    grid = n.div_ceil(32),
    threads = 32,
    element(T = [f32, f16, bf16]),
    values(VEC = [2, 4]),
    targets = [sm_80, wgsl],
)]
fn generics<T: Float, const VEC: u32>(x: &[T], y: &mut [f32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        let v: [T; VEC] = x.load(i * VEC);
        y[i] = scaled::<{ VEC + 1 }>(dot(v, v)) + size_of::<T>() as f32;
    }
}
