//! Kernels that start before the ones in front have ended: programmatic dependent launch.
//!
//! Texts of `sm_80` are told so here, where the chip is known: where their kernels say that they wait, behind
//! a prefetch of weights, say. A text that says nothing about it waits at its entry, so that it touches
//! nothing earlier than a plain launch would, and lets the next kernel start once all of its own workgroups
//! have: what is saved is the gap between two kernels.
//!
//! PTX ISA, "griddepcontrol" (PTX 7.8, sm_90).

use crate::kernel::{KernelText, Target};

/// The first chips that can, and the version of PTX that can say it.
const SM: u32 = 90;
const VERSION: (u32, u32) = (7, 8);

impl KernelText {
    /// The text as it is linked for a chip whose device was opened with
    /// [`Options::overlap`](crate::Options::overlap); `None` where that changes nothing: on earlier chips,
    /// and for texts for exactly one chip or with a `griddepcontrol` of their own.
    pub fn overlapping(&self, sm: u32) -> Option<String> {
        let Target::Ptx { exact: false, .. } = self.target else { return None };
        if sm < SM || self.dependent_launch { None } else { waiting(self.code) }
    }
}

/// How a text for chips without these instructions says where it would wait and let others start.
const REMARK: &str = "// griddepcontrol.";

/// The text for the chips that have both instructions: where it says, else at its entry. `None` for a text of
/// another form than the compiler's.
fn waiting(code: &str) -> Option<String> {
    let (before, rest) = code.split_once(".version ")?;
    let (version, rest) = rest.split_once('\n')?;
    let (between, rest) = rest.split_once(".target sm_")?;
    let (sm, rest) = rest.split_once('\n')?;
    let (head, body) = rest.split_once("\n{\n")?;
    let (major, minor) = version.split_once('.')?;
    let version = (major.parse().ok()?, minor.parse().ok()?).max(VERSION);
    let sm = sm.parse::<u32>().ok()?.max(SM);
    let body = if body.contains(REMARK) {
        body.replace(REMARK, "griddepcontrol.")
    } else {
        format!("    griddepcontrol.launch_dependents;\n    griddepcontrol.wait;\n{body}")
    };
    let (major, minor) = version;
    Some(format!("{before}.version {major}.{minor}\n{between}.target sm_{sm}\n{head}\n{{\n{body}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::waiting;
    use crate::kernel::{KernelText, Target};

    const CODE: &str = ".version 7.0\n.target sm_80\n.address_size 64\n\n.visible .entry k()\n\
        .reqntid 32, 1, 1\n{\n    .reg .b32 %r<2>;\n    ret;\n}\n";

    fn text(sm: u32, exact: bool, dependent_launch: bool) -> KernelText {
        KernelText {
            target: Target::Ptx { sm, exact, shared: 0 },
            code: CODE,
            entry: "k",
            threads: [32, 1, 1],
            dynamic_shared: 0,
            cluster: 1,
            folds_grid: false,
            dependent_launch,
            tensor_maps: &[],
        }
    }

    #[test]
    fn a_text_waits_at_its_entry() {
        let told = waiting(CODE).unwrap();
        assert_eq!(
            told,
            ".version 7.8\n.target sm_90\n.address_size 64\n\n.visible .entry k()\n.reqntid 32, 1, 1\n{\n    \
             griddepcontrol.launch_dependents;\n    griddepcontrol.wait;\n    .reg .b32 %r<2>;\n    ret;\n}\n"
        );
        let newer = CODE.replace("7.0", "8.3").replace("sm_80", "sm_100");
        let told = waiting(&newer).unwrap();
        assert!(told.starts_with(".version 8.3\n.target sm_100\n"));
        assert_eq!(waiting("no kernel"), None);
        let later = CODE.replace("    ret;", "    // griddepcontrol.wait;\n    ret;");
        let told = waiting(&later).unwrap();
        assert!(
            told.contains("{\n    .reg .b32 %r<2>;\n    griddepcontrol.wait;\n    ret;\n}"),
            "{told}"
        );
    }

    #[test]
    fn only_where_it_can_be() {
        let portable = text(80, false, false);
        assert!(portable.overlapping(90).unwrap().contains("griddepcontrol.wait"));
        assert_eq!(portable.overlapping(89), None);
        assert_eq!(text(90, true, false).overlapping(90), None);
        // It waits already.
        assert_eq!(text(90, false, true).overlapping(90), None);
    }
}
