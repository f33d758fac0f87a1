//! Every mistake that the compiler knows, by stage. Codes are never reused.
//!
//! `TW00xx` the compiler itself, `TW01xx` parsing, `TW02xx` names, types and compile-time values, `TW03xx` targets and resources,
//! `TW04xx` memory and bounds, `TW05xx` uniformity and barriers, `TW06xx` asynchronous operations,
//! `TW07xx` kernel attributes and family macros, `TW08xx` quantisation formats.

pub mod asynchronous;
pub mod attribute;
pub mod format;
pub mod internal;
pub mod memory;
pub mod parse;
pub mod resources;
pub mod sync;
pub mod types;

/// Declares the entries of one stage and the list of them.
macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $summary:literal;)*) => {
        use crate::diag::Entry;
        $(
            #[doc = $summary]
            pub static $name: Entry = Entry { code: $code, summary: $summary };
        )*
        /// The entries of this stage.
        pub static ALL: &[&Entry] = &[$(&$name),*];
    };
}
pub(crate) use entries;

/// The entries that one stage reports.
#[derive(Debug)]
pub struct Stage {
    /// What the codes begin with.
    pub prefix: &'static str,
    /// What the stage looks at.
    pub title: &'static str,
    /// Its entries.
    pub entries: &'static [&'static crate::diag::Entry],
}

const fn stage(
    prefix: &'static str,
    title: &'static str,
    entries: &'static [&'static crate::diag::Entry],
) -> Stage {
    Stage { prefix, title, entries }
}

/// All stages, by code.
pub static STAGES: [Stage; 9] = [
    stage("TW00", "the compiler itself", internal::ALL),
    stage("TW01", "parsing", parse::ALL),
    stage("TW02", "names, types and compile-time values", types::ALL),
    stage("TW03", "targets and resources", resources::ALL),
    stage("TW04", "memory and bounds", memory::ALL),
    stage("TW05", "uniformity and barriers", sync::ALL),
    stage("TW06", "asynchronous operations", asynchronous::ALL),
    stage("TW07", "kernel attributes and family macros", attribute::ALL),
    stage("TW08", "quantisation formats", format::ALL),
];
