//! wgmma's matrix descriptors (PTX ISA, "Matrix descriptor format") and the canonical layouts behind
//! them: rows of 32, 64 or 128 bytes in groups of eight, or 8 x 16-byte core matrices without swizzle.

use super::block::SHARED_BASE;
use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::step::{Flow, Site};
use super::tensor_map::{swizzle_span, swizzled};
use crate::ir::op::{DescriptorLayout, Place};
use crate::ir::{Swizzle, ValueId};

/// A decoded descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Matrix {
    start: u32,
    leading: u32,
    stride: u32,
    swizzle: Swizzle,
}

/// The 14-bit field of a multiple of 16.
fn field(bytes: u32) -> u64 {
    u64::from(bytes >> 4 & 0x3FFF)
}

fn encode(start: u32, layout: DescriptorLayout) -> u64 {
    let mode: u64 = match layout.swizzle {
        Swizzle::None => 0,
        Swizzle::B128 => 1,
        Swizzle::B64 => 2,
        Swizzle::B32 => 3,
    };
    field(start) | field(layout.leading) << 16 | field(layout.stride) << 32 | mode << 62
}

impl Matrix {
    /// Decodes a descriptor. The pattern of a swizzle is anchored at address bits 7 to 9, so with a
    /// base offset of 0 (the only one that the language makes) a tile must start on that pattern.
    pub(super) fn decode(bits: u64) -> Exec<Matrix> {
        let bytes = |shift: u32| ((bits >> shift & 0x3FFF) as u32) << 4;
        let swizzle = match bits >> 62 {
            0 => Swizzle::None,
            1 => Swizzle::B128,
            2 => Swizzle::B64,
            _ => Swizzle::B32,
        };
        let start = bytes(0);
        let pattern = swizzle_span(swizzle).map_or(1, |span| span * 8);
        if start % pattern >= 128.min(pattern) {
            let message = format!("a descriptor at {start:#x} with a {swizzle:?} swizzle");
            return Err(FaultKind::Matrix(message));
        }
        Ok(Matrix { start, leading: bytes(16), stride: bytes(32), swizzle })
    }

    /// Where the byte at `k` (bytes along K) of row `mn` lies: K is contiguous.
    pub(super) fn k_major(&self, mn: u32, k: u32) -> u32 {
        let (eight, row) = (mn / 8 * self.stride, mn % 8);
        let linear = match swizzle_span(self.swizzle) {
            None => eight + k / 16 * self.leading + row * 16 + k % 16,
            Some(span) => eight + k / span * self.leading + row * span + k % span,
        };
        swizzled(self.start + linear, self.swizzle)
    }

    /// Where element (`mn` in bytes, `k` in elements) lies: M or N is contiguous.
    pub(super) fn mn_major(&self, mn: u32, k: u32) -> u32 {
        let (eight, row) = (k / 8, k % 8);
        let linear = match swizzle_span(self.swizzle) {
            None => eight * self.leading + mn / 16 * self.stride + row * 16 + mn % 16,
            Some(span) => eight * self.stride + mn / span * self.leading + row * span + mn % span,
        };
        swizzled(self.start + linear, self.swizzle)
    }
}

impl Machine<'_, '_> {
    pub(super) fn descriptor(
        &mut self,
        site: Site<'_, '_>,
        place: &Place,
        layout: DescriptorLayout,
        results: &[ValueId],
    ) -> Exec<Flow> {
        let extent = self.resolve(site, place, 0, 16)?;
        let start = self.shared_address(site, extent)?;
        if start >> 18 != 0 || start < SHARED_BASE {
            let message = "a descriptor of another workgroup's memory".to_owned();
            return Err(FaultKind::Matrix(message));
        }
        if !(layout.leading | layout.stride).is_multiple_of(16) {
            let (leading, stride) = (layout.leading, layout.stride);
            let message =
                format!("descriptor offsets {leading} and {stride}: multiples of 16 only");
            return Err(FaultKind::Matrix(message));
        }
        self.define(site, results, &[encode(start, layout)])
    }
}
