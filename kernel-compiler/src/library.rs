//! The device library: Rust-syntax files that every kernel sees.

use crate::ast::Items;
use crate::diag::Diagnostic;
use crate::diag::source::SourceMap;
use crate::parse;

/// The files, by name.
const FILES: [(&str, &str); 4] = [
    ("library/reduce.rs", include_str!("../library/reduce.rs")),
    ("library/formats.rs", include_str!("../library/formats.rs")),
    ("library/packed_words.rs", include_str!("../library/packed_words.rs")),
    ("library/halves.rs", include_str!("../library/halves.rs")),
];

/// The library's items.
///
/// # Errors
/// A mistake in the library itself.
pub fn items(map: &mut SourceMap) -> Result<Items, Vec<Diagnostic>> {
    let mut all = Items::default();
    for (name, text) in FILES {
        all.extend(parse::text(name, text, map)?);
    }
    Ok(all)
}
