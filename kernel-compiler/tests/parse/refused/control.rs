fn f(x: u32) {
    let Some(a) = x else { return };
    if let Some(b) = x {}
    while let Some(c) = x {}
    'outer: for i in 0..4 {
        loop {
            break 'outer;
            continue 'outer;
        }
    }
    let d = loop {
        break x + 1;
    };
    let e = 'block: { 1 };
    if x > 1 && let Some(b) = x {}
}
