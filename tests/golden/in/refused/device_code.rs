//! Mistakes in device code: shown where they are, once however many calls, cases and targets have them.

struct Sum<T: Float> {
    total: T,
}

impl<T: Float> Sum<T> {
    fn add(&mut self, x: f32) {
        self.total += x;
    }
}

fn narrow(x: f32) -> f16 {
    x.to_half()
}

fn apply(x: f32, f: impl Fn(f32) -> f32) -> f32 {
    f(x, 1.0)
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn twice(y: &mut [f32], n: u32) {
    y[block_id()] = narrow(1.0).to_f32() + narrow(2.0).to_f32();
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, element(T = [f32, f16, bf16]))]
fn of_some_instances<T: Float>(y: &mut [f32], n: u32) {
    let mut sum = Sum::<T> { total: T::from_f32(0.0) };
    sum.add(1.0);
    y[block_id()] = sum.total.to_f32();
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn closures(y: &mut [f32], n: u32) {
    y[block_id()] = apply(1.0, |x| x * 2.0);
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn two_mistakes(y: &mut [f32], n: u32) {
    y[block_id()] = first;
    y[block_id()] = second;
}
