//! Scalars as immediates, where the adapter has them: set while a launch is encoded, without a buffer.
//!
//! There is one text for native and web (naga and browsers do not agree on how immediates are switched
//! on), with the scalars in a uniform buffer. All of its fields are 4-byte ones, so that the same struct
//! in the immediate address space has the same layout: only its declaration is another.

use std::borrow::Cow;

use crate::kernel::{KernelInfo, KernelText, ParamKind};

/// The end of the scalars' declaration in the compiler's texts; `@group(0) @binding(N)` stands before.
const UNIFORM: &str = "var<uniform> scalars: Scalars;";
const IMMEDIATE: &str = "var<immediate> scalars: Scalars;";

/// A text as the device gets it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prepared<'t> {
    pub code: Cow<'t, str>,
    /// Bytes of immediates; 0 where the scalars, if there are any, lie in a uniform buffer.
    pub immediate_bytes: u32,
}

/// Words of a text's scalars, the hidden one included.
pub(super) fn scalar_words(kernel: &KernelInfo, text: &KernelText) -> u32 {
    let is_scalar = |kind: ParamKind| matches!(kind, ParamKind::Scalar(_));
    let scalars = kernel.params.iter().filter(|param| is_scalar(param.kind)).count() as u32;
    scalars + u32::from(text.folds_grid)
}

/// The text with its scalars as immediates where they fit `most` bytes, else as it is.
pub(super) fn prepare<'t>(kernel: &KernelInfo, text: &'t KernelText, most: u32) -> Prepared<'t> {
    let bytes = 4 * scalar_words(kernel, text);
    let plain = Prepared { code: Cow::Borrowed(text.code), immediate_bytes: 0 };
    if bytes == 0 || bytes > most {
        return plain;
    }
    let mut found = false;
    let lines = text.code.split_inclusive('\n').map(|line| {
        let here = line.starts_with("@group(0) @binding(") && line.trim_end().ends_with(UNIFORM);
        found |= here;
        if here { format!("{IMMEDIATE}\n").into() } else { Cow::Borrowed(line) }
    });
    let code: String = lines.collect();
    match found {
        true => Prepared { code: Cow::Owned(code), immediate_bytes: bytes },
        // A text of another make.
        false => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use crate::kernel::{Param, Target};

    const CODE: &str = "\
struct Scalars {
    n: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<uniform> scalars: Scalars;
fn f() { }
";

    static KERNEL: KernelInfo = KernelInfo {
        name: "k",
        params: &[
            Param { name: "x", kind: ParamKind::Read },
            Param { name: "n", kind: ParamKind::Scalar(DType::U32) },
        ],
        cases: &[],
        source: "",
    };

    const fn text(code: &'static str) -> KernelText {
        KernelText {
            target: Target::Wgsl {
                f16: false,
                subgroup: None,
                cooperative_matrix: None,
                workgroup_storage: 0,
            },
            code,
            entry: "f",
            threads: [1, 1, 1],
            dynamic_shared: 0,
            cluster: 1,
            folds_grid: true,
            dependent_launch: false,
            tensor_maps: &[],
        }
    }

    #[test]
    fn the_declaration_changes_where_the_scalars_fit() {
        let text = text(CODE);
        let prepared = prepare(&KERNEL, &text, 8);
        assert_eq!(prepared.immediate_bytes, 8);
        let declared = "read> x: array<f32>;\nvar<immediate> scalars: Scalars;\nfn f() { }\n";
        assert!(prepared.code.ends_with(declared), "{}", prepared.code);
        let plain = Prepared { code: Cow::Borrowed(CODE), immediate_bytes: 0 };
        assert_eq!(prepare(&KERNEL, &text, 4), plain);
        assert_eq!(prepare(&KERNEL, &text, 0), plain);
    }

    #[test]
    fn a_text_of_another_make_stays_as_it_is() {
        let text = text("@group(0) @binding(1) var<uniform> p: Scalars;\n");
        assert_eq!(prepare(&KERNEL, &text, 128).immediate_bytes, 0);
    }
}
