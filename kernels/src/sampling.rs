//! Choosing the next token on the device.

use tilewright_runtime::{Arg, Device, Error, Tensor};

/// The sampler: it has its scalar reference and no GPU text yet, so that it runs on the cpu device.
mod sampler {
    use tilewright_runtime::rule::{Rule, Size};
    use tilewright_runtime::{
        Case, DType, Error, KernelInfo, Param, ParamKind, ReferenceCall, TypedKernel,
    };

    const ROWS: Size = Size::Param(3);
    const COLS: Size = Size::Param(4);

    fn reference(call: &mut ReferenceCall<'_>) -> Result<(), Error> {
        let (logits, params) = (call.input::<f32>(0)?, call.input::<f32>(1)?);
        let out = call.output::<u32>(2)?;
        let (rows, cols) = (call.scalar_u32(3)?, call.scalar_u32(4)?);
        tilewright_kernels_reference::sample(logits, params, out, rows, cols);
        Ok(())
    }

    static INFO: KernelInfo = KernelInfo {
        name: "sample",
        params: &[
            Param { name: "logits", kind: ParamKind::Read },
            Param { name: "params", kind: ParamKind::Read },
            Param { name: "out", kind: ParamKind::Write },
            Param { name: "rows", kind: ParamKind::Scalar(DType::U32) },
            Param { name: "cols", kind: ParamKind::Scalar(DType::U32) },
        ],
        cases: &[Case {
            values: &[],
            dtypes: &[DType::F32, DType::F32, DType::U32, DType::U32, DType::U32],
            texts: &[],
            reference: Some(reference),
        }],
        source: "",
    };

    pub(super) static KERNEL: TypedKernel = TypedKernel {
        info: &INFO,
        rules: &[Rule {
            shapes: &[&[ROWS, COLS], &[ROWS, Size::Const(8)], &[ROWS], &[], &[]],
            grid: [Size::Const(1); 3],
            conditions: &[],
        }],
    };
}

/// Whether the device has a text (or, the cpu device, the reference) of [`sample`].
pub fn can_sample(device: &Device) -> bool {
    let case = sampler::KERNEL.info.cases.first();
    let text = case.map(|case| {
        tilewright_runtime::choose_text(sampler::KERNEL.info, case, device.capabilities())
    });
    matches!(text, Some(Ok(_)))
}

/// One row of the parameters of [`sample`]; [`SampleParams::encode`] makes the row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleParams {
    /// Divides the logits; 0 takes the best token and ignores the rest.
    pub temperature: f32,
    /// Keeps this many of the best tokens, exact up to 2^24; 0 keeps all.
    pub top_k: u32,
    /// Keeps the best tokens until their probabilities reach this sum; 1 keeps all.
    pub top_p: f32,
    /// Keeps tokens with at least this share of the best one's probability; 0 keeps all.
    pub min_p: f32,
    /// Key of the draw.
    pub seed: u64,
    /// Index of the token to be drawn in its sequence: the counter of the draw.
    pub position: u32,
}

impl SampleParams {
    /// The row: temperature, top-k, top-p, min-p, and as bits the words of the seed, low first,
    /// and the position; then 0.
    pub fn encode(&self) -> [f32; 8] {
        let bits = f32::from_bits;
        let (low, high) = (self.seed as u32, (self.seed >> 32) as u32);
        let top_k = self.top_k as f32;
        [
            self.temperature,
            top_k,
            self.top_p,
            self.min_p,
            bits(low),
            bits(high),
            bits(self.position),
            0.0,
        ]
    }
}

/// `out[t]` is the id of the largest logit of row `t`, the lowest id where several are equal.
///
/// `logits: [T, vocab]` without NaN, `out: [T]`.
///
/// # Errors
/// [`Error::NoCase`] where shapes contradict each other, and the launch's.
pub fn argmax(device: &Device, logits: &Tensor<f32>, out: &mut Tensor<u32>) -> Result<(), Error> {
    kernel::argmax(device, logits, out)
}

/// Draws `out[t]` from row `t` of the logits: temperature, top-k, top-p, min-p, then the first
/// word of Philox 4x32-10 for the row's seed and position.
///
/// `logits: [T, vocab]` without NaN, `params: [T, 8]` (rows of [`SampleParams::encode`], whose
/// values the host has checked), `out: [T]`.
///
/// # Errors
/// [`Error::NoCase`] where shapes contradict each other, and the launch's.
pub fn sample(
    device: &Device,
    logits: &Tensor<f32>,
    params: &Tensor<f32>,
    out: &mut Tensor<u32>,
) -> Result<(), Error> {
    let args =
        [Some(Arg::read(logits)), Some(Arg::read(params)), Some(Arg::write(out)), None, None];
    sampler::KERNEL.launch(device, &args, &[])
}
