//! The list for programs: one document, or a line per change; and tab-separated lines for the tools of a shell. Pure.

use resetbox_core::Wall;
use serde::Serialize;

use super::roll::{BoxSeen, Roll};
use super::table::{self, BoxRow, Need, Since};
use crate::mqtt::contract::{CaseState, Info, State};

/// Everything that is known of all boxes.
#[derive(Serialize)]
struct Document<'a> {
    broker: &'a str,
    base: &'a str,
    /// When it was read, by this machine's clock (RFC 3339).
    at: String,
    /// Everything retained has come.
    settled: bool,
    boxes: Vec<BoxBody<'a>>,
    /// What on the broker made no sense.
    odd: Vec<OddBody<'a>>,
}

#[derive(Serialize)]
struct BoxBody<'a> {
    id: &'a str,
    /// `null`: the broker has no word of it.
    online: Option<bool>,
    /// When it went or came; `null` if nobody was looking.
    since: Option<String>,
    needs_person: bool,
    need: &'static str,
    /// `doing` in words, as the table shows it.
    doing: String,
    info: Option<&'a Info>,
    state: Option<&'a State>,
    cases: Vec<CaseBody<'a>>,
}

#[derive(Serialize)]
struct CaseBody<'a> {
    #[serde(flatten)]
    state: &'a CaseState,
    needs_person: bool,
    need: &'static str,
    /// Seconds left of the promised 24 hours; 0 when they are over.
    promised_left_s: Option<u64>,
}

#[derive(Serialize)]
struct OddBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    what: &'static str,
    count: u64,
    last_topic: &'a str,
}

/// A line of `--follow`.
#[derive(Serialize)]
struct Change<'a> {
    at: String,
    #[serde(rename = "box")]
    id: &'a str,
    /// `null`: nothing of this box is on the broker any more.
    now: Option<BoxBody<'a>>,
}

/// One JSON document.
pub(super) fn document(roll: &Roll, broker: &str, base: &str, now: Wall, began: Wall) -> String {
    let mut boxes: Vec<(BoxRow, BoxBody<'_>)> = (roll.boxes())
        .map(|(id, seen)| {
            let row = table::row(id, seen, now, began);
            let body = body(id, seen, &row, now);
            (row, body)
        })
        .collect();
    boxes.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
    written(&Document {
        broker,
        base,
        at: now.to_string(),
        settled: roll.is_settled(),
        boxes: boxes.into_iter().map(|(_, body)| body).collect(),
        odd: (roll.odd().kinds())
            .map(|(why, count)| OddBody {
                kind: why.name(),
                what: why.words(),
                count: count.count,
                last_topic: &count.topic,
            })
            .collect(),
    })
}

/// What a box is now, as a line.
pub(super) fn change(roll: &Roll, id: &str, now: Wall, began: Wall) -> String {
    let body = roll.of(id).map(|seen| {
        let row = table::row(id, seen, now, began);
        body(id, seen, &row, now)
    });
    written(&Change {
        at: now.to_string(),
        id,
        now: body,
    })
}

/// A box's lines: `box`, id, need, online, doing, name, devices, cases; then for each case `case`, box, id, need, doing,
/// model, serial, seconds left of the promise.
pub(super) fn plain(roll: &Roll, row: &BoxRow) -> Vec<String> {
    let online = match row.online {
        Some(true) => "online",
        Some(false) => "offline",
        None => "unknown",
    };
    let devices = row.devices.map_or_else(String::new, |n| n.to_string());
    let cases = row.cases.len().to_string();
    let mut lines = vec![
        [
            "box",
            &row.id,
            need_name(row.need),
            online,
            &row.doing,
            &row.name,
            &devices,
            &cases,
        ]
        .join("\t"),
    ];
    for case in &row.cases {
        let serial = (roll.of(&row.id))
            .and_then(|seen| seen.cases.get(&case.id))
            .map_or("", |case| case.state.serial.as_str());
        let left =
            (case.left).map_or_else(String::new, |left| left.promised().as_secs().to_string());
        lines.push(
            [
                "case",
                &row.id,
                &case.id,
                need_name(case.need),
                &case.doing,
                &case.model,
                serial,
                &left,
            ]
            .join("\t"),
        );
    }
    lines
}

fn body<'a>(id: &'a str, seen: &'a BoxSeen, row: &BoxRow, now: Wall) -> BoxBody<'a> {
    BoxBody {
        id,
        online: seen.online,
        since: match row.since {
            Since::At(at) => Some(at.to_string()),
            Since::Before(_) => None,
        },
        needs_person: matches!(row.need, Need::Person | Need::Lost),
        need: need_name(row.need),
        doing: row.doing.clone(),
        info: seen.info.as_ref(),
        state: seen.state.as_ref(),
        cases: (seen.cases.iter())
            .map(|(id, case)| {
                let row = table::case_row(id, &case.state, now);
                CaseBody {
                    state: &case.state,
                    needs_person: row.need == Need::Person,
                    need: need_name(row.need),
                    promised_left_s: row.left.map(|left| left.promised().as_secs()),
                }
            })
            .collect(),
    }
}

fn need_name(need: Need) -> &'static str {
    match need {
        Need::Person => "person",
        Need::Lost => "lost",
        Need::Working => "working",
        Need::Waiting => "waiting",
        Need::Offline => "offline",
        Need::Nothing => "nothing",
    }
}

/// Plain data with text keys can always be written.
fn written(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}
