//! `split(x: rows)`: where a buffer is larger than what the device binds, the launch runs in ranges of
//! rows. Every buffer whose outermost dimension counts the rows is bound in parts that start where the
//! device can bind them; the others are bound whole in each.

use super::{Args, TypedKernel, tensor_of};
use crate::rule::{Rule, Size};
use crate::{Arg, Device, Error, KernelInfo, RawTensor, ScalarValue, Shape};

/// Rows in all, and rows of a range; `None` where the launch need not be split.
///
/// # Errors
/// [`Error::TensorTooLarge`] where the fewest rows that can be bound are too many.
pub(super) fn step(
    kernel: &KernelInfo,
    rule: &Rule,
    device: &Device,
    args: &Args<'_>,
    values: &[Option<u64>],
) -> Result<Option<(u64, u64)>, Error> {
    let (Some(at), Some(wgpu)) = (rule.split, &device.capabilities().wgpu) else {
        return Ok(None);
    };
    let rows = values.get(at).copied().flatten().unwrap_or(0);
    let limit = wgpu.max_storage_binding;
    let cut = || {
        let all = kernel.params.iter().zip(args).zip(rule.shapes);
        all.filter(move |(_, dims)| dims.first() == Some(&Size::Param(at)))
            .filter_map(|((param, arg), _)| Some((param, arg.as_ref().and_then(tensor_of)?)))
    };
    if rows == 0 || cut().all(|(_, tensor)| tensor.bytes() <= limit) {
        return Ok(None);
    }
    let alignment = u64::from(wgpu.storage_alignment).max(1);
    // Rows after which every part starts at a place that can be bound.
    let mut grain = 1u64;
    for (_, tensor) in cut() {
        let own = alignment / gcd(tensor.bytes() / rows, alignment);
        grain = grain / gcd(grain, own) * own;
    }
    let mut step = u64::MAX;
    for (param, tensor) in cut() {
        let row = (tensor.bytes() / rows).max(1);
        let most = limit / row / grain * grain;
        if most == 0 {
            return Err(Error::TensorTooLarge {
                what: format!("{grain} rows of argument {} of kernel {}", param.name, kernel.name),
                bytes: row.saturating_mul(grain),
                limit,
                device: device.capabilities().name.clone(),
            });
        }
        step = step.min(most);
    }
    Ok(Some((rows, step)))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

impl TypedKernel {
    /// Launches once per range; each chooses its own case, since the last one may have fewer rows.
    pub(super) fn launch_ranges(
        &self,
        device: &Device,
        rule: &Rule,
        args: &Args<'_>,
        select: &[(&str, &str)],
        rows: u64,
        step: u64,
    ) -> Result<(), Error> {
        let split = rule.split.map(Size::Param);
        let mut start = 0;
        while start < rows {
            let count = step.min(rows - start);
            let mut parts: Vec<Option<RawTensor>> = Vec::with_capacity(args.len());
            for (arg, dims) in args.iter().zip(rule.shapes) {
                let tensor = arg.as_ref().and_then(tensor_of);
                parts.push(match tensor {
                    Some(tensor) if dims.first() == split.as_ref() => {
                        Some(part(tensor, rows, start, count)?)
                    }
                    _ => None,
                });
            }
            let mut ranged = Vec::with_capacity(args.len());
            for (at, (arg, part)) in args.iter().zip(&parts).enumerate() {
                ranged.push(match (arg, part) {
                    (Some(Arg::Read(_)), Some(part)) => Some(Arg::Read(part)),
                    (Some(Arg::Write(_)), Some(part)) => Some(Arg::Write(part)),
                    (Some(Arg::ReadWrite(_)), Some(part)) => Some(Arg::ReadWrite(part)),
                    (Some(Arg::Scalar(ScalarValue::U32(_))), _) if rule.split == Some(at) => None,
                    _ => *arg,
                });
            }
            self.launch(device, &ranged, select)?;
            start += count;
        }
        Ok(())
    }
}

/// Rows `start..start + count` of a tensor of `rows`.
fn part(tensor: &RawTensor, rows: u64, start: u64, count: u64) -> Result<RawTensor, Error> {
    let mut dims = tensor.shape().dims().to_vec();
    if let Some(outermost) = dims.first_mut() {
        *outermost = count;
    }
    tensor.view(tensor.len() / rows * start, Shape::try_from(dims.as_slice())?)
}
