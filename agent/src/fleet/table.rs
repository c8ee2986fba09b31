//! The list as rows, sorted: what needs a person comes first. Pure.

use std::time::Duration;

use resetbox_core::Wall;
use resetbox_view::texts;
use resetbox_view::texts::Language::En;
use serde::Deserialize;

use super::roll::{BoxSeen, Roll};
use crate::mqtt::contract::{CaseState, Expires, Problem};

/// What the box promises of the 48 hours that a case stays open: until then the key is good by every guide.
const PROMISED_BEFORE_END: Duration = Duration::from_secs(24 * 3600);
/// So close to the promised end a person should hurry.
const SOON: Duration = Duration::from_secs(4 * 3600);

/// How much something needs a person, most urgent first.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Need {
    /// A person must do something.
    Person,
    /// It is offline although a case is open.
    Lost,
    /// It works on its own.
    Working,
    /// It waits for the vendor.
    Waiting,
    /// It is offline, and nobody waits for it.
    Offline,
    /// Nothing to do.
    Nothing,
}

/// A box with its cases.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct BoxRow {
    /// Its id.
    pub(super) id: String,
    /// The owner's words for it and for its place.
    pub(super) name: String,
    /// How much it needs a person.
    pub(super) need: Need,
    /// What it does, or what it needs.
    pub(super) doing: String,
    /// Is it connected, as far as the broker knows?
    pub(super) online: Option<bool>,
    /// When it went offline or came back.
    pub(super) since: Since,
    /// Devices listed.
    pub(super) devices: Option<usize>,
    /// Its open cases, most urgent first.
    pub(super) cases: Vec<CaseRow>,
}

/// How well it is known when a box went.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Since {
    /// It was seen.
    At(Wall),
    /// It was so when somebody began to look.
    Before(Wall),
}

/// A case.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct CaseRow {
    /// Its id.
    pub(super) id: String,
    /// Model of the device.
    pub(super) model: String,
    /// `...842150`.
    pub(super) tail: String,
    /// How much it needs a person.
    pub(super) need: Need,
    /// Where it stands, and why a person is needed.
    pub(super) doing: String,
    /// Time left of the promised 24 hours, or until it closes.
    pub(super) left: Option<Left>,
}

/// A case's clock.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Left {
    /// So long.
    pub(super) time: Duration,
    /// The promised hours are over: this is until it closes by itself.
    pub(super) closing: bool,
    /// An upper bound.
    pub(super) at_most: bool,
}

/// All rows. `began` is when somebody began to look.
pub(super) fn rows(roll: &Roll, now: Wall, began: Wall) -> Vec<BoxRow> {
    let mut rows: Vec<BoxRow> = roll
        .boxes()
        .map(|(id, seen)| row(id, seen, now, began))
        .collect();
    rows.sort_by(|a, b| a.order().cmp(&b.order()));
    rows
}

/// One box as a row.
pub(super) fn row(id: &str, seen: &BoxSeen, now: Wall, began: Wall) -> BoxRow {
    let mut cases: Vec<CaseRow> = seen
        .cases
        .iter()
        .filter(|(_, case)| is_open(&case.state) || need_of(&case.state, now) == Need::Person)
        .map(|(id, case)| case_row(id, &case.state, now))
        .collect();
    cases.sort_by(|a, b| (a.need, time(a), &a.id).cmp(&(b.need, time(b), &b.id)));
    let state = seen.state.as_ref();
    let alarm = state.and_then(|state| state.alarm.as_ref());
    let since = match seen.changed {
        Some(at) => Since::At(at),
        None => Since::Before(began),
    };
    let worst = cases.first().map_or(Need::Nothing, |case| case.need);
    let need = match (seen.online, alarm) {
        (Some(false), _) if cases.is_empty() => Need::Offline,
        // What an absent box needed last is no longer sure; that it is absent is.
        (Some(false), _) => Need::Lost,
        (_, Some(_)) => Need::Person,
        _ => worst,
    };
    let doing = match (state, alarm) {
        (_, Some(alarm)) => alarm.title.clone(),
        (Some(state), None) => box_words(&state.phase).to_owned(),
        (None, None) => String::new(),
    };
    BoxRow {
        id: id.to_owned(),
        name: name(seen),
        need,
        doing,
        online: seen.online,
        since,
        devices: state.map(|state| state.devices),
        cases,
    }
}

impl BoxRow {
    /// What rows are sorted by: inside a rank the case that ends first, then the order of the ids.
    pub(super) fn order(&self) -> impl Ord + '_ {
        let ends_in = self.cases.first().map_or(Duration::MAX, time);
        (self.need, ends_in, &self.id)
    }
}

impl Left {
    /// Of the promised hours.
    pub(super) fn promised(self) -> Duration {
        if self.closing {
            Duration::ZERO
        } else {
            self.time
        }
    }
}

/// A case as a row.
pub(super) fn case_row(id: &str, case: &CaseState, now: Wall) -> CaseRow {
    CaseRow {
        id: id.to_owned(),
        model: case.model.clone(),
        tail: texts::tail(&serial_tail(&case.serial)),
        need: need_of(case, now),
        doing: doing(case),
        left: left(case, now),
    }
}

/// The last six characters.
pub(super) fn serial_tail(serial: &str) -> String {
    let skip = serial.chars().count().saturating_sub(6);
    serial.chars().skip(skip).collect()
}

/// Not ended. A phase that this program does not know counts as open: better shown than hidden.
pub(super) fn is_open(case: &CaseState) -> bool {
    !matches!(&*case.phase, "done" | "void" | "failed" | "cancelled")
}

/// A case's clock by the desk's own; `None` where the box does not know.
pub(super) fn left(case: &CaseState, now: Wall) -> Option<Left> {
    let end = utc(case.expires.as_deref()?)?;
    let promised = end - PROMISED_BEFORE_END;
    let closing = now >= promised;
    Some(Left {
        time: if closing { end } else { promised }.since(now),
        closing,
        at_most: case.expires_at_most,
    })
}

/// A time as the contract writes it.
fn utc(text: &str) -> Option<Wall> {
    type Reader<'a> = serde::de::value::StrDeserializer<'a, serde::de::value::Error>;
    Expires::deserialize(Reader::new(text))
        .ok()
        .map(|Expires(wall)| wall)
}

fn time(case: &CaseRow) -> Duration {
    case.left.map_or(Duration::MAX, Left::promised)
}

fn name(seen: &BoxSeen) -> String {
    let Some(info) = &seen.info else {
        return String::new();
    };
    match &info.site {
        Some(site) if !site.is_empty() && *site != info.name && info.name != info.id => {
            format!("{}, {site}", info.name)
        }
        Some(site) if !site.is_empty() => site.clone(),
        _ if info.name == info.id => String::new(),
        _ => info.name.clone(),
    }
}

fn need_of(case: &CaseState, now: Wall) -> Need {
    let asks = case.error.is_some()
        || case.doubt.is_some()
        || case.must_insist
        || case.may_be_void
        || matches!(&*case.phase, "ready" | "unclear" | "void" | "failed")
        || left(case, now).is_some_and(|left| left.closing || left.time < SOON);
    match &*case.phase {
        "done" | "cancelled" => Need::Nothing,
        "exporting" | "exchanging" | "sending" => Need::Working,
        _ if asks => Need::Person,
        _ => Need::Waiting,
    }
}

fn doing(case: &CaseState) -> String {
    let phase = case_words(&case.phase);
    let why = |problem: &Problem| match problem.title.is_empty() {
        true => problem.kind.clone(),
        false => problem.title.clone(),
    };
    let mut words = match (&case.error, &case.doubt) {
        // That it waits again for a key is plain then.
        (Some(problem), _) | (None, Some(problem)) if case.phase == "awaiting" => why(problem),
        (Some(problem), _) | (None, Some(problem)) => format!("{phase}: {}", why(problem)),
        (None, None) => phase.to_owned(),
    };
    if let Some(tries) = case.tries_left {
        words = format!("{words}, {}", texts::tries_left(En, tries).to_lowercase());
    }
    // A device that is not locked says 0.
    if let Some(minutes) = case.lock_minutes.filter(|minutes| *minutes > 0) {
        words = format!("{words}, {}", texts::locked_for(En, minutes).to_lowercase());
    }
    if !case.device_present && is_open(case) {
        words.push_str(", device silent");
    }
    words
}

/// Where a case stands; the box's own word where this program knows none.
fn case_words(phase: &str) -> &str {
    use resetbox_core::view::CasePhase as P;
    let known = match phase {
        "exporting" => P::Exporting,
        "awaiting" => P::Awaiting,
        "ready" => P::Ready,
        "exchanging" => P::Exchanging,
        "sending" => P::Sending,
        "unclear" => P::Unclear,
        "done" => P::Done,
        "void" => P::Void,
        "failed" => P::Failed,
        "cancelled" => P::Cancelled,
        unknown => return unknown,
    };
    texts::phase(En, known)
}

/// What a box does; its own word where this program knows none.
fn box_words(phase: &str) -> &str {
    use resetbox_core::view::IndicatorState as S;
    let known = match phase {
        "starting" => S::Starting,
        "no-cable" => S::NoCable,
        "searching" => S::Searching,
        "listed" => S::Listed,
        "waiting" => S::Waiting,
        "sending" => S::Sending,
        "succeeded" => S::Succeeded,
        "attention" => S::Attention,
        "refused" => S::Refused,
        "fault" => S::Fault,
        "identify" => S::Identify,
        unknown => return unknown,
    };
    texts::indicator(En, known)
}

#[cfg(test)]
mod tests;
