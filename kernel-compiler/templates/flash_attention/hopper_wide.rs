//! Attention of dense tensors on Hopper (sm_90a), heads of more than 128 dimensions: their tiles leave no
//! memory for finished rows.

/// As the kernel for heads of up to 128 dimensions, but that rows leave straight from registers.
#[kernel(
    shapes(
        q: [batch, tokens, heads, HEAD_DIM],
        k: [batch, keys, kv_heads, HEAD_DIM],
        v: [batch, keys, kv_heads, HEAD_DIM],
        out: [batch, tokens, heads, HEAD_DIM],
        lse: [batch, heads, tokens],
        counter: [1],
    ),
    grid = workers,
    threads = QUERY * 2 + 128,
    targets = [sm_90a],
    tensor_map(
        q,
        tile = [64, QUERY, HEAD_DIM / 64, 1, 1],
        dims = [64, tokens, HEAD_DIM / 64, heads, batch],
        strides = [heads * HEAD_DIM, 64, HEAD_DIM, tokens * heads * HEAD_DIM],
        swizzle = b128,
    ),
    tensor_map(
        k,
        tile = [64, KEY, HEAD_DIM / 64, 1, 1],
        dims = [64, keys, HEAD_DIM / 64, kv_heads, batch],
        strides = [kv_heads * HEAD_DIM, 64, HEAD_DIM, keys * kv_heads * HEAD_DIM],
        swizzle = b128,
    ),
    tensor_map(
        v,
        tile = [64, KEY, HEAD_DIM / 64, 1, 1],
        dims = [64, keys, HEAD_DIM / 64, kv_heads, batch],
        strides = [kv_heads * HEAD_DIM, 64, HEAD_DIM, keys * kv_heads * HEAD_DIM],
        swizzle = b128,
    ),
    require(HEAD_DIM % 64 == 0, "a head has a multiple of 64 dimensions"),
    require(KEY % 16 == 0 && KEY <= 256, "a key tile is a multiple of 16 keys up to 256"),
    require(QUERY == 128 || QUERY == 192, "two or three consumer groups have 64 queries each"),
    require(AHEAD == 0 || STAGES == 2, "a second set of weights goes with two stages"),
    when(heads % kv_heads == 0),
    when(tokens <= keys),
    when(keys >= LEAST),
    cost(
        bytes = 4 * batch * tokens * heads * HEAD_DIM,
        flops = 4 * batch * tokens * heads * HEAD_DIM * keys,
    ),
)]
pub fn attention_dense<
    K: Float,
    const HEAD_DIM: u32,
    const CAUSAL: bool,
    const QUERY: u32,
    const KEY: u32,
    const Q_STAGES: u32,
    const STAGES: u32,
    const PING_PONG: u32,
    const AHEAD: u32,
    const LEAST: u32,
>(
    q: &TensorMap<K>,
    k: &TensorMap<K>,
    v: &TensorMap<K>,
    out: &mut [K],
    lse: &mut [f32],
    counter: &mut [u32],
    batch: u32,
    tokens: u32,
    keys: u32,
    heads: u32,
    kv_heads: u32,
    workers: u32,
    scale: f32,
) {
    const GROUPS: u32 = QUERY / 64;
    let sizes =
        Sizes { batch: batch, tokens: tokens, keys: keys, heads: heads, kv_heads: kv_heads };
    let put = |work, sum, factor| {
        put_rows::<K, HEAD_DIM>(out, sizes, work, sum, factor);
    };
    attend::<K, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES, { PING_PONG > 0 }, { AHEAD > 0 }>(
        q, k, v, lse, counter, sizes, scale, put,
    );
}
