struct Scalars {
    w: u32,
    h: u32,
    d: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@group(0) @binding(1) var<uniform> scalars: Scalars;

@compute @workgroup_size(8, 4, 2)
fn grids(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let v0 = workgroup.x * 8u + thread.x;
    let v1 = workgroup.y * 4u + thread.y;
    let v2 = workgroup.z * 2u + thread.z;
    if (((v0 < scalars.w) & (v1 < scalars.h)) & (v2 < scalars.d)) {
        let v3 = workgroups.x + workgroups.y * 16u + workgroups.z * 256u + 0x40000u;
        y[(v2 * scalars.h + v1) * scalars.w + v0] = v3 + v0 + v1 * 0xf4240u + v2 * 0x989680u;
    }
}
