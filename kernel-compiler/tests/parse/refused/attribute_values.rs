#[kernel(
    grid = (1, 2, 3, 4),
    threads = (),
    values(N = []),
    tiles(A, B) = first_of[(1, 2), (1), (1, 2, 3)],
    index = 16,
    tensor_map(x, tile = [64], swizzle = b127),
    cluster = vec![1],
)]
fn f<const N: u32, const A: u32, const B: u32>(x: &[f32]) {}

#[kernel(grid = 1, threads = A, tiles(A) = first_of[])]
fn g<const A: u32>() {}
