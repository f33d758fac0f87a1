//! Why no case of a kernel applies, case by case: only asked for when none does.

use super::{Args, TypedKernel, has_types, has_values, is_aligned, tensor_of};
use crate::choice::choose_text;
use crate::rule::{Condition, Refusals, Rule, Size};
use crate::{Arg, Case, Device, Error, KernelInfo, ParamKind, Shape};

/// A case that does not apply: for a reason that was noted, or for an error of its own.
type Applies<T> = Result<Option<T>, Error>;

impl TypedKernel {
    /// The error of a launch that no case takes: what is wrong with the sizes, else that the device has
    /// no text for the cases that fit, else every reason.
    pub(super) fn refusal(
        &self,
        device: &Device,
        args: &Args<'_>,
        select: &[(&str, &str)],
    ) -> Error {
        let mut refusals = Refusals::default();
        let (mut missing, mut wrong) = (None, None);
        for (case, rule) in self.info.cases.iter().zip(self.rules) {
            if !self.explain_types(case, args, select, &mut refusals) {
                continue;
            }
            match self.explain_sizes(rule, args, &mut refusals) {
                Ok(None) => {}
                Ok(Some(())) => {
                    let chosen = choose_text(self.info, case, device.capabilities());
                    missing = missing.or(chosen.err());
                }
                Err(error) => wrong = wrong.or(Some(error)),
            }
        }
        let (kernel, reasons) = (self.info.name, refusals.text());
        missing.or(wrong).unwrap_or(Error::NoCase { kernel, reasons })
    }

    fn explain_types(
        &self,
        case: &Case,
        args: &Args<'_>,
        select: &[(&str, &str)],
        refusals: &mut Refusals,
    ) -> bool {
        if has_values(case, select) && has_types(case, args) {
            return true;
        }
        for (name, wanted) in select {
            if !case.values.contains(&(name, wanted)) {
                refusals.push(format!("no case has {name} = {wanted}"));
                return false;
            }
        }
        for ((param, arg), expected) in self.info.params.iter().zip(args).zip(case.dtypes) {
            if let Some(tensor) = arg.as_ref().and_then(tensor_of)
                && tensor.dtype() != *expected
            {
                refusals.dtype(param.name, *expected, tensor.dtype());
                return false;
            }
        }
        false
    }

    fn explain_sizes(&self, rule: &Rule, args: &Args<'_>, refusals: &mut Refusals) -> Applies<()> {
        let Some(values) = self.infer(rule, args, refusals)? else { return Ok(None) };
        for ((param, arg), dims) in self.info.params.iter().zip(args).zip(rule.shapes) {
            let Some(tensor) = arg.as_ref().and_then(tensor_of) else { continue };
            let expected: Result<Vec<u64>, Error> =
                dims.iter().map(|dim| dim.evaluate(&values)).collect();
            let expected = expected?;
            if !dims.is_empty() && expected != tensor.shape().dims() {
                let expected = Shape::try_from(expected.as_slice())?;
                let found = tensor.shape();
                refusals
                    .push(format!("{} has shape {found} where {expected} is needed", param.name));
                return Ok(None);
            }
        }
        for condition in rule.conditions {
            let holds = match condition {
                Condition::Compare(a, op, b) => {
                    op.holds(a.evaluate(&values)?, b.evaluate(&values)?)
                }
                Condition::Aligned(at, bytes) => is_aligned(args, *at, *bytes),
            };
            if !holds {
                refusals.push(describe(condition, self.info));
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    /// Values of the integer scalars: those given, and those that a declared dimension names.
    fn infer(
        &self,
        rule: &Rule,
        args: &Args<'_>,
        refusals: &mut Refusals,
    ) -> Applies<Vec<Option<u64>>> {
        let mut values: Vec<Option<u64>> =
            args.iter().map(|a| a.as_ref().and_then(Arg::integer)).collect();
        for ((param, arg), dims) in self.info.params.iter().zip(args).zip(rule.shapes) {
            let Some(tensor) = arg.as_ref().and_then(tensor_of) else { continue };
            if dims.is_empty() {
                continue;
            }
            let (shape, needed) = (tensor.shape(), dims.len());
            if shape.rank() != needed {
                let name = param.name;
                refusals
                    .push(format!("{name} has shape {shape} where {needed} dimensions are needed"));
                return Ok(None);
            }
            for (dim, extent) in dims.iter().zip(shape.dims()) {
                if let Size::Param(at) = dim
                    && let Some(slot) = values.get_mut(*at)
                    && slot.is_none()
                {
                    *slot = Some(*extent);
                }
            }
        }
        for ((param, arg), value) in self.info.params.iter().zip(args).zip(&values) {
            if matches!(param.kind, ParamKind::Scalar(_)) && arg.is_none() && value.is_none() {
                let (kernel, param) = (self.info.name, param.name);
                return Err(Error::NotInferred { kernel, param });
            }
        }
        Ok(Some(values))
    }
}

fn describe(condition: &Condition, kernel: &KernelInfo) -> String {
    let name = |at: usize| kernel.params.get(at).map_or("?", |p| p.name);
    match condition {
        Condition::Aligned(at, bytes) => {
            format!("{} must start at a multiple of {bytes} bytes", name(*at))
        }
        Condition::Compare(a, op, b) => {
            format!("{} {op:?} {} does not hold", size_text(a, kernel), size_text(b, kernel))
        }
    }
}

fn size_text(size: &Size, kernel: &KernelInfo) -> String {
    match size {
        Size::Const(value) => value.to_string(),
        Size::Param(at) => kernel.params.get(*at).map_or("?", |p| p.name).to_owned(),
        Size::Op(op, a, b) => {
            format!("{op:?}({}, {})", size_text(a, kernel), size_text(b, kernel))
        }
    }
}
