//! [`Error`]: everything that can go wrong, one line each, saying what to do.

use crate::{BackendKind, DType, Shape};

/// What went wrong with a device, a tensor or a launch.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The `--device` argument is none of the known ones.
    #[error("unknown device `{name}`: write auto, cuda[:N], wgpu[:N], cpu or null")]
    UnknownDevice {
        /// What was written.
        name: String,
    },
    /// The driver library of a back end is not installed or does not work.
    #[error("no {backend} driver: {reason}")]
    NoDriver {
        /// The back end.
        backend: BackendKind,
        /// Why, and what to install.
        reason: String,
    },
    /// The back end has devices, but not the one asked for.
    #[error("no {backend} device {index}: there {}", list_devices(.found))]
    NoSuchDevice {
        /// The back end.
        backend: BackendKind,
        /// The index asked for.
        index: usize,
        /// Names of the devices there are, in index order.
        found: Vec<String>,
    },
    /// The product of the dimensions does not fit.
    #[error("shape {shape} has more elements than fit an address: use smaller dimensions")]
    ShapeOverflow {
        /// The shape.
        shape: Shape,
    },
    /// More dimensions than [`Shape::MAX_RANK`].
    #[error("a shape has at most 4 dimensions, this one has {0}: merge the outer ones")]
    RankTooLarge(usize),
    /// Data or a tensor of another shape than the one needed.
    #[error("{what} has shape {found} where {expected} is needed")]
    ShapeMismatch {
        /// Kernel and argument, or the operation.
        what: String,
        /// The shape needed.
        expected: Shape,
        /// The shape given.
        found: Shape,
    },
    /// A range that does not lie inside its tensor.
    #[error("elements {start}..{end} are outside a tensor of {len} elements")]
    OutOfRange {
        /// First element.
        start: u64,
        /// One past the last element.
        end: u64,
        /// Elements there are.
        len: u64,
    },
    /// A wrong number of arguments.
    #[error("kernel {kernel} takes {expected} arguments and was given {found}")]
    ArgumentCount {
        /// The kernel.
        kernel: &'static str,
        /// Parameters it declares.
        expected: usize,
        /// Arguments given.
        found: usize,
    },
    /// An argument of the wrong kind: a scalar for a buffer, or a read for a write.
    #[error("argument {argument} of kernel {kernel} must be {expected}, not {found}")]
    ArgumentKind {
        /// The kernel.
        kernel: &'static str,
        /// The parameter's name.
        argument: &'static str,
        /// The kind declared.
        expected: &'static str,
        /// The kind given.
        found: &'static str,
    },
    /// An argument of the wrong element type.
    #[error("argument {argument} of {kernel} must hold {expected}, not {found}: convert it first")]
    DTypeMismatch {
        /// The kernel or operation.
        kernel: &'static str,
        /// The parameter's name.
        argument: &'static str,
        /// The element type needed.
        expected: DType,
        /// The element type given.
        found: DType,
    },
    /// A written buffer that is bound twice.
    #[error(
        "kernel {kernel} writes one buffer as {first} and {second}: give it two tensors, or the \
         in-place form of the kernel"
    )]
    Alias {
        /// The kernel.
        kernel: &'static str,
        /// The first of the two parameters.
        first: &'static str,
        /// The second of the two parameters.
        second: &'static str,
    },
    /// A tensor of another device.
    #[error("{what} is on another device than the launch: download and upload it first")]
    WrongDevice {
        /// Kernel and argument, or the operation.
        what: String,
    },
    /// A case index that the kernel does not have.
    #[error("kernel {kernel} has {cases} cases and no case {case}")]
    NoSuchCase {
        /// The kernel.
        kernel: &'static str,
        /// The index given.
        case: usize,
        /// Cases there are.
        cases: usize,
    },
    /// No case of a kernel fits the arguments.
    #[error("kernel {kernel} has no case for these arguments: {reasons}")]
    NoCase {
        /// The kernel.
        kernel: &'static str,
        /// Why, for each kind of refusal.
        reasons: String,
    },
    /// A scalar that is neither given nor a dimension of a given tensor.
    #[error("kernel {kernel}: give `{param}`, which follows from no tensor's shape")]
    NotInferred {
        /// The kernel.
        kernel: &'static str,
        /// The scalar.
        param: &'static str,
    },
    /// A size of a launch that cannot be computed.
    #[error("a size of this launch overflows, is negative or divides by zero: use other shapes")]
    SizeOverflow,
    /// No text of a case runs on this device.
    #[error("kernel {kernel} ({case}) has no text for {device}: {missing}")]
    MissingCase {
        /// The kernel.
        kernel: &'static str,
        /// The case's compile-time values.
        case: String,
        /// The device.
        device: String,
        /// For each text, what the device lacks.
        missing: String,
    },
    /// The `cpu` device needs a reference and the case has none.
    #[error("kernel {kernel} ({case}) has no scalar reference: add `reference = ...` to it")]
    MissingReference {
        /// The kernel.
        kernel: &'static str,
        /// The case's compile-time values.
        case: String,
    },
    /// A tensor over the device's largest buffer or binding.
    #[error("{what} needs {bytes} bytes and {device} binds at most {limit}: split its rows")]
    TensorTooLarge {
        /// Kernel and argument, or the allocation.
        what: String,
        /// Bytes asked for.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
        /// The device.
        device: String,
    },
    /// A launch over one of the device's limits.
    #[error("kernel {kernel} needs {asked} {what} and {device} has {limit}")]
    LimitExceeded {
        /// The kernel.
        kernel: &'static str,
        /// What there is too little of, with its unit.
        what: &'static str,
        /// Asked for.
        asked: u64,
        /// Allowed.
        limit: u64,
        /// The device.
        device: String,
    },
    /// A view whose first byte cannot be bound.
    #[error("{what} starts at byte {offset}, which is not a multiple of {alignment}: move it")]
    Misaligned {
        /// Kernel and argument.
        what: String,
        /// Byte offset within its buffer.
        offset: u64,
        /// The alignment needed.
        alignment: u64,
    },
    /// A 64-bit scalar for a text that has 32-bit fields.
    #[error("scalar {value} does not fit the 32 bits that WGSL kernels have")]
    ScalarTooLarge {
        /// The value.
        value: String,
    },
    /// The device refused a kernel's text.
    #[error("{backend} refused kernel {kernel}: {message}")]
    Jit {
        /// The back end.
        backend: BackendKind,
        /// The kernel.
        kernel: String,
        /// The first error line of the log.
        message: String,
    },
    /// Not enough memory.
    #[error("out of memory: {asked} bytes asked, {} free", free.map_or("an unknown number".to_owned(), |free| free.to_string()))]
    OutOfMemory {
        /// Bytes asked for.
        asked: u64,
        /// Bytes free, where the device says.
        free: Option<u64>,
    },
    /// The device is gone, or failed in a way that leaves its memory undefined.
    #[error("device lost: {reason}; open it again")]
    DeviceLost {
        /// What the driver said.
        reason: String,
    },
    /// A driver call failed.
    #[error("{backend}: {call} failed: {message}")]
    Driver {
        /// The back end.
        backend: BackendKind,
        /// The call.
        call: &'static str,
        /// What the driver said.
        message: String,
    },
    /// The driver is older than what the runtime needs.
    #[error("the CUDA driver supports CUDA {found} and {needed} is needed: update it")]
    DriverTooOld {
        /// Version found, such as `11.4`.
        found: String,
        /// Version needed.
        needed: &'static str,
    },
    /// An operation that cannot be part of a recording.
    #[error("{operation} inside of a recording: move it before or after")]
    InRecording {
        /// The operation.
        operation: &'static str,
    },
    /// An operation that the back end does not have.
    #[error("{backend} has no {what}")]
    Unsupported {
        /// The back end.
        backend: BackendKind,
        /// What it lacks.
        what: &'static str,
    },
    /// A kernel did something wrong while an [`Executor`](crate::Executor) ran it.
    #[error("kernel {kernel}: {message}")]
    Execution {
        /// The kernel.
        kernel: &'static str,
        /// What it did, and where.
        message: String,
    },
    /// An argument that a reference asked for in the wrong way, or something else that it refuses.
    #[error("reference: {0}")]
    Reference(String),
}

fn list_devices(found: &[String]) -> String {
    if found.is_empty() {
        return "are none".to_owned();
    }
    let names: Vec<String> =
        found.iter().enumerate().map(|(index, name)| format!("{index} ({name})")).collect();
    format!("{} {}", if names.len() == 1 { "is" } else { "are" }, names.join(", "))
}

/// The first line that says "error", else the first line: errors are one line.
pub(crate) fn first_error_line(log: &str) -> String {
    let mut lines = log.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines.clone().find(|line| {
        let line = line.to_ascii_lowercase();
        line.contains("error") || line.contains("fatal")
    });
    error.or_else(|| lines.next()).unwrap_or("no log").to_owned()
}

/// Folds a text of several lines into one.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_index_lists_what_there_is() {
        let error = |found: &[&str]| {
            Error::NoSuchDevice {
                backend: BackendKind::Wgpu,
                index: 7,
                found: found.iter().map(|name| name.to_string()).collect(),
            }
            .to_string()
        };
        assert_eq!(error(&[]), "no wgpu device 7: there are none");
        assert_eq!(error(&["a"]), "no wgpu device 7: there is 0 (a)");
        assert_eq!(error(&["a", "b"]), "no wgpu device 7: there are 0 (a), 1 (b)");
    }

    #[test]
    fn the_error_line_is_found() {
        let log = "ptxas info : hello\nptxas file, line 3; error : Unknown symbol\nmore";
        assert_eq!(first_error_line(log), "ptxas file, line 3; error : Unknown symbol");
        assert_eq!(first_error_line("\n odd \n"), "odd");
        assert_eq!(first_error_line(""), "no log");
    }
}
