async fn a() {}
unsafe fn b() {}
extern "C" fn c() {}
fn d<T = f32>(x: T) {}
fn e((x, y): (u32, u32)) {}
fn f(x: impl Float) {}
struct S;
impl S {
    fn g(self: &Self) {}
    #[kernel(grid = 1, threads = 1)]
    fn h(&self) {}
}
#[kernel(grid = 1, threads = 1)]
fn i(x: &[f32]) -> f32 {
    x[0]
}
fn j<const N: u32 = 4>() {}
