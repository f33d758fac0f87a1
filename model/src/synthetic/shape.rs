//! Shapes of well-known models, and which format each of their matrices has.

use crate::config::{Config, Rope, RopeScaling};
use crate::gguf::GgmlType;

/// A model whose sizes are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownShape {
    /// Llama 3.2 1B: the output is tied to the embedding.
    Llama1b,
    /// Llama 3.1 8B.
    Llama8b,
}

impl KnownShape {
    /// Every one.
    pub const ALL: [KnownShape; 2] = [KnownShape::Llama1b, KnownShape::Llama8b];

    /// What benchmarks call it.
    pub fn name(self) -> &'static str {
        match self {
            KnownShape::Llama1b => "llama-1b",
            KnownShape::Llama8b => "llama-8b",
        }
    }

    /// Its hyper-parameters, without scaling of the rotary embedding.
    pub fn config(self) -> Config {
        let (block_count, embedding_length, feed_forward_length, head_size) = match self {
            KnownShape::Llama1b => (16, 2048, 8192, 64),
            KnownShape::Llama8b => (32, 4096, 14_336, 128),
        };
        Config {
            block_count,
            embedding_length,
            feed_forward_length,
            head_count: 32,
            head_count_kv: 8,
            head_size,
            rope: Rope {
                dimension_count: head_size,
                freq_base: 500_000.0,
                scaling: RopeScaling::None,
            },
            rope_factors: false,
            rms_epsilon: 1e-5,
            context_length: 131_072,
            vocab_size: 128_256,
            tied_output: self == KnownShape::Llama1b,
        }
    }
}

/// What a matrix is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The embedding table.
    Embedding,
    /// The output matrix.
    Output,
    /// `attn_v` of a block.
    Value {
        /// The block.
        block: u32,
    },
    /// `ffn_down` of a block.
    Down {
        /// The block.
        block: u32,
    },
    /// Any other matrix of a block.
    Other,
}

/// Which format each matrix of a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types)]
pub enum Recipe {
    /// All in Q4_0.
    Q4_0,
    /// Mostly Q4_K: embedding and output in Q6_K, and so are the values and `ffn_down` of the first
    /// and last eighth of the blocks and of every third between, as llama.cpp's mixture has it.
    Q4_K_M,
    /// All in Q8_0.
    Q8_0,
    /// All in bfloat16.
    Bf16,
}

impl Recipe {
    /// Every one.
    pub const ALL: [Recipe; 4] = [Recipe::Q4_0, Recipe::Q4_K_M, Recipe::Q8_0, Recipe::Bf16];

    /// What benchmarks call it.
    pub fn name(self) -> &'static str {
        match self {
            Recipe::Q4_0 => "Q4_0",
            Recipe::Q4_K_M => "Q4_K_M",
            Recipe::Q8_0 => "Q8_0",
            Recipe::Bf16 => "bf16",
        }
    }

    /// The type of a matrix in a model of `blocks` blocks.
    pub fn format(self, role: Role, blocks: u32) -> GgmlType {
        match self {
            Recipe::Q4_0 => GgmlType::Q4_0,
            Recipe::Q8_0 => GgmlType::Q8_0,
            Recipe::Bf16 => GgmlType::BF16,
            Recipe::Q4_K_M => match role {
                Role::Embedding | Role::Output => GgmlType::Q6_K,
                Role::Value { block } | Role::Down { block } if is_finer(block, blocks) => {
                    GgmlType::Q6_K
                }
                _ => GgmlType::Q4_K,
            },
        }
    }
}

fn is_finer(block: u32, blocks: u32) -> bool {
    let eighth = blocks / 8;
    block < eighth || block >= 7 * eighth || (block - eighth) % 3 == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mixture_has_finer_blocks_at_both_ends_and_between() {
        let finer: Vec<u32> = (0..16)
            .filter(|block| {
                Recipe::Q4_K_M.format(Role::Down { block: *block }, 16) == GgmlType::Q6_K
            })
            .collect();
        assert_eq!(finer, [0, 1, 4, 7, 10, 13, 14, 15]);
        assert_eq!(Recipe::Q4_K_M.format(Role::Other, 16), GgmlType::Q4_K);
    }
}
