//! Where things were written: the table behind [`Span`], and the texts of files.

use crate::ir::Span;
use std::ops::Range;
use std::sync::Arc;

/// A file of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId(u32);

/// What a [`Span`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nowhere in particular: the macro call as a whole.
    Unknown,
    /// Tokens of the macro call: an index into [`CallSpans`].
    Call(u32),
    /// A range of bytes of a file.
    File {
        /// The file.
        file: FileId,
        /// The first byte.
        start: u32,
        /// One past the last byte.
        end: u32,
    },
}

/// A file: a template, a part of the device library, or a user's source.
#[derive(Debug)]
pub struct SourceFile {
    name: String,
    text: String,
    lines: Vec<usize>,
}

/// A position in a file; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumn {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// The table of spans. Span 0 is [`Place::Unknown`].
#[derive(Debug, Clone)]
pub struct SourceMap {
    places: Vec<Place>,
    files: Vec<Arc<SourceFile>>,
}

/// The compiler's own span handles of one macro call: first and last token of each place (stable
/// compilers cannot join them). They are not `Send` and never leave the call.
#[derive(Debug, Default)]
pub struct CallSpans(Vec<(proc_macro2::Span, proc_macro2::Span)>);

impl CallSpans {
    /// The handle of the first token of `Place::Call(index)`; the call site if there is none.
    pub fn get(&self, index: u32) -> proc_macro2::Span {
        self.ends(index).0
    }

    /// The handles of the first and the last token.
    pub fn ends(&self, index: u32) -> (proc_macro2::Span, proc_macro2::Span) {
        let whole = proc_macro2::Span::call_site;
        self.0.get(index as usize).copied().unwrap_or_else(|| (whole(), whole()))
    }
}

impl Default for SourceMap {
    fn default() -> SourceMap {
        SourceMap { places: vec![Place::Unknown], files: Vec::new() }
    }
}

impl SourceMap {
    /// A map that knows no file.
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a file.
    pub fn add_file(&mut self, name: &str, text: &str) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let starts = text.char_indices().filter(|(_, c)| *c == '\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        let file = SourceFile { name: name.to_owned(), text: text.to_owned(), lines };
        self.files.push(Arc::new(file));
        id
    }

    /// A file.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize).map(Arc::as_ref)
    }

    /// What a span stands for.
    pub fn place(&self, span: Span) -> Place {
        self.places.get(span.0 as usize).copied().unwrap_or(Place::Unknown)
    }

    /// The span of a range of bytes of a file.
    pub fn file_span(&mut self, file: FileId, range: Range<usize>) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.add(Place::File { file, start: offset(range.start), end: offset(range.end) })
    }

    /// The span of a token of the macro call, whose handle is kept in `calls`.
    pub fn call_span(&mut self, calls: &mut CallSpans, handle: proc_macro2::Span) -> Span {
        self.add_call(calls, (handle, handle))
    }

    /// From the first token of `first` to the last of `last`, both of the macro call; else `first`.
    pub fn join_call(&mut self, calls: &mut CallSpans, first: Span, last: Span) -> Span {
        match (self.place(first), self.place(last)) {
            (Place::Call(a), Place::Call(b)) if a != b => {
                let ends = (calls.ends(a).0, calls.ends(b).1);
                self.add_call(calls, ends)
            }
            _ => first,
        }
    }

    fn add_call(
        &mut self,
        calls: &mut CallSpans,
        ends: (proc_macro2::Span, proc_macro2::Span),
    ) -> Span {
        let index = u32::try_from(calls.0.len()).unwrap_or(u32::MAX);
        calls.0.push(ends);
        self.add(Place::Call(index))
    }

    /// From the start of `first` to the end of `last`, if both lie in one file; else `first`.
    pub fn join(&mut self, first: Span, last: Span) -> Span {
        match (self.place(first), self.place(last)) {
            (
                Place::File { file, start, end },
                Place::File { file: other, start: other_start, end: other_end },
            ) if file == other => {
                let place =
                    Place::File { file, start: start.min(other_start), end: end.max(other_end) };
                if place == self.place(first) { first } else { self.add(place) }
            }
            _ => first,
        }
    }

    /// The file and the first and last position of a span, if it lies in a file.
    pub fn locate(&self, span: Span) -> Option<(&SourceFile, LineColumn, LineColumn)> {
        let Place::File { file, start, end } = self.place(span) else { return None };
        let file = self.file(file)?;
        Some((file, file.position(start as usize), file.position(end as usize)))
    }

    fn add(&mut self, place: Place) -> Span {
        let span = Span(u32::try_from(self.places.len()).unwrap_or(0));
        self.places.push(place);
        span
    }
}

impl SourceFile {
    /// Its name, as errors show it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The position of a byte.
    pub fn position(&self, offset: usize) -> LineColumn {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line.wrapping_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or("");
        LineColumn { line, column: before.chars().count() + 1 }
    }

    /// A line's text without its end; lines count from 1.
    pub fn line(&self, line: usize) -> &str {
        self.text.lines().nth(line.saturating_sub(1)).unwrap_or("")
    }
}
