//! [`ReferenceCall`]: the arguments of a kernel's scalar reference, on the host.

use crate::kernel::Case;
use crate::{DType, Element, Error, ScalarValue};

/// One argument of a reference. The bytes are aligned for their element type.
#[derive(Debug)]
pub enum ReferenceArg<'a> {
    /// A buffer that is read.
    Input {
        /// Element type.
        dtype: DType,
        /// The elements' bytes.
        bytes: &'a [u8],
    },
    /// A buffer that is written, or read and written.
    Output {
        /// Element type.
        dtype: DType,
        /// The elements' bytes; `None` once the reference took them.
        bytes: Option<&'a mut [u8]>,
    },
    /// A scalar.
    Scalar(ScalarValue),
}

impl<'a> ReferenceArg<'a> {
    /// A typed input.
    pub fn input<T: Element>(data: &'a [T]) -> Self {
        ReferenceArg::Input { dtype: T::DTYPE, bytes: bytemuck::cast_slice(data) }
    }

    /// A typed output.
    pub fn output<T: Element>(data: &'a mut [T]) -> Self {
        ReferenceArg::Output { dtype: T::DTYPE, bytes: Some(bytemuck::cast_slice_mut(data)) }
    }

    /// A scalar.
    pub fn scalar(value: impl Into<ScalarValue>) -> Self {
        ReferenceArg::Scalar(value.into())
    }
}

/// One call of a reference: the case and its arguments, by parameter index.
///
/// Slices live as long as the call, not as long as the borrow of `self`: take all of them first,
/// then compute.
#[derive(Debug)]
pub struct ReferenceCall<'a> {
    case: &'a Case,
    grid: [u32; 3],
    args: Vec<ReferenceArg<'a>>,
}

impl<'a> ReferenceCall<'a> {
    /// A call with these arguments, one per parameter of the kernel.
    pub fn new(case: &'a Case, grid: [u32; 3], args: Vec<ReferenceArg<'a>>) -> Self {
        ReferenceCall { case, grid, args }
    }

    /// The case that is called.
    pub fn case(&self) -> &'a Case {
        self.case
    }

    /// A compile-time value of the case, such as `value("HEAD_DIM")`.
    pub fn value(&self, name: &str) -> Option<&'static str> {
        let mut values = self.case.values.iter();
        values.find(|(one, _)| *one == name).map(|(_, value)| *value)
    }

    /// Workgroups that the launch asked for. References rarely need them.
    pub fn grid(&self) -> [u32; 3] {
        self.grid
    }

    /// Element type of a buffer or scalar argument.
    ///
    /// # Errors
    /// [`Error::Reference`] where there is no such argument.
    pub fn dtype(&self, index: usize) -> Result<DType, Error> {
        match self.arg(index)? {
            ReferenceArg::Input { dtype, .. } | ReferenceArg::Output { dtype, .. } => Ok(*dtype),
            ReferenceArg::Scalar(value) => Ok(value.dtype()),
        }
    }

    /// The elements of a read argument.
    ///
    /// # Errors
    /// [`Error::Reference`] where argument `index` is no input of `T`.
    pub fn input<T: Element>(&self, index: usize) -> Result<&'a [T], Error> {
        match self.arg(index)? {
            ReferenceArg::Input { dtype, bytes } if *dtype == T::DTYPE => {
                bytemuck::try_cast_slice(bytes).map_err(|error| refused(index, &error.to_string()))
            }
            other => Err(refused(index, &format!("an input of {} is no {other:?}", T::DTYPE))),
        }
    }

    /// Takes the elements of a written argument; each can be taken once.
    ///
    /// # Errors
    /// [`Error::Reference`] where argument `index` is no output of `T`, or was taken before.
    pub fn output<T: Element>(&mut self, index: usize) -> Result<&'a mut [T], Error> {
        let missing = || refused(index, "there is no such argument");
        match self.args.get_mut(index).ok_or_else(missing)? {
            ReferenceArg::Output { dtype, bytes } if *dtype == T::DTYPE => {
                let bytes = bytes.take().ok_or_else(|| refused(index, "it was taken before"))?;
                bytemuck::try_cast_slice_mut(bytes)
                    .map_err(|error| refused(index, &error.to_string()))
            }
            other => Err(refused(index, &format!("an output of {} is no {other:?}", T::DTYPE))),
        }
    }

    /// A scalar argument.
    ///
    /// # Errors
    /// [`Error::Reference`] where argument `index` is no scalar.
    pub fn scalar(&self, index: usize) -> Result<ScalarValue, Error> {
        match self.arg(index)? {
            ReferenceArg::Scalar(value) => Ok(*value),
            other => Err(refused(index, &format!("a scalar is no {other:?}"))),
        }
    }

    fn arg(&self, index: usize) -> Result<&ReferenceArg<'a>, Error> {
        self.args.get(index).ok_or_else(|| refused(index, "there is no such argument"))
    }
}

macro_rules! typed_scalars {
    ($($name:ident: $rust:ty = $variant:ident),* $(,)?) => {
        impl ReferenceCall<'_> {$(
            #[doc = concat!("A scalar argument of type `", stringify!($rust), "`.")]
            ///
            /// # Errors
            /// [`Error::Reference`] where the argument is something else.
            pub fn $name(&self, index: usize) -> Result<$rust, Error> {
                match self.scalar(index)? {
                    ScalarValue::$variant(value) => Ok(value),
                    other => Err(refused(index, &format!(
                        concat!("a scalar of ", stringify!($rust), " is no {:?}"), other
                    ))),
                }
            }
        )*}
    };
}

typed_scalars! {
    scalar_f32: f32 = F32,
    scalar_f16: half::f16 = F16,
    scalar_bf16: half::bf16 = Bf16,
    scalar_i32: i32 = I32,
    scalar_u32: u32 = U32,
    scalar_i64: i64 = I64,
    scalar_u64: u64 = U64,
}

fn refused(index: usize, why: &str) -> Error {
    // A Debug print of a large buffer would not stay one line.
    let why: String = why.chars().take(120).collect();
    Error::Reference(format!("argument {index}: {why}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    static CASE: Case = Case { values: &[("T", "f32")], dtypes: &[], texts: &[], reference: None };

    #[test]
    fn two_outputs_live_at_once_and_are_taken_once() {
        let (x, mut y, mut z) = ([1.0f32, 2.0], [0.0f32; 2], [0u32; 2]);
        let args = vec![
            ReferenceArg::input(&x),
            ReferenceArg::output(&mut y),
            ReferenceArg::output(&mut z),
            ReferenceArg::scalar(3u32),
        ];
        let mut call = ReferenceCall::new(&CASE, [1; 3], args);
        let (a, b, c) = (
            call.input::<f32>(0).unwrap(),
            call.output::<f32>(1).unwrap(),
            call.output::<u32>(2).unwrap(),
        );
        b.copy_from_slice(a);
        c.fill(call.scalar_u32(3).unwrap());
        assert!(call.output::<f32>(1).unwrap_err().to_string().contains("taken before"));
        assert!(call.output::<f32>(2).is_err());
        assert!(call.input::<u32>(0).is_err());
        assert!(call.scalar_f32(3).is_err());
        assert!(call.scalar(9).is_err());
        assert_eq!(call.value("T"), Some("f32"));
        assert_eq!((y, z), ([1.0, 2.0], [3, 3]));
    }
}
