//! [`Shape`]: up to four dimensions, outermost first, contiguous.

use std::fmt;

use crate::Error;

/// The dimensions of a contiguous tensor, outermost first; at most four.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: [u64; Shape::MAX_RANK],
    rank: u8,
}

impl Shape {
    /// The largest number of dimensions.
    pub const MAX_RANK: usize = 4;

    /// The dimensions, outermost first.
    pub fn dims(&self) -> &[u64] {
        &self.dims[..usize::from(self.rank)]
    }

    /// Number of dimensions; 0 is a scalar of one element.
    pub fn rank(&self) -> usize {
        usize::from(self.rank)
    }

    /// Product of the dimensions.
    ///
    /// # Errors
    /// [`Error::ShapeOverflow`] when it does not fit 64 bits.
    pub fn elements(&self) -> Result<u64, Error> {
        self.dims()
            .iter()
            .try_fold(1u64, |product, &dim| product.checked_mul(dim))
            .ok_or(Error::ShapeOverflow { shape: *self })
    }

    /// Bytes of a tensor of this shape with elements of `size` bytes.
    ///
    /// # Errors
    /// [`Error::ShapeOverflow`] when it does not fit 63 bits (the largest Rust allocation).
    pub fn bytes(&self, size: usize) -> Result<u64, Error> {
        self.elements()?
            .checked_mul(size as u64)
            .filter(|&bytes| bytes <= i64::MAX as u64)
            .ok_or(Error::ShapeOverflow { shape: *self })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.dims())
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<&[u64]> for Shape {
    type Error = Error;

    fn try_from(dims: &[u64]) -> Result<Self, Error> {
        let mut shape = Shape { dims: [1; Shape::MAX_RANK], rank: 0 };
        let head = shape.dims.get_mut(..dims.len()).ok_or(Error::RankTooLarge(dims.len()))?;
        head.copy_from_slice(dims);
        shape.rank = dims.len() as u8;
        Ok(shape)
    }
}

macro_rules! from_arrays {
    ($($rank:literal)*) => {$(
        impl From<[u64; $rank]> for Shape {
            fn from(from: [u64; $rank]) -> Self {
                let mut dims = [1; Shape::MAX_RANK];
                dims[..$rank].copy_from_slice(&from);
                Shape { dims, rank: $rank }
            }
        }
        impl From<[u32; $rank]> for Shape {
            fn from(from: [u32; $rank]) -> Self {
                Shape::from(from.map(u64::from))
            }
        }
        impl From<[usize; $rank]> for Shape {
            fn from(from: [usize; $rank]) -> Self {
                Shape::from(from.map(|dim| dim as u64))
            }
        }
        // Integer literals default to `i32`; a negative dimension becomes an absurd size, which
        // allocation refuses.
        impl From<[i32; $rank]> for Shape {
            fn from(from: [i32; $rank]) -> Self {
                Shape::from(from.map(|dim| dim as u64))
            }
        }
    )*};
}

from_arrays! { 0 1 2 3 4 }

impl From<u64> for Shape {
    fn from(dim: u64) -> Self {
        Shape::from([dim])
    }
}

impl From<u32> for Shape {
    fn from(dim: u32) -> Self {
        Shape::from([dim])
    }
}

impl From<i32> for Shape {
    fn from(dim: i32) -> Self {
        Shape::from([dim])
    }
}

impl From<usize> for Shape {
    fn from(dim: usize) -> Self {
        Shape::from([dim])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_checked() {
        assert_eq!(Shape::from([2u64, 3, 5]).elements().unwrap_or(0), 30);
        assert_eq!(Shape::from([0u64; 0]).elements().unwrap_or(0), 1);
        assert!(matches!(Shape::from([u64::MAX, 2]).elements(), Err(Error::ShapeOverflow { .. })));
        assert!(matches!(Shape::from([1u64 << 62, 1]).bytes(4), Err(Error::ShapeOverflow { .. })));
    }

    #[test]
    fn five_dimensions_are_refused() {
        assert!(matches!(Shape::try_from(&[1u64; 5][..]), Err(Error::RankTooLarge(5))));
        assert_eq!(
            Shape::try_from(&[7u64, 1][..]).map(|s| s.to_string()).ok(),
            Some("[7, 1]".into())
        );
    }
}
