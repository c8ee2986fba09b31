//! The list as a terminal shows it. Pure: the same rows, size and place give the same lines.

use resetbox_core::Wall;
use resetbox_view::texts;

use super::cells::{Line, Tone};
use super::roll::Odd;
use super::table::{BoxRow, CaseRow, Left, Need, Since};

/// Lines that are not rows: title, summary, head, foot.
const FRAME: usize = 4;

/// What stands around the rows.
pub(super) struct Around<'a> {
    /// The broker's URL and the base.
    pub(super) broker: &'a str,
    /// What the broker's connection suffers from, if anything, and since when.
    pub(super) trouble: Option<(&'a str, Wall)>,
    /// Everything retained has come.
    pub(super) settled: bool,
    /// What made no sense.
    pub(super) odd: &'a Odd,
    /// Now.
    pub(super) now: Wall,
}

/// A terminal's size in cells.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) lines: usize,
}

/// A whole screen, at most `size.lines` lines. `top` is the first row that is wanted; the one that was
/// taken comes back with the lines, so that nobody scrolls beyond the end.
pub(super) fn screen(
    rows: &[BoxRow],
    around: &Around<'_>,
    size: Size,
    top: usize,
) -> (Vec<Line>, usize) {
    let all: Vec<Entry<'_>> = entries(rows).collect();
    let room = size
        .lines
        .saturating_sub(FRAME + usize::from(around.trouble.is_some()));
    let top = top.min(all.len().saturating_sub(room));
    let shown = &all[top..all.len().min(top + room)];

    let mut lines = vec![title(around, size.columns), summary(rows, around)];
    if let Some((trouble, since)) = around.trouble {
        let text = format!("! no connection since {}: {trouble}", time_of_day(since));
        lines.push(Line::new(text, Tone::Bad));
    }
    lines.push(head(size.columns));
    lines.extend(shown.iter().map(|entry| match entry {
        Entry::Box(row) => box_line(row, size.columns),
        Entry::Case(row) => case_line(row, size.columns),
    }));
    if all.is_empty() && room > 0 {
        lines.push(Line::new(nobody(around.settled), Tone::Quiet));
    }
    while lines.len() + 1 < size.lines {
        lines.push(Line::default());
    }
    lines.push(foot(top, shown.len(), all.len()));
    lines.truncate(size.lines);
    (lines, top)
}

/// A line of the list.
enum Entry<'a> {
    Box(&'a BoxRow),
    Case(&'a CaseRow),
}

fn entries(rows: &[BoxRow]) -> impl Iterator<Item = Entry<'_>> {
    rows.iter()
        .flat_map(|row| std::iter::once(Entry::Box(row)).chain(row.cases.iter().map(Entry::Case)))
}

fn title(around: &Around<'_>, columns: usize) -> Line {
    let clock = time_of_day(around.now);
    let line = Line::new("resetbox fleet", Tone::Strong).and("  ", Tone::Plain);
    let room = columns.saturating_sub(line.width() + clock.len() + 2);
    line.cell(around.broker, room, Tone::Plain)
        .and("  ", Tone::Plain)
        .and(clock, Tone::Quiet)
}

fn summary(rows: &[BoxRow], around: &Around<'_>) -> Line {
    let count = |is: fn(&BoxRow) -> bool| rows.iter().filter(|row| is(row)).count();
    let cases: usize = rows.iter().map(|row| row.cases.len()).sum();
    let asking = count(|row| row.need == Need::Person);
    let offline = count(|row| row.online == Some(false));
    let mut line = Line::new(
        format!(
            "{}, {}",
            many(rows.len(), "box", "boxes"),
            many(cases, "case", "cases")
        ),
        Tone::Plain,
    );
    if asking > 0 {
        let needs = if asking == 1 { "needs" } else { "need" };
        line = line.and(format!(", {asking} {needs} a person"), Tone::Needed);
    }
    if offline > 0 {
        line = line.and(format!(", {offline} offline"), Tone::Bad);
    }
    let odd = around.odd.total();
    if odd > 0 {
        let kinds: Vec<&str> = around.odd.kinds().map(|(why, _)| why.words()).collect();
        let messages = if odd == 1 { "message" } else { "messages" };
        line = line.and(
            format!(", {odd} odd {messages} ({})", kinds.join("; ")),
            Tone::Needed,
        );
    }
    if !around.settled && around.trouble.is_none() {
        line = line.and(" ... reading", Tone::Quiet);
    }
    line
}

fn nobody(settled: bool) -> &'static str {
    if settled {
        "No box here. Is the base right (--base), and may this user read it?"
    } else {
        "Asking the broker ..."
    }
}

fn head(columns: usize) -> Line {
    let wide = BoxWidths::of(columns);
    Line::default()
        .cell("", 2, Tone::Quiet)
        .column("BOX", wide.id, Tone::Quiet)
        .column("NAME", wide.name, Tone::Quiet)
        .column("STATE", wide.doing, Tone::Quiet)
        .and("DEVICES CASES", Tone::Quiet)
}

fn box_line(row: &BoxRow, columns: usize) -> Line {
    let wide = BoxWidths::of(columns);
    let (mark, tone) = mark(row.need);
    let doing = match (row.online, row.since) {
        (Some(false), Since::At(at)) => format!("offline since {}", time_of_day(at)),
        (Some(false), Since::Before(at)) => format!("offline since before {}", time_of_day(at)),
        (None, _) => format!("no word whether it is online  {}", row.doing),
        (Some(true), _) => row.doing.clone(),
    };
    let devices = row.devices.map_or_else(|| "-".into(), |n| n.to_string());
    Line::default()
        .cell(mark, 2, tone)
        .column(&row.id, wide.id, Tone::Strong)
        .column(&row.name, wide.name, Tone::Plain)
        .column(&doing, wide.doing, tone)
        .and(format!("{devices:>7} {:>5}", row.cases.len()), Tone::Plain)
}

fn case_line(row: &CaseRow, columns: usize) -> Line {
    // Indent, mark, id, tail and clock are as wide as they are; model and state share the rest.
    let flex = columns.saturating_sub(2 + 2 + 10 + 11 + 14).max(16);
    let model = (flex * 2 / 5).min(24);
    let (mark, tone) = mark(row.need);
    let clock = row.left.map_or_else(String::new, clock);
    Line::default()
        .cell("", 2, Tone::Plain)
        .cell(mark, 2, tone)
        .column(&row.id, 10, Tone::Plain)
        .column(&row.model, model, Tone::Plain)
        .column(&row.tail, 11, Tone::Plain)
        .column(&row.doing, flex - model, tone)
        .and(
            format!(" {clock:>13}"),
            if mark == "!" { tone } else { Tone::Plain },
        )
}

fn foot(top: usize, shown: usize, all: usize) -> Line {
    let place = if shown < all {
        format!(
            "   lines {} to {} of {all}: arrows, page keys",
            top + 1,
            top + shown
        )
    } else {
        String::new()
    };
    Line::new(format!("q quits{place}"), Tone::Quiet)
}

/// How wide the columns of a box's line are, the blanks between them included.
struct BoxWidths {
    id: usize,
    name: usize,
    doing: usize,
}

impl BoxWidths {
    fn of(columns: usize) -> Self {
        let flex = columns.saturating_sub(2 + 11 + 13).max(20);
        let name = (flex * 2 / 5).min(36);
        Self {
            id: 11,
            name,
            doing: flex - name,
        }
    }
}

/// The sign before a row, and the tone that repeats it.
fn mark(need: Need) -> (&'static str, Tone) {
    match need {
        Need::Person => ("!", Tone::Needed),
        Need::Lost | Need::Offline => ("x", Tone::Bad),
        Need::Working => ("*", Tone::Good),
        Need::Waiting => ("-", Tone::Plain),
        Need::Nothing => (" ", Tone::Plain),
    }
}

/// `23:41 left`, `closes 12:03`; `<=` before a time that is an upper bound.
pub(super) fn clock(left: Left) -> String {
    let bound = if left.at_most { "<=" } else { "" };
    let time = texts::clock(left.time);
    if left.closing {
        format!("closes {bound}{time}")
    } else {
        format!("{bound}{time} left")
    }
}

/// `14:07:31Z`.
pub(super) fn time_of_day(wall: Wall) -> String {
    let (_, _, _, hour, minute, second) = wall.civil();
    format!("{hour:02}:{minute:02}:{second:02}Z")
}

fn many(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests;
