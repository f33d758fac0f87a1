//! A Llama in plain f32, one token after the other, without any of the crate's own arithmetic.

use crate::blocks;
use std::collections::BTreeMap;
use tilewright_model::config::{RopeScaling, Yarn};
use tilewright_model::{Config, GgufFile};

/// A whole model as f32.
pub struct Oracle {
    config: Config,
    tensors: BTreeMap<String, Vec<f32>>,
}

/// Keys and values of every block and position.
type Cache = Vec<Vec<(Vec<f32>, Vec<f32>)>>;

impl Oracle {
    pub fn new(file: &[u8]) -> Self {
        let gguf = GgufFile::from_bytes(file.to_vec()).unwrap();
        let config = Config::from_gguf(&gguf).unwrap();
        let tensors = gguf.tensors().map(|t| (t.name.to_owned(), blocks::weights(&t))).collect();
        Oracle { config, tensors }
    }

    /// Logits after each token.
    pub fn logits(&self, tokens: &[u32]) -> Vec<Vec<f32>> {
        let mut cache: Cache = vec![Vec::new(); self.config.block_count as usize];
        tokens.iter().map(|token| self.step(*token as usize, &mut cache)).collect()
    }

    fn step(&self, token: usize, cache: &mut Cache) -> Vec<f32> {
        let width = self.config.embedding_length as usize;
        let embedding = self.tensor("token_embd.weight");
        let mut x = embedding[token * width..(token + 1) * width].to_vec();
        for (block, cache) in cache.iter_mut().enumerate() {
            let name = |part: &str| format!("blk.{block}.{part}.weight");
            let normed = self.norm(&x, &name("attn_norm"));
            let attended = self.attention(&normed, &name, cache);
            add(&mut x, &self.product(&attended, &name("attn_output")));
            let normed = self.norm(&x, &name("ffn_norm"));
            let gate = self.product(&normed, &name("ffn_gate"));
            let up = self.product(&normed, &name("ffn_up"));
            let inner: Vec<f32> =
                gate.iter().zip(up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
            add(&mut x, &self.product(&inner, &name("ffn_down")));
        }
        let normed = self.norm(&x, "output_norm.weight");
        let head = if self.config.tied_output { "token_embd.weight" } else { "output.weight" };
        self.product(&normed, head)
    }

    fn attention(
        &self,
        x: &[f32],
        name: &dyn Fn(&str) -> String,
        cache: &mut Vec<(Vec<f32>, Vec<f32>)>,
    ) -> Vec<f32> {
        let size = self.config.head_size as usize;
        let group = (self.config.head_count / self.config.head_count_kv) as usize;
        let position = cache.len() as f32;
        let mut q = self.product(x, &name("attn_q"));
        let mut k = self.product(x, &name("attn_k"));
        let heads = q.chunks_exact_mut(size).chain(k.chunks_exact_mut(size));
        heads.for_each(|head| self.rotate(head, position));
        cache.push((k, self.product(x, &name("attn_v"))));
        let attend = |(head, q): (usize, &[f32])| {
            let at = head / group * size..(head / group + 1) * size;
            let scores = cache.iter().map(|(k, _)| dot(q, &k[at.clone()]) / (size as f32).sqrt());
            let scores: Vec<f32> = scores.collect();
            let most = scores.iter().copied().fold(f32::MIN, f32::max);
            let weights: Vec<f32> = scores.iter().map(|s| (s - most).exp()).collect();
            let sum: f32 = weights.iter().sum();
            let mut out = vec![0.0; size];
            for (weight, (_, v)) in weights.iter().zip(cache.iter()) {
                let v = &v[at.clone()];
                out.iter_mut().zip(v).for_each(|(out, v)| *out += weight / sum * v);
            }
            out
        };
        q.chunks_exact(size).enumerate().flat_map(attend).collect()
    }

    /// Turns the pairs `(2i, 2i + 1)` of a head.
    fn rotate(&self, head: &mut [f32], position: f32) {
        let rope = &self.config.rope;
        let factors = self.tensors.get("rope_freqs.weight");
        let magnitude = match rope.scaling {
            RopeScaling::Yarn(yarn) => yarn.attn_factor * (0.1 * yarn.factor.ln() + 1.0),
            _ => 1.0,
        };
        let dims = rope.dimension_count as usize;
        for (i, pair) in head[..dims].chunks_exact_mut(2).enumerate() {
            let plain = 1.0 / rope.freq_base.powf(2.0 * i as f32 / dims as f32);
            let stretch = match rope.scaling {
                RopeScaling::None => 1.0,
                RopeScaling::Linear { factor } => factor,
                RopeScaling::Yarn(yarn) => stretch(&yarn, i, dims, rope.freq_base),
            };
            let angle = position * (plain / factors.map_or(1.0, |f| f[i]) / stretch);
            let (sin, cos) = angle.sin_cos();
            let (sin, cos) = (sin * magnitude, cos * magnitude);
            let (a, b) = (pair[0], pair[1]);
            pair[0] = a * cos - b * sin;
            pair[1] = a * sin + b * cos;
        }
    }

    fn norm(&self, x: &[f32], name: &str) -> Vec<f32> {
        let mean = dot(x, x) / x.len() as f32;
        let scale = 1.0 / (mean + self.config.rms_epsilon).sqrt();
        x.iter().zip(self.tensor(name)).map(|(x, w)| x * scale * w).collect()
    }

    fn product(&self, x: &[f32], name: &str) -> Vec<f32> {
        self.tensor(name).chunks_exact(x.len()).map(|row| dot(x, row)).collect()
    }

    fn tensor(&self, name: &str) -> &[f32] {
        &self.tensors[name]
    }
}

/// What YaRN divides the frequency of a pair by: 1 for the pairs before the one that turns `beta_fast`
/// times in the original context, the whole factor from the one that turns `beta_slow` times, and
/// between them what makes the frequency fall in a straight line.
fn stretch(yarn: &Yarn, pair: usize, dims: usize, base: f32) -> f32 {
    let context = yarn.original_context as f32;
    // The pair of this many turns: context * base^(-2 pair / dims) = 2 pi turns.
    let pair_of = |turns: f32| {
        let period = context / (2.0 * std::f32::consts::PI * turns);
        dims as f32 / 2.0 * period.ln() / base.ln()
    };
    let first = pair_of(yarn.beta_fast).floor().max(0.0);
    let last = pair_of(yarn.beta_slow).ceil().min(dims as f32 - 1.0);
    let interpolated = ((pair as f32 - first) / (last - first)).clamp(0.0, 1.0);
    1.0 / (1.0 - interpolated + interpolated / yarn.factor)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(x: &mut [f32], y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}
