struct Scalars {
    eps: f32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

// sin(x + quarters * pi / 2), at most 1.7e-7 off where abs(x) <= 2^20; WGSL's own may be 2^-11 off, and
// anything beyond pi. Cody & Waite 1980: of pi / 2 = 1.57080078125f - 4.4535846e-6f - 8.705516e-10f the
// first two have 12 bits and both parts of the multiple 10, so that their products are exact.
fn sine(x: f32, quarters: f32) -> f32 {
    let k = round(x * 0.63661975f);
    let high = round(k * 0.0009765625f) * 1024f;
    let low = k - high;
    var r = x - high * 1.57080078125f - low * 1.57080078125f;
    r = r + high * 4.4535846e-6f + low * 4.4535846e-6f + k * 8.705516e-10f;
    let z = r * r;
    let odd = r + r * z * (-0.16666664f + z * (0.008332725f - z * 1.9582856e-4f));
    let even = 1f + z * (-0.5f + z * (0.041666664f + z * (-0.0013888279f + z * 2.4542855e-5f)));
    let turn = k + quarters;
    let quadrant = turn - 4f * floor(turn * 0.25f);
    let value = select(odd, even, quadrant == 1f || quadrant == 3f);
    return select(value, -value, quadrant >= 2f);
}

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
    let v3 = v2 + sine(x_0, 0.0f) + sine(x_0, 1.0f) + tanh(clamp(x_0, -10.0f, 10.0f));
    let v4 = v3 + floor(x_0) + ceil(x_0) + trunc(x_0) + round(x_0) + exp2(x_0);
    let v5 = v4 + log2(x_0) + 1.0f / x_0 + inverseSqrt(x_0) + tanh(clamp(x_0, -10.0f, 10.0f));
    let v6 = fma(max(min((v5 - x_0) * x_0 / x_0 % x_0, x_0), x_0), -2.5f, x_0);
    y[v0] = select(x_0, v6, ((v6 < 0.0f) != (x_0 > 1e-7f)));
}
