struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;

@compute @workgroup_size(64, 1, 1)
fn loops(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    var hash: u32;
    var left: u32;
    var k: u32;
    let v0 = block * 64u + thread.x;
    if (v0 >= scalars.n) {
        return;
    }
    let x_0 = x[v0];
    hash = 17u;
    for (var i0 = 0u; i0 < x_0; i0 += 1u) {
        hash = hash * 31u + i0;
    }
    for (var rounds_0 = x_0; rounds_0 > 0u; rounds_0 -= 1u) {
        let i1 = rounds_0 - 1u;
        hash = hash * 31u + i1;
    }
    let v1 = x_0 + 1u;
    for (var i2 = 1u; i2 < v1; i2 = select(v1, i2 + 3u, (v1 - i2 > 3u))) {
        hash = hash * 31u + i2;
    }
    for (var rounds_1 = select(0u, ((x_0 - 2u) - 1u) / 4u + 1u, (2u < x_0)); rounds_1 > 0u; rounds_1 -= 1u) {
        let i3 = 2u + (rounds_1 - 1u) * 4u;
        hash = hash * 31u + i3;
    }
    left = x_0;
    loop {
        if (!((left > 3u) & (hash != 0u))) {
            break;
        }
        left = left / 2u;
        hash = hash ^ left;
    }
    k = 0u;
    loop {
        k = k + 1u;
        if (k % 2u == 0u) {
            continue;
        }
        if (k > x_0) {
            break;
        }
        hash = hash * 31u + k;
        let v2 = k;
        for (var i4 = 0u; i4 < v2; i4 += 1u) {
            if (i4 * i4 > x_0) {
                break;
            }
            if (i4 == 2u) {
                continue;
            }
            hash = hash + i4;
        }
    }
    y[v0] = hash;
}
