//! [`RawTensor`]: device memory with an element type and a shape, both known at run time.

use std::sync::Arc;

use crate::backend::{Allocation, Command, Region};
use crate::fault::FaultPoint;
use crate::{DType, Device, Error, Shape};

/// A contiguous tensor whose element type is known at run time: weights of any format as bytes,
/// and what [`Tensor`](crate::Tensor) wraps.
///
/// A clone is a second handle to the same memory. The memory is freed with its last handle, after
/// the launches that use it.
#[derive(Debug, Clone)]
pub struct RawTensor {
    device: Device,
    allocation: Arc<Allocation>,
    /// First byte within the allocation.
    offset: u64,
    dtype: DType,
    shape: Shape,
    /// Elements; kept so that no later use has to check the product again.
    len: u64,
}

impl RawTensor {
    pub(crate) fn new(device: Device, dtype: DType, shape: Shape) -> Result<Self, Error> {
        let len = shape.elements()?;
        let allocation = device.allocate(shape.bytes(dtype.size())?)?;
        Ok(RawTensor { device, allocation, offset: 0, dtype, shape, len })
    }

    /// The device that holds it.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Its element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Its dimensions.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// First byte within its memory.
    pub fn byte_offset(&self) -> u64 {
        self.offset
    }

    /// Number of elements.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of bytes.
    pub fn bytes(&self) -> u64 {
        self.len * self.dtype.size() as u64
    }

    /// Whether both are handles to the same memory, whole or in part.
    pub fn shares_memory_with(&self, other: &RawTensor) -> bool {
        self.allocation.id == other.allocation.id
    }

    /// The same memory with another shape of as many elements.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the numbers of elements differ.
    pub fn reshape(&self, shape: impl Into<Shape>) -> Result<Self, Error> {
        let shape = shape.into();
        if shape.elements()? != self.len {
            let what = "a reshaped tensor".to_owned();
            return Err(Error::ShapeMismatch { what, expected: self.shape, found: shape });
        }
        Ok(RawTensor { shape, ..self.clone() })
    }

    /// The same memory with another element type: the last dimension is scaled by the sizes.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the last dimension's bytes are no whole number of elements.
    pub fn reinterpret(&self, dtype: DType) -> Result<Self, Error> {
        let (old, new) = (self.dtype.size() as u64, dtype.size() as u64);
        let mut dims = self.shape.dims().to_vec();
        let mismatch = || Error::ShapeMismatch {
            what: format!("a {} tensor read as {dtype}", self.dtype),
            expected: Shape::from([new]),
            found: self.shape,
        };
        match dims.last_mut() {
            Some(last) if (*last * old).is_multiple_of(new) => *last = *last * old / new,
            None if old == new => {}
            Some(_) | None => return Err(mismatch()),
        }
        let shape = Shape::try_from(dims.as_slice())?;
        Ok(RawTensor { dtype, shape, len: self.len * old / new, ..self.clone() })
    }

    /// A view of `shape.elements()` elements from element `start`. A launch refuses a view whose
    /// first byte the device cannot bind.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn view(&self, start: u64, shape: impl Into<Shape>) -> Result<Self, Error> {
        let shape = shape.into();
        let len = shape.elements()?;
        self.check_range(start, len)?;
        let offset = self.offset + start * self.dtype.size() as u64;
        Ok(RawTensor { offset, shape, len, ..self.clone() })
    }

    /// Fails unless the shape is `expected`; `what` names kernel and argument.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] with both shapes.
    pub fn expect_shape(&self, what: &str, expected: impl Into<Shape>) -> Result<(), Error> {
        let expected = expected.into();
        if self.shape == expected {
            return Ok(());
        }
        Err(Error::ShapeMismatch { what: what.to_owned(), expected, found: self.shape })
    }

    /// Writes bytes from element `start`, ordered after earlier launches.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::InRecording`], or the device's.
    pub fn write_bytes(&self, start: u64, data: &[u8]) -> Result<(), Error> {
        let size = self.dtype.size() as u64;
        let elements = (data.len() as u64).div_ceil(size);
        self.check_range(start, elements)?;
        self.device.outside_recording("an upload")?;
        self.device.fault(FaultPoint::Upload)?;
        if data.is_empty() {
            return Ok(());
        }
        let region = Region {
            allocation: self.allocation.clone(),
            offset: self.offset + start * size,
            bytes: data.len() as u64,
        };
        self.device.backend().upload(&region, data)
    }

    /// Reads the elements `start..start + len` as bytes, after earlier launches.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::InRecording`], or the device's.
    pub fn read_bytes(&self, start: u64, len: u64) -> Result<Vec<u8>, Error> {
        let mut data = vec![0; self.host_bytes(start, len)?];
        self.read_into(start, &mut data)?;
        Ok(data)
    }

    /// Bytes of `len` elements from `start`, checked.
    pub(crate) fn host_bytes(&self, start: u64, len: u64) -> Result<usize, Error> {
        self.check_range(start, len)?;
        let bytes = len * self.dtype.size() as u64;
        usize::try_from(bytes).map_err(|_| Error::OutOfMemory { asked: bytes, free: None })
    }

    /// Fills `data` from element `start`; the caller has checked the range.
    pub(crate) fn read_into(&self, start: u64, data: &mut [u8]) -> Result<(), Error> {
        self.device.outside_recording("a download")?;
        self.device.fault(FaultPoint::Download)?;
        if data.is_empty() {
            return Ok(());
        }
        let region = Region {
            allocation: self.allocation.clone(),
            offset: self.offset + start * self.dtype.size() as u64,
            bytes: data.len() as u64,
        };
        self.device.backend().download(&region, data)
    }

    /// All bytes.
    ///
    /// # Errors
    /// As [`RawTensor::read_bytes`].
    pub fn download_bytes(&self) -> Result<Vec<u8>, Error> {
        self.read_bytes(0, self.len)
    }

    /// Sets every byte to zero, ordered with launches; may be recorded.
    ///
    /// # Errors
    /// [`Error::Misaligned`] for a view that does not start and end at a multiple of 4 bytes.
    pub fn fill_zero(&self) -> Result<(), Error> {
        if self.is_empty() {
            return Ok(());
        }
        self.device.submit(Command::Zero(self.word_region("a zeroed tensor")?))
    }

    /// Copies `from`, of the same element type and number of elements, ordered with launches; may
    /// be recorded.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`], [`Error::DTypeMismatch`], [`Error::WrongDevice`],
    /// [`Error::Alias`] or [`Error::Misaligned`].
    pub fn copy_from(&self, from: &RawTensor) -> Result<(), Error> {
        if from.len != self.len {
            let what = "a copied tensor".to_owned();
            return Err(Error::ShapeMismatch { what, expected: self.shape, found: from.shape });
        }
        let (expected, found) = (self.dtype, from.dtype);
        if expected != found {
            let (kernel, argument) = ("copy_from", "from");
            return Err(Error::DTypeMismatch { kernel, argument, expected, found });
        }
        if from.device.id() != self.device.id() {
            return Err(Error::WrongDevice { what: "the source of a copy".to_owned() });
        }
        if self.shares_memory_with(from) {
            return Err(Error::Alias { kernel: "copy_from", first: "self", second: "from" });
        }
        if self.is_empty() {
            return Ok(());
        }
        let to = self.word_region("the target of a copy")?;
        let from = from.word_region("the source of a copy")?;
        self.device.submit(Command::Copy { from, to })
    }

    pub(crate) fn allocation(&self) -> &Arc<Allocation> {
        &self.allocation
    }

    pub(crate) fn region(&self) -> Region {
        Region { allocation: self.allocation.clone(), offset: self.offset, bytes: self.bytes() }
    }

    /// The region in whole 32-bit words. The end of an allocation is padded; a view inside of one
    /// must be whole itself.
    fn word_region(&self, what: &str) -> Result<Region, Error> {
        let mut region = self.region();
        let end = region.offset + region.bytes;
        let misaligned = |offset| Error::Misaligned { what: what.to_owned(), offset, alignment: 4 };
        if !region.offset.is_multiple_of(4) {
            return Err(misaligned(region.offset));
        }
        if !end.is_multiple_of(4) && end != self.allocation.bytes {
            return Err(misaligned(end));
        }
        region.bytes = region.bytes.next_multiple_of(4);
        Ok(region)
    }

    fn check_range(&self, start: u64, len: u64) -> Result<(), Error> {
        match start.checked_add(len) {
            Some(end) if end <= self.len => Ok(()),
            end => Err(Error::OutOfRange { start, end: end.unwrap_or(u64::MAX), len: self.len }),
        }
    }
}

impl AsRef<RawTensor> for RawTensor {
    fn as_ref(&self) -> &RawTensor {
        self
    }
}
