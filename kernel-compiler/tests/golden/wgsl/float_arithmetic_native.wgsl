struct Scalars {
    eps: f32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(64, 1, 1)
fn float_arithmetic(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 64u + thread.x;
    let x_0 = x[v0];
    let v1 = x_0 + scalars.eps + (-x_0) + abs(x_0) + sqrt(x_0) + inverseSqrt(x_0);
    let v2 = v1 + 1.0f / x_0 + exp(x_0) + exp2(x_0) + log(x_0) + log2(x_0);
    let v3 = v2 + sin(x_0) + cos(x_0) + tanh(clamp(x_0, -10.0f, 10.0f)) + floor(x_0);
    let v4 = v3 + ceil(x_0) + trunc(x_0) + round(x_0) + exp2(x_0) + log2(x_0);
    let v5 = v4 + 1.0f / x_0 + inverseSqrt(x_0) + tanh(clamp(x_0, -10.0f, 10.0f));
    let v6 = fma(max(min((v5 - x_0) * x_0 / x_0 % x_0, x_0), x_0), -2.5f, x_0);
    y[v0] = select(x_0, v6, ((v6 < 0.0f) != (x_0 > 1e-7f)));
}
