use core::f32;

static TABLE: [u32; 2] = [1, 2];
trait Shape {
    fn area(&self) -> f32;
}
type Row = [f32; 4];
mod inner {}
union Bits {
    a: u32,
    b: f32,
}
extern crate std;
thread_local! {}

struct Tile<const N: u32 = 4> {
    #[serde(skip)]
    rows: u32,
}
impl Default for Tile<4> {
    fn default() -> Self {
        Tile { rows: 4 }
    }
}
impl Tile<4> {
    type Row = f32;
}

enum Mask<T> {
    Full(u32),
    Causal = 4,
}

#[unroll]
fn f() {
    fn g() {}
    struct Local;
    const FINE: u32 = 4;
    use core::f32;
}
#[cfg(test)]
fn h() {}
#[inlien]
#[must_use]
fn i() {}
