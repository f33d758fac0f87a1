//! The quantisation formats of GGUF: [`Format`], its block layout and its packed layout.
//!
//! A file holds a matrix row by row, each row as blocks of [`Format::weights_per_block`] weights.
//! The packed layout is made of planes: plane `p` holds field `p` of block 0, 1, 2, ... (the index
//! of a block is `row * (k / weights) + column block`), each padded to 16 bytes, one plane behind
//! the other in the order of [`Format::planes`], and the whole is `u32` words, little-endian. The
//! fields of a block lie in the file in the order of the planes, so the bytes are the file's own.
//!
//! [`Fragments`] is another layout, of some formats, for products of few tokens on Hopper.

mod bits;
mod decode;
mod fragments;
mod pack;

pub use bits::{bits, bytes, half, power_of_two, signed};
pub(crate) use decode::row;
pub use decode::{
    Bf16, Decode, F16, F32, Fields, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0, decode_blocks,
    dequantise_row, each_block,
};
pub use fragments::Fragments;
pub use pack::{PackError, Planes, pack, pack_layout, unpack};

/// Planes of a format, at most.
pub const MAX_PLANES: usize = 16;

/// How a matrix of weights is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(non_camel_case_types)]
pub enum Format {
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// 4 bits, one scale for 32: `scale * (q - 8)`.
    Q4_0,
    /// 4 bits, scale and minimum for 32: `scale * q + min`.
    Q4_1,
    /// 5 bits, one scale for 32: `scale * (q - 16)`.
    Q5_0,
    /// 5 bits, scale and minimum for 32: `scale * q + min`.
    Q5_1,
    /// 8 bits, one scale for 32: `scale * q`.
    Q8_0,
    /// 4 bits, 256 weights in groups of 32 with 6-bit scales and minima.
    Q4K,
    /// 5 bits, 256 weights in groups of 32 with 6-bit scales and minima.
    Q5K,
    /// 6 bits, 256 weights in groups of 16 with 8-bit scales.
    Q6K,
}

/// One field of a block, of all blocks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plane {
    /// What it holds: `scale`, `scales`, `subscales`, `low`, `high`, `quants`, `elements`.
    pub name: &'static str,
    /// Bytes of the field in one block.
    pub bytes_per_block: usize,
}

const fn plane(name: &'static str, bytes_per_block: usize) -> Plane {
    Plane { name, bytes_per_block }
}

const SCALE: Plane = plane("scale", 2);
/// Scale and minimum, both f16.
const SCALES: Plane = plane("scales", 4);
/// Eight scales and eight minima of six bits.
const SUBSCALES: Plane = plane("subscales", 12);
const HIGH: Plane = plane("high", 4);
const LOW: Plane = plane("low", 16);
const LOW_256: Plane = plane("low", 128);

/// What is fixed for a format, be it one of [`Format`] or declared by `quant_format!`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Its name.
    pub name: &'static str,
    /// Weights of a block.
    pub weights: usize,
    /// The fields of a block, in the order of the block and of the packed layout; at most
    /// [`MAX_PLANES`].
    pub planes: &'static [Plane],
}

impl Layout {
    /// Bytes of a block.
    pub const fn block_bytes(&self) -> usize {
        let (mut bytes, mut p) = (0, 0);
        while p < self.planes.len() {
            bytes += self.planes[p].bytes_per_block;
            p += 1;
        }
        bytes
    }
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 11] = [
        Format::F32,
        Format::F16,
        Format::Bf16,
        Format::Q4_0,
        Format::Q4_1,
        Format::Q5_0,
        Format::Q5_1,
        Format::Q8_0,
        Format::Q4K,
        Format::Q5K,
        Format::Q6K,
    ];

    /// Its name and block layout.
    pub const fn layout(self) -> Layout {
        let (name, weights, planes): (_, _, &'static [Plane]) = match self {
            Format::F32 => ("F32", 1, &[const { plane("elements", 4) }]),
            Format::F16 => ("F16", 1, &[const { plane("elements", 2) }]),
            Format::Bf16 => ("BF16", 1, &[const { plane("elements", 2) }]),
            Format::Q4_0 => ("Q4_0", 32, &[SCALE, LOW]),
            Format::Q4_1 => ("Q4_1", 32, &[SCALES, LOW]),
            Format::Q5_0 => ("Q5_0", 32, &[SCALE, HIGH, LOW]),
            Format::Q5_1 => ("Q5_1", 32, &[SCALES, HIGH, LOW]),
            Format::Q8_0 => ("Q8_0", 32, &[SCALE, const { plane("quants", 32) }]),
            Format::Q4K => ("Q4_K", 256, &[SCALES, SUBSCALES, LOW_256]),
            Format::Q5K => {
                ("Q5_K", 256, &[SCALES, SUBSCALES, const { plane("high", 32) }, LOW_256])
            }
            Format::Q6K => {
                const HIGH: Plane = plane("high", 64);
                ("Q6_K", 256, &[LOW_256, HIGH, const { plane("subscales", 16) }, SCALE])
            }
        };
        Layout { name, weights, planes }
    }

    /// ggml's name, such as `Q4_K`.
    pub const fn name(self) -> &'static str {
        self.layout().name
    }

    /// Weights of a block: 1, 32 or 256.
    pub const fn weights_per_block(self) -> usize {
        self.layout().weights
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> usize {
        self.layout().block_bytes()
    }

    /// The fields of a block, in the order of the block and of the packed layout.
    pub const fn planes(self) -> &'static [Plane] {
        self.layout().planes
    }

    /// The type's id in ggml's enumeration, as files write it.
    const fn ggml_type(self) -> u32 {
        match self {
            Format::F32 => 0,
            Format::F16 => 1,
            Format::Bf16 => 30,
            Format::Q4_0 => 2,
            Format::Q4_1 => 3,
            Format::Q5_0 => 6,
            Format::Q5_1 => 7,
            Format::Q8_0 => 8,
            Format::Q4K => 12,
            Format::Q5K => 13,
            Format::Q6K => 14,
        }
    }

    /// The format of a type id in a GGUF file; `None` where there are no kernels for it.
    pub fn from_ggml_type(id: u32) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.ggml_type() == id)
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
