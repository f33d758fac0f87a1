//! Choice of text: the first of a case that the device satisfies.

use crate::kernel::{Case, KernelInfo, KernelText};
use crate::{BackendKind, Capabilities, Error};

/// The first text of `case` that the device satisfies.
///
/// `None` where the device runs no text: `cpu` runs the reference, and a null device that pretends
/// nothing and has no text to name records the launch alone.
///
/// # Errors
/// [`Error::MissingCase`] naming what each text needs; [`Error::MissingReference`] on `cpu`.
pub fn choose_text(
    kernel: &'static KernelInfo,
    case: &'static Case,
    capabilities: &Capabilities,
) -> Result<Option<&'static KernelText>, Error> {
    match capabilities.kind {
        BackendKind::Cpu if case.reference.is_some() => return Ok(None),
        BackendKind::Cpu => {
            return Err(Error::MissingReference { kernel: kernel.name, case: describe(case) });
        }
        BackendKind::Null if capabilities.cuda.is_none() && capabilities.wgpu.is_none() => {
            return Ok(case.texts.first());
        }
        BackendKind::Null | BackendKind::Cuda | BackendKind::Wgpu => {}
    }
    let mut missing = Vec::new();
    for text in case.texts {
        match capabilities.satisfies(&text.target) {
            Ok(()) => return Ok(Some(text)),
            Err(what) if missing.contains(&what) => {}
            Err(what) => missing.push(what),
        }
    }
    let missing =
        if missing.is_empty() { "the case has no text".to_owned() } else { missing.join("; ") };
    Err(Error::MissingCase {
        kernel: kernel.name,
        case: describe(case),
        device: capabilities.name.clone(),
        missing,
    })
}

/// The case's compile-time values: `T = bf16, THREADS = 256`.
pub(crate) fn describe(case: &Case) -> String {
    let values: Vec<String> =
        case.values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    if values.is_empty() { "its only case".to_owned() } else { values.join(", ") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::CudaCapabilities;
    use crate::kernel::Target;

    const fn ptx(sm: u32, exact: bool, shared: u32) -> KernelText {
        KernelText {
            target: Target::Ptx { sm, exact, shared },
            code: "",
            entry: "k",
            threads: [128, 1, 1],
            dynamic_shared: 0,
            cluster: 1,
            folds_grid: false,
            dependent_launch: false,
            tensor_maps: &[],
        }
    }

    static CASE: Case = Case {
        values: &[("T", "bf16")],
        dtypes: &[],
        texts: &[ptx(90, true, 200_000), ptx(80, false, 166_912), ptx(80, false, 0)],
        reference: None,
    };
    static KERNEL: KernelInfo = KernelInfo { name: "k", params: &[], cases: &[], source: "" };

    fn chip(sm: u32, shared_per_block: u32) -> Capabilities {
        let cuda = CudaCapabilities {
            sm,
            multiprocessors: 132,
            shared_per_block,
            max_threads: 1024,
            max_grid: [i32::MAX as u32, 65_535, 65_535],
            l2_bytes: 0,
            driver_version: 12_080,
        };
        Capabilities {
            kind: BackendKind::Null,
            name: format!("sm_{sm}"),
            driver: String::new(),
            is_software: false,
            total_memory: None,
            cuda: Some(cuda),
            wgpu: None,
        }
    }

    #[test]
    fn the_richest_text_that_runs_is_taken() {
        let chosen = |sm, shared| {
            let text = choose_text(&KERNEL, &CASE, &chip(sm, shared)).unwrap().unwrap();
            CASE.texts.iter().position(|one| std::ptr::eq(one, text)).unwrap()
        };
        assert_eq!(chosen(90, 232_448), 0);
        assert_eq!(chosen(80, 166_912), 1);
        assert_eq!(chosen(89, 101_376), 2);
        // sm_90a runs on 9.0 alone.
        assert_eq!(chosen(120, 232_448), 1);
    }

    #[test]
    fn a_missing_case_says_what_each_text_needs() {
        let error = choose_text(&KERNEL, &CASE, &chip(75, 65_536)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "kernel k (T = bf16) has no text for sm_75: needs sm_90a and this is sm_75; \
             needs sm_80 and this is sm_75"
        );
    }
}
