//! [`TypedKernel`]: a kernel with its launch rules. Infers sizes from shapes, picks the case, checks
//! shapes, computes the grid; [`Launch`] checks the rest.

use crate::choice::choose_text;
use crate::rule::{Condition, Refusals, Rule, Size};
use crate::{
    Arg, Case, Device, Error, KernelInfo, Launch, ParamKind, RawTensor, ScalarValue, Shape,
};

/// A kernel and, per case, when and how it is launched.
#[derive(Debug)]
pub struct TypedKernel {
    /// Texts, parameters, references.
    pub info: &'static KernelInfo,
    /// One per case, in the order of [`KernelInfo::cases`].
    pub rules: &'static [Rule],
}

impl TypedKernel {
    /// Launches the first case that fits. `args` has one entry per parameter; `None` for a scalar
    /// says that it follows from the shapes. `select` names compile-time values that the case must
    /// have, such as `("CAUSAL", "true")`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where shapes contradict each other, [`Error::NoCase`] where no case
    /// fits (with the reasons), and all of [`Launch`]'s.
    pub fn launch(
        &self,
        device: &Device,
        args: &[Option<Arg<'_>>],
        select: &[(&str, &str)],
    ) -> Result<(), Error> {
        let expected = self.info.params.len();
        if args.len() != expected {
            let (kernel, found) = (self.info.name, args.len());
            return Err(Error::ArgumentCount { kernel, expected, found });
        }
        let mut refusals = Refusals::default();
        let mut missing = None;
        for (case, rule) in self.rules.iter().enumerate() {
            let Some(found) = self.info.cases.get(case) else { continue };
            if !self.has_types(found, args, select, &mut refusals) {
                continue;
            }
            let Some(values) = self.infer(rule, args, &mut refusals)? else { continue };
            if !self.applies(rule, args, &values, &mut refusals)? {
                continue;
            }
            // A later case may be the same one for another target.
            match choose_text(self.info, found, device.capabilities()) {
                Err(error @ Error::MissingCase { .. }) => missing = missing.or(Some(error)),
                _ => return self.run(device, case, rule, args, &values),
            }
        }
        if let Some(error) = missing {
            return Err(error);
        }
        let (kernel, reasons) = (self.info.name, refusals.text());
        Err(Error::NoCase { kernel, reasons })
    }

    fn has_types(
        &self,
        case: &Case,
        args: &[Option<Arg<'_>>],
        select: &[(&str, &str)],
        refusals: &mut Refusals,
    ) -> bool {
        for (name, wanted) in select {
            if !case.values.iter().any(|(n, v)| n == name && v == wanted) {
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
        true
    }

    /// Values of the integer scalars: those given, and those that a declared dimension names.
    fn infer(
        &self,
        rule: &Rule,
        args: &[Option<Arg<'_>>],
        refusals: &mut Refusals,
    ) -> Result<Option<Vec<Option<u64>>>, Error> {
        let mut values: Vec<Option<u64>> =
            args.iter().map(|a| a.as_ref().and_then(Arg::integer)).collect();
        for ((param, arg), dims) in self.info.params.iter().zip(args).zip(rule.shapes) {
            let Some(tensor) = arg.as_ref().and_then(tensor_of) else { continue };
            if dims.is_empty() {
                continue;
            }
            let shape = tensor.shape();
            if shape.rank() != dims.len() {
                refusals.push(format!(
                    "{} has shape {shape} where {} dimensions are needed",
                    param.name,
                    dims.len()
                ));
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
        for (at, (param, arg)) in self.info.params.iter().zip(args).enumerate() {
            let scalar = matches!(param.kind, ParamKind::Scalar(_));
            if scalar && arg.is_none() && values.get(at).copied().flatten().is_none() {
                let (kernel, param) = (self.info.name, param.name);
                return Err(Error::NotInferred { kernel, param });
            }
        }
        Ok(Some(values))
    }

    fn applies(
        &self,
        rule: &Rule,
        args: &[Option<Arg<'_>>],
        values: &[Option<u64>],
        refusals: &mut Refusals,
    ) -> Result<bool, Error> {
        for ((param, arg), dims) in self.info.params.iter().zip(args).zip(rule.shapes) {
            let Some(tensor) = arg.as_ref().and_then(tensor_of) else { continue };
            let mut expected = Vec::with_capacity(dims.len());
            for dim in *dims {
                expected.push(dim.evaluate(values)?);
            }
            if !dims.is_empty() && expected != tensor.shape().dims() {
                let expected = Shape::try_from(expected.as_slice())?;
                let found = tensor.shape();
                refusals
                    .push(format!("{} has shape {found} where {expected} is needed", param.name));
                return Ok(false);
            }
        }
        for condition in rule.conditions {
            let holds = match condition {
                Condition::Compare(a, op, b) => op.holds(a.evaluate(values)?, b.evaluate(values)?),
                Condition::Aligned(at, bytes) => args
                    .get(*at)
                    .and_then(Option::as_ref)
                    .and_then(tensor_of)
                    .is_none_or(|t| t.byte_offset().is_multiple_of(u64::from(*bytes))),
            };
            if !holds {
                refusals.push(describe(condition, self.info));
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn run(
        &self,
        device: &Device,
        case: usize,
        rule: &Rule,
        args: &[Option<Arg<'_>>],
        values: &[Option<u64>],
    ) -> Result<(), Error> {
        let mut grid = [1u64; 3];
        for (extent, size) in grid.iter_mut().zip(&rule.grid) {
            *extent = size.evaluate(values)?;
        }
        let mut all = Vec::with_capacity(args.len());
        for ((param, arg), value) in self.info.params.iter().zip(args).zip(values) {
            all.push(match (arg, param.kind, value) {
                (Some(arg), _, _) => *arg,
                (None, ParamKind::Scalar(_), Some(value)) => {
                    let narrow = u32::try_from(*value).map_err(|_| Error::ScalarTooLarge {
                        value: format!("{} = {value}", param.name),
                    })?;
                    Arg::Scalar(ScalarValue::U32(narrow))
                }
                (None, _, _) => {
                    let (kernel, param) = (self.info.name, param.name);
                    return Err(Error::NotInferred { kernel, param });
                }
            });
        }
        device.launch(&Launch { kernel: self.info, case, grid, args: &all })
    }
}

fn tensor_of<'a>(arg: &Arg<'a>) -> Option<&'a RawTensor> {
    match *arg {
        Arg::Read(tensor) | Arg::Write(tensor) | Arg::ReadWrite(tensor) => Some(tensor),
        Arg::Scalar(_) | Arg::TensorMap(_) => None,
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
