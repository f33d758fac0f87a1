//! Moving tokens within the paged cache: the accepted branch of a drafted tree.

use tilewright_kernel_macros::kernel;

/// `cache[to[i]] = cache[from[i]]` for `i = 0, 1, ..`, one after the other: a slot that was moved away
/// may be written then. A slot is `page * 64 + offset`; those outside of the cache move nothing.
///
/// `cache: [pages, kv_heads, 64, head_dim]`, `from`, `to: [moves]`. A thread takes four elements of
/// every moved token, so that the order needs no barrier.
///
/// # Errors
/// [`tilewright_runtime::Error::NoCase`] where `head_dim` is no multiple of four, and the launch's.
#[kernel(
    shapes(cache: [pages, kv_heads, 64, head_dim], from: [moves], to: [moves]),
    grid = (head_dim.div_ceil(4 * THREADS), kv_heads),
    threads = THREADS,
    element(K = [f32, f16, bf16]),
    tiles(THREADS) = first_of[(32)],
    when(head_dim % 4 == 0),
    cost(bytes = moves * (8 + 2 * kv_heads * head_dim * size_of::<K>()), flops = 0),
    reference = tilewright_kernels_reference::move_slots,
    crate = ::tilewright_runtime,
)]
pub fn move_slots<K: Float, const THREADS: u32>(
    from: &[u32],
    to: &[u32],
    cache: &mut [K],
    pages: u32,
    kv_heads: u32,
    head_dim: u32,
    moves: u32,
) {
    let kv_head = block_id_y();
    let e = (block_id() * THREADS + thread_id()) * 4;
    if e < head_dim {
        for i in 0..moves {
            let source = from[i];
            let target = to[i];
            if source / 64 < pages && target / 64 < pages {
                let read = (index(source / 64) * kv_heads + kv_head) * 64 + source % 64;
                let write = (index(target / 64) * kv_heads + kv_head) * 64 + target % 64;
                let x: [K; 4] = cache.load(read * head_dim + e);
                cache.store(write * head_dim + e, x);
            }
        }
    }
}
