//! Rotary position embedding, fused with appending keys and values to the paged cache.

tilewright_kernel_macros::rotary! {
    /// Rotates the interleaved pairs of every query and key head, writes the queries to `q_out` and
    /// stores keys and values in the paged cache.
    ///
    /// `qkv: [tokens, (heads + 2 * kv_heads) * head_dim]` (query heads, key heads, value heads),
    /// `frequencies: [half_rotary]` (inverse, scaled; pairs beyond it are copied),
    /// `positions: [tokens]`, `slots: [tokens]` (`page * 64 + offset`; a slot outside of the cache,
    /// such as `u32::MAX`, stores nothing), `q_out: [tokens, heads, head_dim]`, `k_cache`,
    /// `v_cache: [pages, kv_heads, 64, head_dim]`. `magnitude` scales the rotated pairs (yarn; 1
    /// otherwise). Su et al. 2021, "RoFormer", equation 34.
    ///
    /// # Errors
    /// [`tilewright_runtime::Error::NoCase`] where shapes contradict each other or heads are of odd
    /// size, and the launch's.
    pub rotary_append {
        element: [f32, f16, bf16],
        tiles: { sm_80 => { threads: 32 }, wgsl => { threads: 32 } },
        crate: crate::runtime,
    }
}
