@group(0) @binding(0) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(8, 8, 1)
fn grids(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let v0 = thread.x + workgroup.x + workgroups.x + thread.y + workgroup.y;
    let v1 = v0 + workgroups.y + workgroup.z + workgroups.z;
    y[v1] = v1;
}
