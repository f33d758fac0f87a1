#[kernel(
    gird = rows,
    threads = 128,
    threads = 256,
    grid,
    frobnicate(a, b),
    grid = = rows,
    "text",
    shapes(x: rows),
    cost(bytes = 1),
    require(rows > 1),
    tiles(N) = all_of[1, 2],
    tensor_map(x, swizzle = b128),
    element(T: [f32]),
    index = 64 bits,
    when(rows > 1, println!()),
)]
fn f(x: &[f32], rows: u32) {}
