//! `x += attention(norm(x))`

use crate::batch::Span;
use crate::config::Config;
use crate::kv_cache::LayerCache;
use crate::weights::{BlockWeights, Weights};
use crate::workspace::Pass;
use tilewright_kernels::{self as kernels, KvElement, Norm, Output};
use tilewright_runtime::{Device, Error};

/// What the attention of every block shares.
#[derive(Debug, Clone, Copy)]
pub struct Attention<'a> {
    /// The device.
    pub device: &'a Device,
    /// The model's hyper-parameters.
    pub config: &'a Config,
    /// The model's weights.
    pub weights: &'a Weights,
    /// The tokens of the pass by spans. Those of one token that come first are computed together,
    /// whosever they are, so that nothing but buffers differs between passes of only such ones.
    pub spans: &'a [Span],
    /// How many come first.
    pub singles: u32,
    /// Whether tokens of drafted trees are among them.
    pub trees: bool,
}

/// Adds the attention of one block to the residual stream, and keys and values to its cache.
///
/// # Errors
/// What the device reports.
pub fn attention<K: KvElement>(
    shared: &Attention<'_>,
    block: &BlockWeights,
    cache: &mut LayerCache<K>,
    pass: &mut Pass,
) -> Result<(), Error> {
    let Attention { device, config, weights, .. } = *shared;
    let (x, normed) = (&pass.x, &mut pass.normed);
    let norm = Norm { gains: &block.attention_norm, eps: config.rms_epsilon };
    let (qkv, parts) = (&mut pass.qkv, block.qkv.matrices());
    kernels::matmul_normed(device, &parts, x, &norm, normed, qkv, &pass.scratch)?;
    kernels::rotary_append(
        device,
        qkv,
        &weights.frequencies,
        &pass.inputs.positions,
        &pass.inputs.slots,
        &mut pass.q,
        &mut cache.keys,
        &mut cache.values,
        config.rope.magnitude(),
    )?;
    attend(shared, cache, pass)?;
    let tokens = pass.inputs.tokens.len();
    let attended = pass.attended.reshape([tokens, config.query_width()])?;
    kernels::matmul(
        device,
        &block.attention_output,
        &attended,
        &mut pass.x,
        0,
        Output::Add,
        &pass.scratch,
    )
}

/// `attended = softmax(q k / sqrt(hd)) v`, over the keys up to each token's own.
fn attend<K: KvElement>(
    shared: &Attention<'_>,
    cache: &LayerCache<K>,
    pass: &mut Pass,
) -> Result<(), Error> {
    let Attention { device, singles, .. } = *shared;
    let scale = 1.0 / (shared.config.head_size as f32).sqrt();
    let table = &pass.inputs.block_table;
    if singles > 0 {
        let heads = [singles, shared.config.head_count, shared.config.head_size];
        let (q, rows) = (pass.q.view(0, heads)?, pass.inputs.rows.view(0, singles)?);
        let (keys, values) = (&cache.keys, &cache.values);
        let (out, parts) = (&mut pass.attended.view(0, heads)?, &pass.parts);
        if shared.trees {
            let places = pass.inputs.places.view(0, singles)?;
            let nodes = pass.inputs.nodes.view(0, [singles, 3])?;
            kernels::attention_tree(
                device, &q, keys, values, table, &places, &nodes, out, scale, parts,
            )?;
        } else {
            let positions = pass.inputs.positions.view(0, singles)?;
            kernels::attention_decode(
                device, &q, keys, values, table, &rows, &positions, out, scale, parts,
            )?;
        }
    }
    for (row, span) in (0..).zip(shared.spans).skip(singles as usize) {
        kernels::attention_prefill(
            device,
            &pass.q,
            &cache.keys,
            &cache.values,
            table,
            row,
            span.first_token,
            span.tokens,
            span.first_position,
            &mut pass.attended,
            scale,
        )?;
    }
    Ok(())
}
