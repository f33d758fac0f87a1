//! Tensor maps: how TMA reads or writes boxes of a tensor (PTX ISA, "Tensors").

use crate::backend::Region;
use crate::{DType, Error, RawTensor, Shape};

/// Swizzle of a box in shared memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Swizzle {
    /// Rows one after another.
    #[default]
    None,
    /// 16-byte chunks permuted within 32 bytes.
    Bytes32,
    /// 16-byte chunks permuted within 64 bytes.
    Bytes64,
    /// 16-byte chunks permuted within 128 bytes.
    Bytes128,
}

/// A tiled tensor map in plain numbers, **innermost dimension first** as the driver has it
/// (CUDA driver API, `cuTensorMapEncodeTiled`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TensorMapDescriptor {
    /// Element type, that of the tensor.
    pub dtype: DType,
    /// Elements in each dimension; 1 to 5 dimensions.
    pub dims: Vec<u64>,
    /// Bytes from one index to the next in each dimension but the innermost; multiples of 16.
    pub strides: Vec<u64>,
    /// Elements of a box in each dimension; at most 256.
    pub tile: Vec<u32>,
    /// Swizzle of the box in shared memory.
    pub swizzle: Swizzle,
    /// Brings whole 256-byte lines into the L2 cache.
    pub l2_promotion: bool,
}

impl TensorMapDescriptor {
    /// What the driver leaves unchecked: that the described elements lie inside of the tensor.
    pub(crate) fn check(&self, tensor: &RawTensor) -> Result<(), Error> {
        let (expected, found) = (self.dtype, tensor.dtype());
        if expected != found {
            let (kernel, argument) = ("a tensor map", "tensor");
            return Err(Error::DTypeMismatch { kernel, argument, expected, found });
        }
        let rank = self.dims.len();
        let consistent = (1..=5).contains(&rank)
            && self.strides.len() + 1 == rank
            && self.tile.len() == rank
            && !self.dims.contains(&0);
        let size = tensor.dtype().size() as u64;
        let end = consistent.then(|| self.last_byte(size)).flatten();
        match end {
            Some(end) if end <= tensor.bytes() => Ok(()),
            _ => Err(Error::ShapeMismatch {
                what: "a tensor map".to_owned(),
                expected: tensor.shape(),
                found: Shape::try_from(self.dims.as_slice()).unwrap_or(Shape::from([0u64])),
            }),
        }
    }

    /// One past the last byte that the map reaches.
    fn last_byte(&self, size: u64) -> Option<u64> {
        let inner = self.dims.first()?.checked_mul(size)?;
        self.dims
            .iter()
            .skip(1)
            .zip(&self.strides)
            .try_fold(inner, |end, (dim, stride)| end.checked_add((dim - 1).checked_mul(*stride)?))
    }
}

/// An encoded tensor map, which keeps its tensor alive.
#[derive(Debug, Clone)]
pub struct TensorMap {
    map: [u64; 16],
    tensor: RawTensor,
}

impl TensorMap {
    pub(crate) fn new(map: [u64; 16], tensor: RawTensor) -> Self {
        TensorMap { map, tensor }
    }

    pub(crate) fn bits(&self) -> &[u64; 16] {
        &self.map
    }

    pub(crate) fn region(&self) -> Region {
        self.tensor.region()
    }

    /// The tensor that it describes.
    pub fn tensor(&self) -> &RawTensor {
        &self.tensor
    }

    /// Element type of that tensor.
    pub fn dtype(&self) -> DType {
        self.tensor.dtype()
    }
}
