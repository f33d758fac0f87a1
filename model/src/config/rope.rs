//! Rotary embedding: parameters, and the angles per position that follow from them.

use std::f32::consts::PI;

use super::error::{ConfigError, unsupported};
use crate::gguf::{Metadata, required};

/// `llama.rope.freq_base` where a file has none (the original Llama).
const DEFAULT_BASE: f32 = 10_000.0;

/// How positions become angles. Element pairs `(2i, 2i + 1)` of a head are rotated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rope {
    /// Leading elements of a head that are rotated: even, at most the head size.
    pub dimension_count: u32,
    /// Base of the geometric series of frequencies.
    pub freq_base: f32,
    /// How contexts beyond the trained one are reached.
    pub scaling: RopeScaling,
}

/// Stretching of positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RopeScaling {
    /// None.
    None,
    /// Every position is divided by `factor`.
    Linear {
        /// At least 1 in practice; positive and finite.
        factor: f32,
    },
    /// YaRN.
    Yarn(Yarn),
}

/// YaRN (Peng et al. 2023, "YaRN: Efficient Context Window Extension"): low frequencies are
/// interpolated, high ones kept, with a ramp between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Yarn {
    /// Ratio of the new context to the original one.
    pub factor: f32,
    /// Context of the original training, in tokens.
    pub original_context: u32,
    /// Weight of the ramp; 1 for YaRN proper, 0 for plain interpolation.
    pub ext_factor: f32,
    /// Scale of rotated queries and keys, besides the one that YaRN derives from `factor`.
    pub attn_factor: f32,
    /// Rotations within the original context above which a pair is kept.
    pub beta_fast: f32,
    /// Rotations within the original context below which a pair is interpolated.
    pub beta_slow: f32,
}

impl Rope {
    pub(super) fn from_metadata(metadata: Metadata, head_size: u32) -> Result<Self, ConfigError> {
        let key = "llama.rope.dimension_count";
        let dimension_count = metadata.u32(key)?.unwrap_or(head_size);
        if dimension_count == 0 || dimension_count > head_size || dimension_count % 2 != 0 {
            return Err(unsupported(metadata, key, "it must be even, 2 to the head size"));
        }
        let key = "llama.rope.freq_base";
        let freq_base = metadata.f32(key)?.unwrap_or(DEFAULT_BASE);
        if freq_base <= 1.0 {
            return Err(unsupported(metadata, key, "it must be over 1"));
        }
        let scaling = RopeScaling::from_metadata(metadata)?;
        Ok(Self { dimension_count, freq_base, scaling })
    }

    /// Radians per position of each of the `dimension_count / 2` pairs.
    ///
    /// `factors` is `rope_freqs.weight` (one divisor per pair) where the file has it.
    pub fn frequencies(&self, factors: Option<&[f32]>) -> Vec<f32> {
        let pairs = self.dimension_count / 2;
        (0..pairs)
            .map(|pair| {
                let exponent = -2.0 * pair as f32 / self.dimension_count as f32;
                let factor = factors.and_then(|f| f.get(pair as usize)).copied().unwrap_or(1.0);
                let plain = self.freq_base.powf(exponent) / factor;
                match self.scaling {
                    RopeScaling::None => plain,
                    RopeScaling::Linear { factor } => plain / factor,
                    RopeScaling::Yarn(yarn) => {
                        let kept = yarn.ramp(pair as f32, self) * yarn.ext_factor;
                        plain / yarn.factor * (1.0 - kept) + plain * kept
                    }
                }
            })
            .collect()
    }

    /// What the rotated queries and keys are multiplied by (YaRN's attention temperature).
    pub fn magnitude(&self) -> f32 {
        match self.scaling {
            RopeScaling::None | RopeScaling::Linear { .. } => 1.0,
            RopeScaling::Yarn(yarn) if yarn.ext_factor == 0.0 => yarn.attn_factor,
            RopeScaling::Yarn(yarn) => yarn.attn_factor * (1.0 + 0.1 * yarn.factor.ln()),
        }
    }
}

impl Yarn {
    /// 1 where `pair` keeps its frequency, 0 where it is interpolated.
    fn ramp(&self, pair: f32, rope: &Rope) -> f32 {
        let last = (rope.dimension_count - 1) as f32;
        let low = self.pair_with_rotations(self.beta_fast, rope).floor().max(0.0);
        let high = self.pair_with_rotations(self.beta_slow, rope).ceil().min(last);
        let position = (pair - low) / (high - low).max(0.001);
        1.0 - position.clamp(0.0, 1.0)
    }

    /// The (fractional) pair that turns `rotations` times within the original context.
    fn pair_with_rotations(&self, rotations: f32, rope: &Rope) -> f32 {
        let length = self.original_context as f32 / (rotations * 2.0 * PI);
        rope.dimension_count as f32 * length.ln() / (2.0 * rope.freq_base.ln())
    }
}

impl RopeScaling {
    fn from_metadata(metadata: Metadata) -> Result<Self, ConfigError> {
        let type_key = "llama.rope.scaling.type";
        let factor_key = "llama.rope.scaling.factor";
        match metadata.string(type_key)? {
            Some("none") => Ok(Self::None),
            Some("linear") => {
                let factor = required(positive(metadata, factor_key)?, factor_key)?;
                Ok(Self::Linear { factor })
            }
            Some("yarn") => Yarn::from_metadata(metadata).map(Self::Yarn),
            Some(_) => {
                Err(unsupported(metadata, type_key, "only none, linear and yarn are supported"))
            }
            None => {
                if positive(metadata, factor_key)?.is_some_and(|factor| factor != 1.0) {
                    let reason = "llama.rope.scaling.type must say how it is meant";
                    return Err(unsupported(metadata, factor_key, reason));
                }
                // The format's older spelling of linear scaling.
                match positive(metadata, "llama.rope.scale_linear")? {
                    None | Some(1.0) => Ok(Self::None),
                    Some(factor) => Ok(Self::Linear { factor }),
                }
            }
        }
    }
}

impl Yarn {
    fn from_metadata(metadata: Metadata) -> Result<Self, ConfigError> {
        let key = |name| format!("llama.rope.scaling.{name}");
        let optional = |name, default| -> Result<f32, ConfigError> {
            Ok(positive(metadata, &key(name))?.unwrap_or(default))
        };
        let context = key("original_context_length");
        let original_context = required(metadata.u32(&context)?, &context)?;
        if original_context == 0 {
            return Err(unsupported(metadata, &context, "it must be at least 1"));
        }
        let ext = key("yarn_ext_factor");
        let ext_factor = metadata.f32(&ext)?.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&ext_factor) {
            return Err(unsupported(metadata, &ext, "it must be in 0..=1"));
        }
        // Both spellings are in use; a file with the two would mean their product or either.
        let attn = optional("attn_factor", 1.0)?;
        let yarn_attn = optional("yarn_attn_factor", 1.0)?;
        if attn != 1.0 && yarn_attn != 1.0 {
            let reason = "llama.rope.scaling.attn_factor says otherwise";
            return Err(unsupported(metadata, &key("yarn_attn_factor"), reason));
        }
        Ok(Self {
            factor: required(positive(metadata, &key("factor"))?, &key("factor"))?,
            original_context,
            ext_factor,
            attn_factor: attn * yarn_attn,
            beta_fast: optional("yarn_beta_fast", 32.0)?,
            beta_slow: optional("yarn_beta_slow", 1.0)?,
        })
    }
}

fn positive(metadata: Metadata, key: &str) -> Result<Option<f32>, ConfigError> {
    match metadata.f32(key)? {
        Some(value) if value <= 0.0 => Err(unsupported(metadata, key, "it must be positive")),
        value => Ok(value),
    }
}
