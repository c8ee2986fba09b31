//! The strict reading: well-formed XML with one root.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Document, Gatherer, begins_name, text, trim};

/// No answer nests deeper than 4; what does is no answer, and the forgiving scan reads it without a stack.
const MAX_DEPTH: usize = 32;

/// Reads a well-formed document; `None` for any other.
pub(super) fn read(xml: &str) -> Option<Document<'_>> {
    // Padding around the document is a matter of the datagram, not of its form.
    let xml = trim(xml);
    let mut reader = Reader::from_str(xml);
    let mut gatherer = Gatherer::new();
    let mut depth = 0;
    loop {
        let before = reader.buffer_position();
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                if depth == 0 && gatherer.document.root.is_some() || depth == MAX_DEPTH {
                    return None;
                }
                depth += 1;
                gatherer.start(name(xml, before, &tag)?);
            }
            Event::Empty(tag) => {
                if depth == 0 && gatherer.document.root.is_some() {
                    return None;
                }
                gatherer.start(name(xml, before, &tag)?);
                gatherer.end();
            }
            Event::End(_) => {
                depth -= 1;
                gatherer.end();
            }
            // Outside the root only blanks may stand.
            Event::Text(content) if depth == 0 && !trim(&content).is_empty() => return None,
            Event::CData(_) | Event::GeneralRef(_) if depth == 0 => return None,
            Event::Text(content) => gatherer.text(content.into_inner()),
            Event::CData(content) => gatherer.text(content.into_inner()),
            Event::GeneralRef(reference) => {
                gatherer.text(Cow::Owned(text::resolve(&reference)?.into()));
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
    }
    (depth == 0 && gatherer.document.root.is_some()).then(|| gatherer.finish())
}

/// A tag's name as a part of the input: the event lends its own only for as long as it lives itself.
fn name<'a>(xml: &'a str, before: u64, tag: &BytesStart<'_>) -> Option<&'a str> {
    let own = tag.name().into_inner();
    let start = usize::try_from(before).ok()? + 1;
    xml.get(start..start + own.len())
        .filter(|name| *name == own && begins_name(name))
}
