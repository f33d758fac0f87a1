//! [`TypedKernel`]: a kernel with its launch rules. Infers sizes from shapes, picks the case, checks
//! shapes, computes the grid; [`Launch`] checks the rest.

mod refusal;
mod row_ranges;

use crate::choice;
use crate::rule::{Condition, Rule, Size};
use crate::{
    Arg, Case, Device, Error, KernelInfo, Launch, LaunchCost, ParamKind, RawTensor, ScalarValue,
    recording,
};

/// A kernel and, per case, when and how it is launched.
#[derive(Debug)]
pub struct TypedKernel {
    /// Texts, parameters, references.
    pub info: &'static KernelInfo,
    /// One per case, in the order of [`KernelInfo::cases`].
    pub rules: &'static [Rule],
}

/// One argument per parameter; `None` for a scalar that follows from the shapes.
type Args<'a> = [Option<Arg<'a>>];

impl TypedKernel {
    /// Launches the first case that fits and that the device has a text for. `args` has one entry per
    /// parameter; `None` for a scalar says that it follows from the shapes. `select` names compile-time
    /// values that the case must have, such as `("CAUSAL", "true")`.
    ///
    /// # Errors
    /// [`Error::NoCase`] where no case fits (with the reasons), [`Error::MissingCase`] where the device
    /// has no text for one that does, [`Error::TensorTooLarge`], and all of [`Launch`]'s.
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
        let given: Vec<Option<u64>> =
            args.iter().map(|a| a.as_ref().and_then(Arg::integer)).collect();
        let mut values = given.clone();
        // Nothing is allocated for a case that does not fit: a kernel may have hundreds.
        for (at, (case, rule)) in self.info.cases.iter().zip(self.rules).enumerate() {
            let fits = has_types(case, args)
                && has_values(case, select)
                && choice::is_there(case, device.capabilities())
                && fits(rule, args, &given, &mut values);
            if !fits {
                continue;
            }
            return match row_ranges::step(self.info, rule, device, args, &values)? {
                Some((rows, step)) => self.launch_ranges(device, rule, args, select, rows, step),
                None => self.run(device, at, rule, args, &values),
            };
        }
        Err(self.refusal(device, args, select))
    }

    fn run(
        &self,
        device: &Device,
        case: usize,
        rule: &Rule,
        args: &Args<'_>,
        values: &[Option<u64>],
    ) -> Result<(), Error> {
        self.check_indices(device, rule, args)?;
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
        device.launch(&Launch { kernel: self.info, case, grid, args: &all })?;
        match &rule.cost {
            Some(cost) if !grid.contains(&0) => recording::add_cost(device.id(), || {
                let (bytes, flops) = (cost.bytes.evaluate(values)?, cost.flops.evaluate(values)?);
                Ok(LaunchCost { bytes, flops })
            }),
            _ => Ok(()),
        }
    }

    /// Bounds are proved for indices that do not wrap.
    fn check_indices(&self, device: &Device, rule: &Rule, args: &Args<'_>) -> Result<(), Error> {
        let most = 1u64.checked_shl(rule.index_bits).map_or(u64::MAX, |n| n - 1);
        for (param, arg) in self.info.params.iter().zip(args) {
            let Some(tensor) = arg.as_ref().and_then(tensor_of) else { continue };
            if tensor.len() > most {
                return Err(Error::TensorTooLarge {
                    what: format!("argument {} of kernel {}", param.name, self.info.name),
                    bytes: tensor.bytes(),
                    limit: most.saturating_mul(tensor.dtype().size() as u64),
                    device: device.capabilities().name.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Whether the case has the arguments' element types.
fn has_types(case: &Case, args: &Args<'_>) -> bool {
    let mut pairs = args.iter().zip(case.dtypes);
    pairs.all(|(arg, dtype)| {
        arg.as_ref().and_then(tensor_of).is_none_or(|tensor| tensor.dtype() == *dtype)
    })
}

/// Whether the case has the selected compile-time values.
fn has_values(case: &Case, select: &[(&str, &str)]) -> bool {
    select.iter().all(|wanted| case.values.contains(wanted))
}

/// Whether shapes and conditions hold. `values` gets the integer scalars: those given, and those that
/// a declared dimension names.
fn fits(rule: &Rule, args: &Args<'_>, given: &[Option<u64>], values: &mut [Option<u64>]) -> bool {
    values.copy_from_slice(given);
    for (arg, dims) in args.iter().zip(rule.shapes) {
        let Some(tensor) = arg.as_ref().and_then(tensor_of) else { continue };
        if dims.is_empty() {
            continue;
        }
        let shape = tensor.shape();
        if shape.rank() != dims.len() {
            return false;
        }
        for (dim, extent) in dims.iter().zip(shape.dims()) {
            match dim {
                Size::Const(n) if n != extent => return false,
                Size::Param(at) => {
                    if let Some(slot) = values.get_mut(*at)
                        && *slot.get_or_insert(*extent) != *extent
                    {
                        return false;
                    }
                }
                Size::Const(_) | Size::Op(..) => {}
            }
        }
    }
    has_computed_sizes(rule, args, values) && meets_conditions(rule, args, values)
}

/// Whether dimensions that are computed from others are as they should be.
fn has_computed_sizes(rule: &Rule, args: &Args<'_>, values: &[Option<u64>]) -> bool {
    args.iter().zip(rule.shapes).all(|(arg, dims)| {
        let Some(tensor) = arg.as_ref().and_then(tensor_of) else { return true };
        let shape = tensor.shape();
        let mut pairs = dims.iter().zip(shape.dims());
        pairs.all(|(dim, extent)| match dim {
            Size::Op(..) => dim.evaluate(values).is_ok_and(|n| n == *extent),
            Size::Const(_) | Size::Param(_) => true,
        })
    })
}

fn meets_conditions(rule: &Rule, args: &Args<'_>, values: &[Option<u64>]) -> bool {
    rule.conditions.iter().all(|condition| match condition {
        Condition::Compare(a, op, b) => match (a.evaluate(values), b.evaluate(values)) {
            (Ok(a), Ok(b)) => op.holds(a, b),
            _ => false,
        },
        Condition::Aligned(at, bytes) => is_aligned(args, *at, *bytes),
    })
}

fn is_aligned(args: &Args<'_>, at: usize, bytes: u32) -> bool {
    let tensor = args.get(at).and_then(Option::as_ref).and_then(tensor_of);
    tensor.is_none_or(|t| t.byte_offset().is_multiple_of(u64::from(bytes)))
}

fn tensor_of<'a>(arg: &Arg<'a>) -> Option<&'a RawTensor> {
    match *arg {
        Arg::Read(tensor) | Arg::Write(tensor) | Arg::ReadWrite(tensor) => Some(tensor),
        Arg::Scalar(_) | Arg::TensorMap(_) => None,
    }
}
