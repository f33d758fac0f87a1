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
