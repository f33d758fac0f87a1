//! Attention over the paged cache: one token of many sequences, or many tokens of one.

use crate::KvElement;
use tilewright_kernels_attention::{self as kernel, Parts};
use tilewright_runtime::{Device, Error, Shape, Tensor};

/// Attention of every token to the keys `0..=positions[t]` of its sequence.
///
/// `q: [T, H, hd]`, `k_cache`, `v_cache: [pages, G, 64, hd]`, `block_table: [S, max_pages]` (the
/// page of each 64 positions), `sequence: [T]` (row of `block_table`), `positions: [T]`,
/// `out: [T, H, hd]`. Keys in pages that the table's row or the cache does not have are masked,
/// and so is a sequence that the table does not have; a token without a key gets 0. Sequences are
/// computed in `parts`; with fewer than [`Parts::count`] of the longest one's keys, the last part takes
/// the rest.
///
/// # Errors
/// [`Error::ShapeMismatch`] where `H` is no multiple of `G`, [`Error::NoCase`] where shapes
/// contradict each other, and the launch's.
#[allow(clippy::too_many_arguments)]
pub fn attention_decode<K: KvElement>(
    device: &Device,
    q: &Tensor<f32>,
    k_cache: &Tensor<K>,
    v_cache: &Tensor<K>,
    block_table: &Tensor<u32>,
    sequence: &Tensor<u32>,
    positions: &Tensor<u32>,
    out: &mut Tensor<f32>,
    scale: f32,
    parts: &Parts,
) -> Result<(), Error> {
    check_heads(q, k_cache)?;
    kernel::attention_decode(
        device,
        q,
        k_cache,
        v_cache,
        block_table,
        sequence,
        positions,
        out,
        scale,
        parts,
    )
}

/// Attention of every token to the keys that it sees: of those at the places `0..=places[t]` of its
/// sequence, the ones before `nodes[t, 1]` and those at `nodes[t, 1] + i` for the set bits `i` of
/// `nodes[t, 2]`.
///
/// Tensors as for [`attention_decode`]; `places: [T]` (where a key lies in its sequence's pages),
/// `nodes: [T, 3]`. `nodes[t, 1] > places[t]` is the causal mask.
///
/// # Errors
/// As there.
#[allow(clippy::too_many_arguments)]
pub fn attention_tree<K: KvElement>(
    device: &Device,
    q: &Tensor<f32>,
    k_cache: &Tensor<K>,
    v_cache: &Tensor<K>,
    block_table: &Tensor<u32>,
    places: &Tensor<u32>,
    nodes: &Tensor<u32>,
    out: &mut Tensor<f32>,
    scale: f32,
    parts: &Parts,
) -> Result<(), Error> {
    check_heads(q, k_cache)?;
    kernel::attention_tree(
        device,
        q,
        k_cache,
        v_cache,
        block_table,
        places,
        nodes,
        out,
        scale,
        parts,
    )
}

/// Attention of consecutive tokens of one sequence: token `first_token + i` stands at position
/// `first_position + i` and sees the keys up to its own. The other rows of `out` are kept.
///
/// Tensors as for [`attention_decode`].
///
/// # Errors
/// As there, and [`Error::OutOfRange`] where `q` has not those rows or the block table has not
/// that sequence.
#[allow(clippy::too_many_arguments)]
pub fn attention_prefill<K: KvElement>(
    device: &Device,
    q: &Tensor<f32>,
    k_cache: &Tensor<K>,
    v_cache: &Tensor<K>,
    block_table: &Tensor<u32>,
    sequence_row: u32,
    first_token: u32,
    tokens: u32,
    first_position: u32,
    out: &mut Tensor<f32>,
    scale: f32,
) -> Result<(), Error> {
    check_heads(q, k_cache)?;
    within(first_token, tokens, q.shape())?;
    within(sequence_row, 1, block_table.shape())?;
    kernel::attention_prefill(
        device,
        q,
        k_cache,
        v_cache,
        block_table,
        sequence_row,
        first_token,
        tokens,
        first_position,
        out,
        scale,
    )
}

/// Whether `start..start + count` are rows of a tensor.
fn within(start: u32, count: u32, shape: Shape) -> Result<(), Error> {
    let len = shape.dims().first().copied().unwrap_or(0);
    let (start, end) = (u64::from(start), u64::from(start) + u64::from(count));
    if end <= len { Ok(()) } else { Err(Error::OutOfRange { start, end, len }) }
}

/// Query heads must be a multiple of key-value heads; ranks are the launch's to check.
fn check_heads<K: KvElement>(q: &Tensor<f32>, k_cache: &Tensor<K>) -> Result<(), Error> {
    let (q, cache) = (q.shape(), k_cache.shape());
    let (&[tokens, heads, head_dim], &[_, kv_heads, ..]) = (q.dims(), cache.dims()) else {
        return Ok(());
    };
    if kv_heads > 0 && heads.is_multiple_of(kv_heads) {
        return Ok(());
    }
    let multiple = heads.next_multiple_of(kv_heads.max(1));
    Err(Error::ShapeMismatch {
        what: format!("q of attention over {kv_heads} key-value heads"),
        expected: Shape::from([tokens, multiple, head_dim]),
        found: q,
    })
}
