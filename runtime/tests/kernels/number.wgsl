// y[block] = block + 1, one thread per block, over a grid of any length.
@group(0) @binding(0) var<storage, read_write> y: array<u32>;
struct Scalars { grid_linear: u32 }
@group(0) @binding(1) var<uniform> scalars: Scalars;

@compute @workgroup_size(1)
fn number(
    @builtin(workgroup_id) block: vec3<u32>,
    @builtin(num_workgroups) blocks: vec3<u32>,
) {
    let linear = block.y * blocks.x + block.x;
    if (linear < scalars.grid_linear) {
        y[linear] = linear + 1u;
    }
}
