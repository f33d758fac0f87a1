//! `match` on a compile-time enum chooses the code; the variants are cases of the kernel.

enum Mask {
    Full,
    Causal,
    Window,
}

fn visible<const MASK: Mask>(query: u32, key: u32) -> bool {
    match MASK {
        Mask::Full => true,
        Mask::Causal | Mask::Window if query < key => false,
        Mask::Causal => true,
        Mask::Window => query - key < 4,
    }
}

#[kernel(
    shapes(y: [16, 16]),
    grid = 16,
    threads = 16,
    values(MASK = [Mask::Full, Mask::Causal, Mask::Window]),
    targets = [sm_80, wgsl],
)]
fn enums<const MASK: Mask>(y: &mut [u32]) {
    let (query, key) = (block_id(), thread_id());
    y[query * 16 + key] = select(visible::<MASK>(query, key), 1, 0);
}
