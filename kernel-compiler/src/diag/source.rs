//! Where spans point: tokens of the macro's call, or ranges of a file.

use crate::ir::Span;
use proc_macro2::TokenStream;

/// One place in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nothing is known.
    Unknown,
    /// The n-th span of the macro's call ([`CallSpans`]).
    Call(usize),
    /// A range of bytes in a file.
    File {
        /// Index into [`SourceMap::files`].
        file: usize,
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
    },
}

/// A file that was parsed: template, library, or the argument of `inspect --source`.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name, for messages.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// All spans of one compilation. Plain data: it may cross threads, unlike [`CallSpans`].
#[derive(Debug, Clone)]
pub struct SourceMap {
    places: Vec<Place>,
    /// The files.
    pub files: Vec<SourceFile>,
}

/// The compiler's own spans of the macro's call; they never leave it.
#[derive(Debug, Default)]
pub struct CallSpans(pub Vec<proc_macro2::Span>);

impl Default for SourceMap {
    fn default() -> Self {
        SourceMap { places: vec![Place::Unknown], files: Vec::new() }
    }
}

impl SourceMap {
    /// A new span for a place.
    pub fn add(&mut self, place: Place) -> Span {
        self.places.push(place);
        Span((self.places.len() - 1) as u32)
    }

    /// The place of a span.
    pub fn place(&self, span: Span) -> &Place {
        self.places.get(span.0 as usize).unwrap_or(&Place::Unknown)
    }

    /// `name:line:column` of a span in a file, counted from 1.
    pub fn position(&self, span: Span) -> Option<String> {
        let Place::File { file, start, .. } = self.place(span) else { return None };
        let file = self.files.get(*file)?;
        let before = file.text.get(..*start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Some(format!("{}:{line}:{column}", file.name))
    }
}

/// Turns spans of tokens into [`Span`]s while one source is parsed.
pub(crate) struct Spans<'s> {
    /// The map that grows.
    pub map: &'s mut SourceMap,
    /// Compiler spans, where the source is a macro's call.
    pub call: Option<&'s mut CallSpans>,
    /// The file, where it is one.
    pub file: usize,
}

impl Spans<'_> {
    /// The span from the first to the last token of a stream.
    pub fn of(&mut self, tokens: TokenStream) -> Span {
        let mut trees = tokens.into_iter();
        let first = trees.next().map(|t| t.span());
        let last = trees.last().map(|t| t.span());
        match (first, last) {
            (Some(first), Some(last)) => self.between(first, last),
            (Some(one), None) => self.one(one),
            _ => Span::default(),
        }
    }

    /// The span of one token.
    pub fn one(&mut self, span: proc_macro2::Span) -> Span {
        self.between(span, span)
    }

    fn between(&mut self, first: proc_macro2::Span, last: proc_macro2::Span) -> Span {
        match &mut self.call {
            Some(call) => {
                call.0.push(first.join(last).unwrap_or(first));
                let place = Place::Call(call.0.len() - 1);
                self.map.add(place)
            }
            None => {
                let (start, end) = (first.byte_range().start, last.byte_range().end);
                self.map.add(Place::File { file: self.file, start, end })
            }
        }
    }
}
