struct Scalars {
    n: u32,
    m: i32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(64, 1, 1)
fn loops(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var sum: f32;
    let v0 = block * 64u + thread.x;
    sum = 0.0f;
    for (var i0 = thread.x; i0 < scalars.n; i0 = select(scalars.n, i0 + 256u, (scalars.n - i0 > 256u))) {
        let x_0 = x[i0];
        sum = sum + x_0;
    }
    for (var i1 = 0u; i1 < 64u; i1 += 4u) {
        let x_1 = x[i1];
        sum = sum + x_1;
    }
    for (var rounds_0 = scalars.n; rounds_0 > 1u; rounds_0 -= 1u) {
        let i2 = rounds_0 - 1u;
        let x_2 = x[i2];
        sum = sum + x_2;
    }
    for (var rounds_1 = select(0u, ((scalars.n - thread.x) - 1u) / 3u + 1u, (thread.x < scalars.n)); rounds_1 > 0u; rounds_1 -= 1u) {
        let i3 = thread.x + (rounds_1 - 1u) * 3u;
        let x_3 = x[i3];
        sum = sum + x_3;
    }
    for (var i4 = -4i; i4 < scalars.m; i4 = select(scalars.m, i4 + 2i, (bitcast<u32>(scalars.m - i4) > 2u))) {
        let v1 = bitcast<u32>(i4);
        if ((v1 & 1u) == 1u) {
            continue;
        }
        let x_4 = x[v1];
        sum = sum + x_4;
    }
    for (var rounds_2 = select(0u, (bitcast<u32>(scalars.m - (-4i)) - 1u) / 2u + 1u, ((-4i) < scalars.m)); rounds_2 > 0u; rounds_2 -= 1u) {
        let i5 = (-4i) + i32(rounds_2 - 1u) * 2i;
        let x_5 = x[bitcast<u32>(i5)];
        sum = sum + x_5;
    }
    let v2 = sum;
    if (v2 < 0.0f) {
        y[v0] = -v2;
    } else {
        y[v0] = v2;
    }
}
