//! Names that WGSL, naga and the polyfills leave free.

use super::{polyfill, tables};
use std::collections::{HashMap, HashSet};

/// The names given so far, and those that may not be given.
pub(super) struct Names {
    taken: HashSet<String>,
    next: HashMap<String, u32>,
}

impl Names {
    /// WGSL's keywords, reserved words, predeclared names and the polyfills are taken.
    pub fn new() -> Names {
        let reserved = naga::keywords::wgsl::RESERVED.iter().copied();
        let all = reserved.chain(tables::PREDECLARED.iter().copied()).chain(polyfill::names());
        Names { taken: all.map(str::to_owned).collect(), next: HashMap::new() }
    }

    /// A free name: `wanted` itself if it can be had.
    pub fn fresh(&mut self, wanted: &str) -> String {
        let name = identifier(wanted);
        if self.taken.insert(name.clone()) { name } else { self.numbered(&format!("{name}_")) }
    }

    /// A free name of the form `stem` and a number.
    pub fn numbered(&mut self, stem: &str) -> String {
        let next = self.next.entry(stem.to_owned()).or_default();
        loop {
            let name = format!("{stem}{next}");
            *next += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// ASCII letters, digits and underscores, with a letter in front and no double underscore there.
fn identifier(wanted: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = wanted.chars().map(legal).collect();
    let name = name.trim_start_matches('_');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.to_owned()
    } else {
        format!("x{name}")
    }
}
