//! Dense tensors: a batch of sequences of one length.

use tilewright_runtime::{Device, Error, Tensor};

/// The instances.
pub(crate) mod kernels {
    use tilewright_kernel_macros::flash_attention;

    // Figures of one NVIDIA H100 (batch * tokens = 16384, heads * head_dim = 2048), in ratio to cuDNN 9.19 in
    // the same run: docs of the template `flash_attention/hopper.rs`.
    flash_attention! {
        /// Heads of 64 and 128 dimensions.
        pub attention_dense {
            phase: prefill,
            head_dim: [64, 128],
            element: [bf16, f16],
            mask: [full, causal],
            kv: [dense],
            tiles: {
                // The family's texts have a limit: one tile for the element that fewer models have.
                sm_90a if element == f16 => { query: 128, key: 128 },
                sm_90a if head_dim == 128 => first_of[
                    { query: 128, key: 128, ahead: 1, ping_pong: 0, least: 2048 },
                    { query: 128, key: 128 },
                ],
                sm_90a if mask == causal => first_of[
                    { query: 192, key: 128, least: 2048 },
                    { query: 128, key: 128 },
                ],
                sm_90a => { query: 192, key: 128 },
            },
            crate: crate::runtime,
        }

        /// Heads of 256 dimensions.
        pub attention_dense_wide {
            phase: prefill,
            head_dim: 256,
            element: [bf16, f16],
            mask: [full, causal],
            kv: [dense],
            tiles: { sm_90a => { query: 128, key: 80, query_stages: 1 } },
            crate: crate::runtime,
        }
    }
}

/// Element types of dense attention: `bf16` and `f16`.
pub trait DenseElement:
    tilewright_runtime::Element
    + kernels::attention_dense::ElementK
    + kernels::attention_dense_wide::ElementK
{
}

impl DenseElement for tilewright_runtime::bf16 {}
impl DenseElement for tilewright_runtime::f16 {}

/// `out = softmax(scale * q K^T) V` for every row, and the logarithm of the sum of its weights.
///
/// `q`, `out: [B, T, H, hd]`, `k`, `v: [B, S, G, hd]`, `lse: [B, H, T]`; `hd` is 64, 128 or 256. With
/// `causal`, row `i` sees the keys up to `i + S - T`. `counter` is one zero before the first launch, and
/// zero again after each: launches that may overlap need one each.
///
/// # Errors
/// [`Error::NoCase`] for another head size, more rows than keys, and shapes that contradict each other;
/// and the launch's: on the GPU it runs on Hopper.
#[allow(clippy::too_many_arguments)]
pub fn attention_dense<K: DenseElement>(
    device: &Device,
    q: &Tensor<K>,
    k: &Tensor<K>,
    v: &Tensor<K>,
    out: &mut Tensor<K>,
    lse: &mut Tensor<f32>,
    counter: &mut Tensor<u32>,
    causal: bool,
    scale: f32,
) -> Result<(), Error> {
    let cuda = device.capabilities().cuda.as_ref();
    let workers = cuda.map_or(1, |cuda| cuda.multiprocessors.max(1));
    if q.shape().dims().get(3) == Some(&256) {
        kernels::attention_dense_wide(device, q, k, v, out, lse, counter, workers, scale, causal)
    } else {
        kernels::attention_dense(device, q, k, v, out, lse, counter, workers, scale, causal)
    }
}
