struct Scalars {
    n: u32,
    grid_linear: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<f32, 128>;
var<workgroup> shared_1: array<u32, 64>;

@compute @workgroup_size(128, 1, 1)
fn shared_memory(
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>
) {
    let block = workgroup.x + workgroup.y * workgroups.x;
    if (block >= scalars.grid_linear) { return; }
    let v0 = block * 128u + thread.x;
    let x_0 = x[v0];
    shared_0[thread.x] = x_0;
    if (thread.x < 64u) {
        shared_1[thread.x] = thread.x * thread.x;
    }
    workgroupBarrier();
    let v1 = 127u - thread.x;
    let shared_0_0 = shared_0[v1];
    workgroupBarrier();
    let shared_0_1 = shared_0[thread.x];
    shared_0[thread.x] = shared_0_0 + shared_0_1 * 0.0f;
    workgroupBarrier();
    let shared_0_2 = shared_0[v1];
    workgroupBarrier();
    let shared_0_3 = shared_0[thread.x];
    shared_0[thread.x] = shared_0_2 + shared_0_3 * 1.0f;
    workgroupBarrier();
    let shared_0_4 = shared_0[v1];
    workgroupBarrier();
    let shared_0_5 = shared_0[thread.x];
    shared_0[thread.x] = shared_0_4 + shared_0_5 * 2.0f;
    workgroupBarrier();
    let shared_0_6 = shared_0[(thread.x + 1u) % 128u];
    let shared_1_0 = shared_1[thread.x / 2u];
    y[v0] = shared_0_6 + f32(shared_1_0);
}
