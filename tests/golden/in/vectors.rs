//! Loads and stores of 4, 8 and 16 bytes at once, of every element type.

#[kernel(
    shapes(x: [n], y: [n], z: [n]),
    when(n % VEC == 0 && VEC * size_of::<T>() >= 4 && VEC * size_of::<T>() <= 16),
    grid = n.div_ceil(32 * VEC),
    threads = 32,
    element(T = [f32, f16, bf16, u32, i32, u16, i16, u8, i8]),
    values(VEC = [1, 2, 4, 8, 16]),
    targets = [sm_80, wgsl],
)]
fn vectors<T: Element, const VEC: u32>(x: &[T], y: &mut [T], z: &mut [T], n: u32) {
    let tile = shared::<T, { 32 * VEC }>();
    let i = (block_id() * 32 + thread_id()) * VEC;
    if i < n {
        let v: [T; VEC] = x.load(i);
        y.store(i, map(VEC, |k| v[VEC - 1 - k]));
        tile.store(thread_id() * VEC, v);
        let w = tile.load::<VEC>(thread_id() * VEC);
        z.store(i, w);
    }
}
