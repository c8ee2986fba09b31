//! A datagram's elements as a flat list: names and texts, in order.
//!
//! Devices send flat XML, more or less. [`read`] tries the strict reading first and falls back to a forgiving
//! scan; on well-formed input both give the same list. Both follow one rule: an element is what stands between
//! a start tag and the next tag. An element with children therefore appears only if it has text of its own
//! before the first child, and nesting costs nothing.

mod decode;
mod forgiving;
mod strict;
mod text;

use std::borrow::Cow;

pub(crate) use decode::decode;
pub(crate) use text::{cut, trim, trim_range};

use crate::message::Reading;

/// One element: its name as spelt and its text, unescaped and untrimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: Cow<'a, str>,
    /// The text ended with the datagram and not with a tag: it is only the beginning of a value.
    pub(crate) torn: bool,
}

/// The elements of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Document<'a> {
    /// The name of the first start tag.
    pub(crate) root: Option<&'a str>,
    pub(crate) elements: Vec<Element<'a>>,
}

/// Reads a decoded document.
pub(crate) fn read(text: &str) -> (Document<'_>, Reading) {
    match strict::read(text) {
        Some(document) => (document, Reading::Strict),
        None => (forgiving::read(text), Reading::Forgiving),
    }
}

/// Gathers elements from tags and texts; shared by both readings so that they agree.
struct Gatherer<'a> {
    document: Document<'a>,
    open: Option<(&'a str, Cow<'a, str>)>,
}

impl<'a> Gatherer<'a> {
    fn new() -> Self {
        // An answer has 30 to 60 elements.
        let elements = Vec::with_capacity(64);
        Gatherer {
            document: Document {
                root: None,
                elements,
            },
            open: None,
        }
    }

    fn start(&mut self, name: &'a str) {
        if self.holds_text() {
            self.close(false);
        }
        if self.document.root.is_none() {
            self.document.root = Some(name);
        }
        self.open = Some((name, Cow::Borrowed("")));
    }

    fn text(&mut self, text: Cow<'a, str>) {
        match &mut self.open {
            Some((_, so_far)) if so_far.is_empty() => *so_far = text,
            Some((_, so_far)) => so_far.to_mut().push_str(&text),
            None => {}
        }
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn end(&mut self) {
        // A root without content is no element of interest.
        let is_root = self.document.elements.is_empty()
            && self
                .open
                .as_ref()
                .is_some_and(|(name, _)| Some(*name) == self.document.root);
        if is_root && !self.holds_text() {
            self.open = None;
        }
        self.close(false);
    }

    /// The end of the input.
    fn finish(mut self) -> Document<'a> {
        if self.holds_text() {
            self.close(true);
        }
        self.document
    }

    fn holds_text(&self) -> bool {
        self.open
            .as_ref()
            .is_some_and(|(_, text)| !trim(text).is_empty())
    }

    fn close(&mut self, torn: bool) {
        if let Some((name, text)) = self.open.take() {
            self.document.elements.push(Element { name, text, torn });
        }
    }
}

/// Whether a text begins like a tag's name.
fn begins_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == ':')
}

#[cfg(test)]
mod tests;
