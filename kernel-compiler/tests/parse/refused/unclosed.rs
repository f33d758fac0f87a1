fn f(x: u32) {
    if x == 1 {
}
