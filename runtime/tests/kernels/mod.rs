//! Hand-written kernels, in the shape that the macros emit.

#![allow(dead_code, reason = "each test file uses some of them")]

use tilewright_runtime::rule::{Size, TensorMapRule};
use tilewright_runtime::{
    Arg, Case, DType, Device, DeviceSelector, Error, KernelInfo, KernelText, Launch, Param,
    ParamKind, ReferenceCall, Swizzle, Target, Tensor,
};

const PTX: Target = Target::Ptx { sm: 80, exact: false, shared: 0 };
const WGSL: Target =
    Target::Wgsl { f16: false, subgroup: None, cooperative_matrix: None, workgroup_storage: 0 };

pub const fn text(target: Target, code: &'static str, entry: &'static str, x: u32) -> KernelText {
    KernelText {
        target,
        code,
        entry,
        threads: [x, 1, 1],
        dynamic_shared: 0,
        cluster: 1,
        folds_grid: false,
        dependent_launch: false,
        tensor_maps: &[],
    }
}

const fn param(name: &'static str, kind: ParamKind) -> Param {
    Param { name, kind }
}

/// `y[i] = a * x[i] + y[i]`
pub static SAXPY: KernelInfo = KernelInfo {
    name: "saxpy",
    params: &[
        param("x", ParamKind::Read),
        param("y", ParamKind::ReadWrite),
        param("a", ParamKind::Scalar(DType::F32)),
        param("n", ParamKind::Scalar(DType::U32)),
    ],
    cases: &[Case {
        values: &[("T", "f32")],
        dtypes: &[DType::F32, DType::F32, DType::F32, DType::U32],
        texts: &[
            text(PTX, include_str!("saxpy.ptx"), "saxpy", 64),
            text(WGSL, include_str!("saxpy.wgsl"), "saxpy", 64),
        ],
        reference: Some(saxpy_reference),
    }],
    source: "",
};

fn saxpy_reference(call: &mut ReferenceCall<'_>) -> Result<(), Error> {
    let (x, y) = (call.input::<f32>(0)?, call.output::<f32>(1)?);
    let (a, n) = (call.scalar_f32(2)?, call.scalar_u32(3)? as usize);
    for (x, y) in x.iter().zip(y).take(n) {
        *y += a * x;
    }
    Ok(())
}

/// `y[block] = block + 1` over a folded grid.
pub static NUMBER: KernelInfo = KernelInfo {
    name: "number",
    params: &[param("y", ParamKind::Write)],
    cases: &[Case {
        values: &[],
        dtypes: &[DType::U32],
        texts: &[
            KernelText { folds_grid: true, ..text(PTX, include_str!("number.ptx"), "number", 1) },
            KernelText { folds_grid: true, ..text(WGSL, include_str!("number.wgsl"), "number", 1) },
        ],
        reference: Some(number_reference),
    }],
    source: "",
};

fn number_reference(call: &mut ReferenceCall<'_>) -> Result<(), Error> {
    let blocks = call.grid()[0] as usize;
    for (block, y) in call.output::<u32>(0)?.iter_mut().take(blocks).enumerate() {
        *y = block as u32 + 1;
    }
    Ok(())
}

/// A text that neither dialect accepts.
pub static BROKEN: KernelInfo = KernelInfo {
    name: "broken",
    params: &[param("y", ParamKind::Write)],
    cases: &[Case {
        values: &[],
        dtypes: &[DType::U32],
        texts: &[
            text(PTX, ".version 7.0\n.target sm_80\n.address_size 64\nnonsense here;\n", "b", 1),
            text(WGSL, "@compute @workgroup_size(1) fn b() { let x: u32 = 1.5; }", "b", 1),
        ],
        reference: None,
    }],
    source: "",
};

/// Takes `x` as a tensor map of boxes of 32 by 8.
pub static MAPPED: KernelInfo = KernelInfo {
    name: "mapped",
    params: &[
        param("x", ParamKind::Read),
        param("rows", ParamKind::Scalar(DType::U32)),
        param("cols", ParamKind::Scalar(DType::U32)),
    ],
    cases: &[Case {
        values: &[],
        dtypes: &[DType::F32, DType::U32, DType::U32],
        texts: &[KernelText {
            tensor_maps: &[TensorMapRule {
                param: 0,
                dims: &[Size::Param(2), Size::Param(1)],
                strides: &[Size::Param(2)],
                tile: &[32, 8],
                swizzle: Swizzle::Bytes128,
            }],
            ..text(Target::Ptx { sm: 90, exact: true, shared: 0 }, "", "mapped", 32)
        }],
        reference: None,
    }],
    source: "",
};

/// Needs what no device has.
pub static FUTURE: KernelInfo = KernelInfo {
    name: "future",
    params: &[],
    cases: &[Case {
        values: &[("T", "bf16"), ("HEAD_DIM", "128")],
        dtypes: &[],
        texts: &[
            text(Target::Ptx { sm: 990, exact: true, shared: 0 }, "", "f", 1),
            text(
                Target::Wgsl {
                    f16: false,
                    subgroup: Some(7),
                    cooperative_matrix: None,
                    workgroup_storage: 0,
                },
                "",
                "f",
                1,
            ),
        ],
        reference: None,
    }],
    source: "",
};

/// Launches [`SAXPY`] over the first `n` elements.
pub fn saxpy(
    device: &Device,
    x: &Tensor<f32>,
    y: &Tensor<f32>,
    a: f32,
    n: u32,
) -> Result<(), Error> {
    device.launch(&Launch {
        kernel: &SAXPY,
        case: 0,
        grid: [u64::from(n.div_ceil(64)), 1, 1],
        args: &[Arg::read(x), Arg::read_write(y), Arg::scalar(a), Arg::scalar(n)],
    })
}

/// Opens a device that a test needs; without it the test fails and says what to install.
pub fn open(selector: &str) -> Device {
    let selector: DeviceSelector = selector.parse().expect("a selector");
    Device::open(&selector).unwrap_or_else(|error| panic!("this test needs {selector}: {error}"))
}
