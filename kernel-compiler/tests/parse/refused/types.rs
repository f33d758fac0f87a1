fn a(x: fn(u32) -> u32, y: *const f32) -> ! {}
fn b(x: &dyn Shape, y: Box<dyn Fn(u32)>) {}
fn c(x: <T as Shape>::Row, y: Sum<Row = f32>, z: list![u32]) {}
