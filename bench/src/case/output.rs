//! [`Output`]: a tensor that a kernel writes, as numbers.

use half::{bf16, f16};
use tilewright_runtime::{Element, Error, Tensor};

/// Relative distance of neighbouring f32 values, at most.
pub(super) const ULP: f64 = f32::EPSILON as f64;

/// How far a device may be from the reference: the sum of both.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Tolerance {
    /// Anywhere.
    pub absolute: f64,
    /// As a share of the reference's value.
    pub relative: f64,
}

impl Tolerance {
    /// Equal bits.
    pub const EXACT: Tolerance = Tolerance { absolute: 0.0, relative: 0.0 };

    /// How far from `expected`.
    pub fn at(self, expected: f64) -> f64 {
        self.absolute + self.relative * expected.abs()
    }
}

/// An element as a number; exact.
pub(super) trait Number: Element {
    fn number(self) -> f64;
}

impl Number for f32 {
    fn number(self) -> f64 {
        f64::from(self)
    }
}

impl Number for u32 {
    fn number(self) -> f64 {
        f64::from(self)
    }
}

impl Number for f16 {
    fn number(self) -> f64 {
        self.to_f64()
    }
}

impl Number for bf16 {
    fn number(self) -> f64 {
        self.to_f64()
    }
}

/// Something that a kernel writes.
pub(super) struct Output {
    /// The parameter.
    pub name: &'static str,
    /// How near it must be.
    pub tolerance: Tolerance,
    download: Box<dyn Fn() -> Result<Vec<f64>, Error>>,
}

impl Output {
    /// A handle to a tensor.
    pub fn new<T: Number>(name: &'static str, tensor: &Tensor<T>, tolerance: Tolerance) -> Output {
        let tensor = tensor.clone();
        let download =
            move || Ok(tensor.download()?.into_iter().map(Number::number).collect::<Vec<f64>>());
        Output { name, tolerance, download: Box::new(download) }
    }

    /// What is there now.
    pub fn read(&self) -> Result<Vec<f64>, Error> {
        (self.download)()
    }
}
