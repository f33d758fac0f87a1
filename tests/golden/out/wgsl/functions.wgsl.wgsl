struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(64, 1, 1)
fn functions(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var joined: u32;
    var joined_0: u32;
    var joined_1: u32;
    var out: u32;
    var joined_2: i32;
    let v0 = block * 64u + thread.x;
    if (v0 < scalars.n) {
        let x_0 = x[v0];
        let v1 = x_0 + 1u;
        let v2 = x_0 % 7u;
        if (v2 == 0u) {
            joined_1 = 100u;
        } else {
            if ((v2 == 1u) | (v2 == 2u)) {
                joined_0 = 200u + x_0;
            } else {
                if (v2 > 4u) {
                    joined = 300u;
                } else {
                    joined = v1 * v1;
                }
                joined_0 = joined;
            }
            joined_1 = joined_0;
        }
        out = v1 + x_0 * 2u + joined_1;
        if (x_0 > 42u) {
            out = out + 1u;
        } else {
            if (x_0 == 42u) {
                out = out + 2u;
            } else {
                out = out + 3u;
            }
        }
        let v3 = bitcast<i32>(x_0) - 20i;
        let v4 = bitcast<i32>(out);
        if (v3 < 0i) {
            joined_2 = -1i;
        } else {
            joined_2 = 1i;
        }
        y[v0] = v4 + joined_2 * min(abs(v3), 9i);
    }
}
