//! [`Tensor`]: a typed, contiguous tensor on a device.

use std::marker::PhantomData;

use crate::{Device, Element, Error, RawTensor, Shape};

/// A contiguous tensor of `T` on a device.
///
/// A clone is a second handle to the same memory; launches refuse to write memory that they also
/// bind otherwise.
#[derive(Debug, Clone)]
pub struct Tensor<T: Element> {
    raw: RawTensor,
    element: PhantomData<T>,
}

impl<T: Element> Tensor<T> {
    pub(crate) fn zeros(device: Device, shape: Shape) -> Result<Self, Error> {
        Ok(Tensor { raw: RawTensor::new(device, T::DTYPE, shape)?, element: PhantomData })
    }

    /// The typed view of an untyped tensor.
    ///
    /// # Errors
    /// [`Error::DTypeMismatch`].
    pub fn from_raw(raw: RawTensor) -> Result<Self, Error> {
        let (expected, found) = (T::DTYPE, raw.dtype());
        if expected != found {
            let (kernel, argument) = ("Tensor::from_raw", "raw");
            return Err(Error::DTypeMismatch { kernel, argument, expected, found });
        }
        Ok(Tensor { raw, element: PhantomData })
    }

    /// The untyped tensor, as launches take it.
    pub fn raw(&self) -> &RawTensor {
        &self.raw
    }

    /// The device that holds it.
    pub fn device(&self) -> &Device {
        self.raw.device()
    }

    /// Its dimensions.
    pub fn shape(&self) -> Shape {
        self.raw.shape()
    }

    /// Number of elements.
    pub fn len(&self) -> u64 {
        self.raw.len()
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The same memory with another shape of as many elements.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`].
    pub fn reshape(&self, shape: impl Into<Shape>) -> Result<Self, Error> {
        Ok(Tensor { raw: self.raw.reshape(shape)?, element: PhantomData })
    }

    /// A view of `shape.elements()` elements from element `start`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn view(&self, start: u64, shape: impl Into<Shape>) -> Result<Self, Error> {
        Ok(Tensor { raw: self.raw.view(start, shape)?, element: PhantomData })
    }

    /// All elements, after the launches that came before.
    ///
    /// # Errors
    /// [`Error::InRecording`], or the device's.
    pub fn download(&self) -> Result<Vec<T>, Error> {
        self.read(0, self.len())
    }

    /// The elements `start..start + len`, after the launches that came before.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::InRecording`], or the device's.
    pub fn read(&self, start: u64, len: u64) -> Result<Vec<T>, Error> {
        let bytes = self.raw.host_bytes(start, len)?;
        let mut data = vec![T::zeroed(); bytes / size_of::<T>()];
        self.raw.read_into(start, bytemuck::cast_slice_mut(&mut data))?;
        Ok(data)
    }

    /// Writes elements from element `start`, ordered after the launches that came before.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::InRecording`], or the device's.
    pub fn write(&self, start: u64, data: &[T]) -> Result<(), Error> {
        self.raw.write_bytes(start, bytemuck::cast_slice(data))
    }

    /// Sets every element to zero; see [`RawTensor::fill_zero`].
    ///
    /// # Errors
    /// As there.
    pub fn fill_zero(&self) -> Result<(), Error> {
        self.raw.fill_zero()
    }

    /// Copies the elements of `from`; see [`RawTensor::copy_from`].
    ///
    /// # Errors
    /// As there.
    pub fn copy_from(&self, from: &Tensor<T>) -> Result<(), Error> {
        self.raw.copy_from(&from.raw)
    }
}

impl<T: Element> AsRef<RawTensor> for Tensor<T> {
    fn as_ref(&self) -> &RawTensor {
        &self.raw
    }
}
