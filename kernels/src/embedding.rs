//! The embedding gather: rows of a packed table by token id.

use crate::formats::Format;
use crate::weights::WeightMatrix;
use tilewright_runtime::{Device, Error, Tensor};

mod kernel {
    use crate::declare::declare_kernel;

    macro_rules! declare_gathers {
        ($($name:ident)*) => {$(
            declare_kernel! {
                /// `fn gather_FORMAT(w: &[u32], tokens: &[u32], out: &mut [f32], count: u32,
                /// d: u32, first_row: u32, n: u32)`; `w` are the planes of the table's rows
                /// `first_row..first_row + n`. A token outside of them gets zeros where
                /// `first_row` is 0 and else keeps its row of `out`.
                fn $name(
                    w: u32, tokens: u32 => write out: f32;
                    sizes(count, d) scalars(first_row: u32, n: u32) last()
                )
                shapes(w: [], tokens: [count], out: [count, d])
                reference = tilewright_kernels_reference::$name;
            }
        )*};
    }

    declare_gathers! {
        gather_f32 gather_f16 gather_bf16
        gather_q4_0 gather_q4_1 gather_q5_0 gather_q5_1 gather_q8_0
        gather_q4_k gather_q5_k gather_q6_k
    }
}

/// `out[t, :] = w[tokens[t], :]`; zeros for a token that is no row of `w`.
///
/// `w`: `vocab` x `d`, `tokens: [T]`, `out: [T, d]`. One launch per chunk of `w`.
///
/// # Errors
/// [`Error::ShapeMismatch`] where `out` is not `[T, d]`, and the launch's.
pub fn gather(
    device: &Device,
    w: &WeightMatrix,
    tokens: &Tensor<u32>,
    out: &mut Tensor<f32>,
) -> Result<(), Error> {
    let name = format!("out of gather from a {} x {} matrix", w.n, w.k);
    out.raw().expect_shape(&name, [tokens.len(), u64::from(w.k)])?;
    let launch = launcher(w.format);
    for chunk in w.chunks() {
        launch(device, &chunk.data, tokens, out, chunk.first_row, chunk.rows)?;
    }
    Ok(())
}

/// A launcher of one format: device, w, tokens, out, first row, n.
type Launcher =
    fn(&Device, &Tensor<u32>, &Tensor<u32>, &mut Tensor<f32>, u32, u32) -> Result<(), Error>;

fn launcher(format: Format) -> Launcher {
    match format {
        Format::F32 => kernel::gather_f32,
        Format::F16 => kernel::gather_f16,
        Format::Bf16 => kernel::gather_bf16,
        Format::Q4_0 => kernel::gather_q4_0,
        Format::Q4_1 => kernel::gather_q4_1,
        Format::Q5_0 => kernel::gather_q5_0,
        Format::Q5_1 => kernel::gather_q5_1,
        Format::Q8_0 => kernel::gather_q8_0,
        Format::Q4K => kernel::gather_q4_k,
        Format::Q5K => kernel::gather_q5_k,
        Format::Q6K => kernel::gather_q6_k,
    }
}
