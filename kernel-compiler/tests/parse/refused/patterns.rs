fn f(x: u32) {
    let [a, b] = x;
    let Tile { rows, cols } = x;
    let Pair(c, d) = x;
    let (e, ..) = x;
    let ref g = x;
    let &h = x;
    match x {
        0..=3 => 1,
        n @ 4 => n,
        pattern!() => 1,
        -1 | Mask::Full => 1,
        _ => 0,
    };
}
