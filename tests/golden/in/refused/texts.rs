//! Mistakes that a back end finds in one case of several.

#[kernel(
    shapes(x: [n], y: [n]),
    when(n % VEC == 0),
    grid = n.div_ceil(32 * VEC),
    threads = 32,
    element(T = [f32, f16, u8]),
    tiles(VEC) = first_of[4, 2, 1],
    targets = [sm_80, wgsl],
)]
fn narrow_tiles<T: Element, const VEC: u32>(x: &[T], y: &mut [T], n: u32) {
    let i = (block_id() * 32 + thread_id()) * VEC;
    if i < n {
        let v: [T; VEC] = x.load(i);
        y.store(i, v);
    }
}
