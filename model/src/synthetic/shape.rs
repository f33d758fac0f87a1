//! Shapes of well-known models, and which format each of their matrices has.

use crate::config::{Config, Rope, RopeScaling};
use crate::gguf::GgmlType;

/// A model whose sizes are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownShape {
    /// SmolLM2 135M: the output is tied to the embedding.
    SmolLm2,
    /// Llama 3.2 1B: the output is tied to the embedding.
    Llama1b,
    /// Llama 3.1 8B.
    Llama8b,
}

impl KnownShape {
    /// Every one.
    pub const ALL: [KnownShape; 3] =
        [KnownShape::SmolLm2, KnownShape::Llama1b, KnownShape::Llama8b];

    /// What benchmarks call it.
    pub fn name(self) -> &'static str {
        match self {
            KnownShape::SmolLm2 => "smollm2-135m",
            KnownShape::Llama1b => "llama-1b",
            KnownShape::Llama8b => "llama-8b",
        }
    }

    /// Its hyper-parameters, without scaling of the rotary embedding.
    pub fn config(self) -> Config {
        let (block_count, embedding_length, feed_forward_length, heads, head_size) = match self {
            KnownShape::SmolLm2 => (30, 576, 1536, (9, 3), 64),
            KnownShape::Llama1b => (16, 2048, 8192, (32, 8), 64),
            KnownShape::Llama8b => (32, 4096, 14_336, (32, 8), 128),
        };
        let is_llama = self != KnownShape::SmolLm2;
        let freq_base = if is_llama { 500_000.0 } else { 100_000.0 };
        Config {
            block_count,
            embedding_length,
            feed_forward_length,
            head_count: heads.0,
            head_count_kv: heads.1,
            head_size,
            rope: Rope { dimension_count: head_size, freq_base, scaling: RopeScaling::None },
            rope_factors: false,
            rms_epsilon: 1e-5,
            context_length: if is_llama { 131_072 } else { 8192 },
            vocab_size: if is_llama { 128_256 } else { 49_152 },
            tied_output: self != KnownShape::Llama8b,
        }
    }
}

/// Blocks of a format that are wider than a matrix's rows allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} has rows of {width}, which are no whole blocks of {}: use another format", shape.name(), recipe.name())]
pub struct UnsuitableRecipe {
    shape: KnownShape,
    recipe: Recipe,
    width: u32,
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

    /// Whether every matrix of a shape has rows of whole blocks.
    ///
    /// # Errors
    /// The first width that is none.
    pub fn suits(self, shape: KnownShape) -> Result<(), UnsuitableRecipe> {
        let config = shape.config();
        let query = config.head_count * config.head_size;
        let blocks = config.block_count;
        for (role, width) in [
            (Role::Embedding, config.embedding_length),
            (Role::Output, config.embedding_length),
            (Role::Other, config.embedding_length),
            (Role::Other, query),
            (Role::Down { block: 0 }, config.feed_forward_length),
            (Role::Down { block: blocks / 2 }, config.feed_forward_length),
        ] {
            if !u64::from(width).is_multiple_of(self.format(role, blocks).block_len()) {
                return Err(UnsuitableRecipe { shape, recipe: self, width });
            }
        }
        Ok(())
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
    fn blocks_of_256_are_too_wide_for_the_small_model() {
        for recipe in Recipe::ALL {
            assert_eq!(recipe.suits(KnownShape::Llama1b), Ok(()));
            assert_eq!(recipe.suits(KnownShape::Llama8b), Ok(()));
            let small = recipe.suits(KnownShape::SmolLm2);
            assert_eq!(small.is_err(), recipe == Recipe::Q4_K_M, "{small:?}");
        }
    }

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
