//! Matrix products with packed weights, for one token and for many.

use crate::formats::Format;
use crate::weights::WeightMatrix;
use tilewright_runtime::{Device, Error, Shape, Tensor};

/// Up to so many tokens the one-token kernels run, which read the weights once per token.
const MATVEC_TOKENS: u64 = 1;

mod kernel {
    use crate::declare::declare_kernel;

    macro_rules! declare_matmuls {
        ($($matvec:ident, $matmul:ident;)*) => {$(
            declare_matmuls! { @one $matvec $matmul }
            declare_matmuls! { @one $matmul $matmul }
        )*};
        (@one $name:ident $reference:ident) => {
            declare_kernel! {
                /// `fn matmul_FORMAT(x: &[f32], w: &[u32], y: &mut [f32], tokens: u32, k: u32,
                /// y_stride: u32, n: u32, column: u32, accumulate: u32)`; `w` are the planes of
                /// `n` rows.
                fn $name(
                    x: f32, w: u32 => read_write y: f32;
                    sizes(tokens, k, y_stride)
                    scalars(n: u32, column: u32, accumulate: u32) last()
                )
                shapes(x: [tokens, k], w: [], y: [tokens, y_stride])
                reference = tilewright_kernels_reference::$reference;
            }
        };
    }

    declare_matmuls! {
        matvec_f32, matmul_f32;
        matvec_f16, matmul_f16;
        matvec_bf16, matmul_bf16;
        matvec_q4_0, matmul_q4_0;
        matvec_q4_1, matmul_q4_1;
        matvec_q5_0, matmul_q5_0;
        matvec_q5_1, matmul_q5_1;
        matvec_q8_0, matmul_q8_0;
        matvec_q4_k, matmul_q4_k;
        matvec_q5_k, matmul_q5_k;
        matvec_q6_k, matmul_q6_k;
    }
}

/// What [`matmul`] does with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// `y = product`
    Store,
    /// `y += product`
    Add,
}

/// `y[t, column + r] (=|+=) sum_c x[t, c] * w[r, c]`.
///
/// `x: [T, k]`, `w`: `n` x `k`, `y: [T, stride]` with `column + n <= stride`; the other columns
/// of `y` keep their values. One launch per chunk of `w`.
///
/// # Errors
/// [`Error::ShapeMismatch`] where `x` is not `k` wide, `y` has not as many rows or is too narrow,
/// and the launch's.
pub fn matmul(
    device: &Device,
    w: &WeightMatrix,
    x: &Tensor<f32>,
    y: &mut Tensor<f32>,
    column: u32,
    mode: Output,
) -> Result<(), Error> {
    let tokens = check(w, x, y, column)?;
    let accumulate = u32::from(mode == Output::Add);
    let launch = if tokens <= MATVEC_TOKENS { matvec(w.format) } else { many(w.format) };
    for chunk in w.chunks() {
        // Saturates only where the stride is over 32 bits, which the launch refuses.
        let column = column.saturating_add(chunk.first_row);
        launch(device, x, &chunk.data, y, chunk.rows, column, accumulate)?;
    }
    Ok(())
}

/// A launcher of one format: device, x, w, y, n, column, accumulate.
type Launcher =
    fn(&Device, &Tensor<f32>, &Tensor<u32>, &mut Tensor<f32>, u32, u32, u32) -> Result<(), Error>;

fn matvec(format: Format) -> Launcher {
    match format {
        Format::F32 => kernel::matvec_f32,
        Format::F16 => kernel::matvec_f16,
        Format::Bf16 => kernel::matvec_bf16,
        Format::Q4_0 => kernel::matvec_q4_0,
        Format::Q4_1 => kernel::matvec_q4_1,
        Format::Q5_0 => kernel::matvec_q5_0,
        Format::Q5_1 => kernel::matvec_q5_1,
        Format::Q8_0 => kernel::matvec_q8_0,
        Format::Q4K => kernel::matvec_q4_k,
        Format::Q5K => kernel::matvec_q5_k,
        Format::Q6K => kernel::matvec_q6_k,
    }
}

fn many(format: Format) -> Launcher {
    match format {
        Format::F32 => kernel::matmul_f32,
        Format::F16 => kernel::matmul_f16,
        Format::Bf16 => kernel::matmul_bf16,
        Format::Q4_0 => kernel::matmul_q4_0,
        Format::Q4_1 => kernel::matmul_q4_1,
        Format::Q5_0 => kernel::matmul_q5_0,
        Format::Q5_1 => kernel::matmul_q5_1,
        Format::Q8_0 => kernel::matmul_q8_0,
        Format::Q4K => kernel::matmul_q4_k,
        Format::Q5K => kernel::matmul_q5_k,
        Format::Q6K => kernel::matmul_q6_k,
    }
}

/// The number of tokens, after a check of every shape.
fn check(w: &WeightMatrix, x: &Tensor<f32>, y: &Tensor<f32>, column: u32) -> Result<u64, Error> {
    let tokens = x.shape().dims().first().copied().unwrap_or(1);
    let name = |tensor: &str| format!("{tensor} of matmul with a {} x {} matrix", w.n, w.k);
    x.raw().expect_shape(&name("x"), [tokens, u64::from(w.k)])?;
    let needed = u64::from(column) + u64::from(w.n);
    match *y.shape().dims() {
        [rows, stride] if rows == tokens && stride >= needed => Ok(tokens),
        _ => Err(Error::ShapeMismatch {
            what: format!("{} from column {column} (or wider)", name("y")),
            expected: Shape::from([tokens, needed]),
            found: y.shape(),
        }),
    }
}
