//! Reductions over a workgroup, with subgroup operations where the target has them.
//!
//! Every thread must take part, and gets the result. Each call uses workgroup memory of its own.

/// `x * x`
pub fn square<T>(x: T) -> T {
    x * x
}

/// The sum of `value` over the workgroup.
pub fn block_sum(value: f32) -> f32 {
    block_reduce(value, 0.0, |a, b| a + b, |x| subgroup_add(x))
}

/// The maximum of `value` over the workgroup.
pub fn block_max(value: f32) -> f32 {
    block_reduce(value, -3.0e38, |a, b| max(a, b), |x| subgroup_max(x))
}

/// Reduces first within subgroups, then over their results; a tree in workgroup memory without them.
fn block_reduce(
    value: f32,
    neutral: f32,
    combine: impl Fn(f32, f32) -> f32,
    within_subgroup: impl Fn(f32) -> f32,
) -> f32 {
    let tile = shared::<f32, { thread_count() }>();
    let thread = thread_id();
    if subgroup_size() > 0 && thread_count() % max(subgroup_size(), 1) == 0 {
        let partial = within_subgroup(value);
        if lane_id() == 0 {
            tile[subgroup_id()] = partial;
        }
        barrier();
        let mut result = neutral;
        for i in unroll(0..thread_count() / max(subgroup_size(), 1)) {
            result = combine(result, tile[i]);
        }
        result
    } else {
        static_assert(
            (thread_count() & (thread_count() - 1)) == 0,
            "a reduction over a workgroup needs a power of two of threads, or whole subgroups",
        );
        tile[thread] = value;
        barrier();
        for step in unroll(0..10) {
            let width = thread_count() >> (step + 1);
            if width > 0 {
                if thread < width {
                    tile[thread] = combine(tile[thread], tile[thread + width]);
                }
                barrier();
            }
        }
        tile[0]
    }
}

/// The sum of `x` over `LANES` neighbouring threads, a power of two up to 32; they get the same result.
/// More than one needs subgroups.
pub fn lanes_sum<const LANES: u32>(x: f32) -> f32 {
    static_assert(
        LANES <= 32 && (LANES & (LANES - 1)) == 0,
        "a sum over lanes needs a power of two of them, up to 32",
    );
    let mut sum = x;
    for step in unroll(0..5) {
        if (1 << step) < LANES {
            sum += shuffle_xor(sum, 1 << step);
        }
    }
    sum
}

/// The maximum of `x` over `LANES` neighbouring threads, as [`lanes_sum`].
pub fn lanes_max<const LANES: u32>(x: f32) -> f32 {
    static_assert(
        LANES <= 32 && (LANES & (LANES - 1)) == 0,
        "a maximum over lanes needs a power of two of them, up to 32",
    );
    let mut highest = x;
    for step in unroll(0..5) {
        if (1 << step) < LANES {
            highest = max(highest, shuffle_xor(highest, 1 << step));
        }
    }
    highest
}

/// `N` floats of workgroup memory, four at a time.
pub fn load_floats<const N: u32>(from: &[f32], start: u32) -> [f32; N] {
    static_assert(N % 4 == 0, "floats are loaded four at a time");
    let parts = map(N / 4, |p| from.load::<4>(start + 4 * p));
    map(N, |i| parts[i / 4][i % 4])
}
