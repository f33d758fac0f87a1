#[kernel(
    shapes(x: [rows], xs: [rows], x: [rows]),
    element(U = [f32]),
    values(N = [1, 2], THREAD = [4]),
    tiles(THREADS, N) = first_of[(1, 2)],
    split(z: rows),
    tensor_map(w, tile = [64], swizzle = b128),
)]
fn f<T: Float, const THREADS: u32, const N: u32, const OPEN: u32>(x: &[T], rows: u32) {}

#[kernel]
fn g() {}
