@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
struct Scalars { a: f32, n: u32 }
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(64)
fn saxpy(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.x;
    if (i < scalars.n) {
        y[i] = scalars.a * x[i] + y[i];
    }
}
