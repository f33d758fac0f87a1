struct Scalars {
    n: u32,
    a: f32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(64, 1, 1)
fn closures(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var total: f32;
    var seen: f32;
    let v0 = block * 64u + thread.x;
    if (v0 < scalars.n) {
        let v1 = scalars.a * 2.0f;
        let x_0 = x[v0];
        let v2 = (x_0 * v1 + 1.0f + 0.0f) * v1 + 1.0f + 0.0f;
        let x_1 = x[v0];
        let v3 = (x_1 * v1 + 1.0f + 1.0f) * v1 + 1.0f + 1.0f;
        let x_2 = x[v0];
        let v4 = (x_2 * v1 + 1.0f + 2.0f) * v1 + 1.0f + 2.0f;
        let x_3 = x[v0];
        let v5 = (x_3 * v1 + 1.0f + 3.0f) * v1 + 1.0f + 3.0f;
        total = -3e38f;
        total = max(total, v2);
        total = max(total, v3);
        total = max(total, v4);
        total = max(total, v5);
        let v6 = total;
        seen = 0.0f;
        let v7 = v6 - v2;
        seen = seen + v7 * v7;
        let v8 = v6 - v3;
        seen = seen + v8 * v8;
        let v9 = v6 - v4;
        seen = seen + v9 * v9;
        let v10 = v6 - v5;
        seen = seen + v10 * v10;
        y[v0] = seen + v6;
    }
}
