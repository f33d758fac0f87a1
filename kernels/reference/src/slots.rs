//! Moving tokens within the paged cache.

use crate::{Float, PAGE};

/// `cache[to[i]] = cache[from[i]]` for every `i` in turn; slots outside of the cache move nothing.
///
/// `cache: [pages, kv_heads, 64, head_dim]`, `from`, `to: [moves]` (`page * 64 + offset`).
pub fn move_slots<K: Float>(
    from: &[u32],
    to: &[u32],
    cache: &mut [K],
    pages: u32,
    kv_heads: u32,
    head_dim: u32,
    moves: u32,
) {
    let row = head_dim as usize;
    let place = |slot: u32, head: u32| {
        let page = (slot / PAGE) as usize * kv_heads as usize + head as usize;
        (page * PAGE as usize + (slot % PAGE) as usize) * row
    };
    for (from, to) in from.iter().zip(to).take(moves as usize) {
        if from / PAGE >= pages || to / PAGE >= pages {
            continue;
        }
        for head in 0..kv_heads {
            let (from, to) = (place(*from, head), place(*to, head));
            if from.max(to) + row <= cache.len() {
                cache.copy_within(from..from + row, to);
            }
        }
    }
}
