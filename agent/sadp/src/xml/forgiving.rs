//! The forgiving scan: takes what it can from what only looks like XML.
//!
//! It keeps no stack, and every search either consumes what it ran over or is bounded by the next `<`, so its
//! work grows with the length of the input and with nothing else.

use std::borrow::Cow;

use super::text::{find, meter};
use super::{Document, Gatherer, begins_name, text};

/// Reads any text.
pub(super) fn read(xml: &str) -> Document<'_> {
    let mut scan = Scan {
        rest: xml,
        gatherer: Gatherer::new(),
        endless: Endless::default(),
    };
    while let Some(position) = find!(scan.rest, '<') {
        let (before, tag) = scan.rest.split_at(position);
        scan.text(before);
        scan.rest = tag;
        scan.markup();
    }
    scan.text(scan.rest);
    scan.gatherer.finish()
}

struct Scan<'a> {
    rest: &'a str,
    gatherer: Gatherer<'a>,
    endless: Endless,
}

/// Which ends the rest of the input is known not to hold: each is looked for in vain only once.
#[derive(Default)]
struct Endless {
    comment: bool,
    cdata: bool,
    instruction: bool,
    subset: bool,
}

impl<'a> Scan<'a> {
    /// One construct that begins with `<`; always moves on by at least one byte. A construct without an end is
    /// skipped by its beginning only, so that what follows is still read.
    fn markup(&mut self) {
        let after = &self.rest[1..];
        if let Some(comment) = after.strip_prefix("!--") {
            let end = find_once(comment, "-->", &mut self.endless.comment);
            self.rest = end.map_or(comment, |end| &comment[end + 3..]);
        } else if let Some(cdata) = after.strip_prefix("![CDATA[") {
            match find_once(cdata, "]]>", &mut self.endless.cdata) {
                Some(end) => {
                    self.gatherer.text(Cow::Borrowed(&cdata[..end]));
                    self.rest = &cdata[end + 3..];
                }
                None => self.rest = cdata,
            }
        } else if let Some(instruction) = after.strip_prefix('?') {
            self.instruction(instruction);
        } else if let Some(declaration) = after.strip_prefix('!') {
            self.declaration(declaration);
        } else if let Some(tag) = after.strip_prefix('/') {
            // Whatever it names, an end tag delimits the text before it, and so does a torn one.
            self.gatherer.end();
            let tag = tag.split_at(find!(tag, '<').unwrap_or(tag.len()));
            self.rest = &after[1 + find!(tag.0, '>').map_or(tag.0.len(), |close| close + 1)..];
        } else if begins_name(after) {
            self.start_tag(after);
        } else {
            // A `<` that begins nothing is text, and so are all but the last of those right behind it.
            let behind = after.bytes().take_while(|byte| *byte == b'<').count();
            meter::count(behind + 1);
            let (literal, rest) = self.rest.split_at(behind.max(1));
            self.text(literal);
            self.rest = rest;
        }
    }

    fn start_tag(&mut self, after: &'a str) {
        // A `<` inside a tag means that the tag's own `>` was lost.
        let segment = &after[..find!(after, '<').unwrap_or(after.len())];
        let Some(close) = outside_quotes(segment).or_else(|| find!(segment, '>')) else {
            self.rest = &after[segment.len()..];
            return;
        };
        let tag = &segment[..close];
        let name_end = find!(tag, |c: char| c == '/' || c.is_ascii_whitespace());
        self.gatherer.start(&tag[..name_end.unwrap_or(close)]);
        if tag.ends_with('/') {
            self.gatherer.end();
        }
        self.rest = &after[close + 1..];
    }

    /// A declaration or processing instruction.
    fn instruction(&mut self, instruction: &'a str) {
        let end = if instruction.starts_with("xml") {
            // Declarations occur without their `?`; none holds a `<`.
            let segment = &instruction[..find!(instruction, '<').unwrap_or(instruction.len())];
            Some(find!(segment, '>').map_or(segment.len(), |end| end + 1))
        } else {
            find_once(instruction, "?>", &mut self.endless.instruction).map(|end| end + 2)
        };
        self.rest = &instruction[end.unwrap_or(0)..];
    }

    /// `<!DOCTYPE ...>` and its like, skipped with its internal subset.
    fn declaration(&mut self, declaration: &'a str) {
        let Some(end) = find!(declaration, ['>', '[', '<']) else {
            self.rest = "";
            return;
        };
        let at_end = &declaration[end..];
        self.rest = match at_end.strip_prefix('[') {
            Some(subset) => match find_once(subset, "]", &mut self.endless.subset) {
                Some(close) => {
                    let rest = &subset[close + 1..];
                    rest.trim_start().strip_prefix('>').unwrap_or(rest)
                }
                None => subset,
            },
            None => at_end.strip_prefix('>').unwrap_or(at_end),
        };
    }

    fn text(&mut self, raw: &'a str) {
        if !raw.is_empty() && self.gatherer.is_open() {
            self.gatherer.text(text::unescape(raw));
        }
    }
}

/// The position of `end`, looked for in vain at most once per input.
fn find_once(text: &str, end: &str, endless: &mut bool) -> Option<usize> {
    let found = if *endless { None } else { find!(text, end) };
    *endless |= found.is_none();
    found
}

/// The position of the first `>` outside quotes.
fn outside_quotes(segment: &str) -> Option<usize> {
    meter::count(segment.len());
    let mut quote = None;
    segment.bytes().position(|byte| {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None => return byte == b'>',
        }
        false
    })
}
