//! What stands on the broker, box by box: the state that every form of the fleet's list is drawn from. Pure.
//!
//! Everything here was written by somebody else, perhaps by nobody's box at all: sizes and counts are bounded, text is
//! made printable, and what makes no sense is counted by its kind and otherwise left alone.

mod odd;

use std::collections::BTreeMap;

use resetbox_core::Wall;
use sadp::printable;

use crate::mqtt::contract::{self, CaseState, Info, OFFLINE, ONLINE, State, Topic, Topics};
pub(super) use odd::{Odd, Why};

/// Most boxes that are listed.
pub(super) const MOST_BOXES: usize = 20_000;
/// Most cases of one box that are listed; a box opens 64.
pub(super) const MOST_CASES: usize = 128;
/// Longest payload that is read.
pub(super) const LONGEST_PAYLOAD: usize = 16 * 1024;
/// Longest text of a payload that is kept, in characters.
const LONGEST_TEXT: usize = 240;
/// Longest id of a box or a case.
const LONGEST_ID: usize = 40;

/// All boxes below one base.
pub(super) struct Roll {
    topics: Topics,
    boxes: BTreeMap<String, BoxSeen>,
    odd: Odd,
    /// Counts the connections: what an earlier one told and this one does not is no longer on the broker.
    round: u32,
    settled: bool,
}

/// One box.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct BoxSeen {
    /// What the broker says of its connection, if anything.
    pub(super) online: Option<bool>,
    /// When it went or came, if somebody was looking.
    pub(super) changed: Option<Wall>,
    /// `info`.
    pub(super) info: Option<Info>,
    /// `state`.
    pub(super) state: Option<State>,
    /// `cases/ID/state`.
    pub(super) cases: BTreeMap<String, CaseSeen>,
    round: u32,
}

/// One case.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct CaseSeen {
    /// What the box says.
    pub(super) state: CaseState,
    round: u32,
}

impl Roll {
    pub(super) fn new(topics: Topics) -> Self {
        Self {
            topics,
            boxes: BTreeMap::new(),
            odd: Odd::default(),
            round: 0,
            settled: false,
        }
    }

    /// A connection begins: everything retained will come again.
    pub(super) fn begin(&mut self) {
        self.round += 1;
        self.settled = false;
    }

    /// Everything retained has come: what did not is gone.
    pub(super) fn settle(&mut self) {
        let round = self.round;
        self.boxes.retain(|_, seen| {
            seen.cases.retain(|_, case| case.round == round);
            seen.round == round
        });
        self.settled = true;
    }

    /// Everything retained has come.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// Takes a message; tells the box whose row may have changed.
    pub(super) fn take(&mut self, now: Wall, name: &str, payload: &[u8]) -> Option<String> {
        match self.read(now, name, payload) {
            Ok(box_id) => Some(box_id),
            Err(why) => {
                self.odd.count(why, name);
                None
            }
        }
    }

    /// Counts a message that was too long to be taken from the line.
    pub(super) fn too_long(&mut self, name: &str) {
        self.odd.count(Why::TooLong, name);
    }

    /// The boxes in the order of their ids.
    pub(super) fn boxes(&self) -> impl Iterator<Item = (&str, &BoxSeen)> {
        self.boxes.iter().map(|(id, seen)| (id.as_str(), seen))
    }

    /// One box.
    pub(super) fn of(&self, box_id: &str) -> Option<&BoxSeen> {
        self.boxes.get(box_id)
    }

    /// What made no sense.
    pub(super) fn odd(&self) -> &Odd {
        &self.odd
    }

    fn read(&mut self, now: Wall, name: &str, payload: &[u8]) -> Result<String, Why> {
        let (box_id, topic) = self.topics.read(name).ok_or(Why::Topic)?;
        if !is_id(box_id) {
            return Err(Why::Id);
        }
        if payload.len() > LONGEST_PAYLOAD {
            return Err(Why::TooLong);
        }
        // Everything is read before anything is kept: a message that makes no sense makes no box.
        let news = News::read(topic, payload)?;
        if !self.boxes.contains_key(box_id) {
            if news.is_removal() {
                return Ok(box_id.to_owned());
            }
            if self.boxes.len() >= MOST_BOXES {
                return Err(Why::TooManyBoxes);
            }
        }
        let seen = self.boxes.entry(box_id.to_owned()).or_default();
        seen.round = self.round;
        seen.take(now, self.settled, news)?;
        if seen.is_empty() {
            self.boxes.remove(box_id);
        }
        Ok(box_id.to_owned())
    }
}

/// What a message says, checked and made printable. `None` takes the retained message away.
enum News {
    Online(Option<bool>),
    Info(Option<Box<Info>>),
    State(Option<State>),
    Case(String, Option<Box<CaseState>>),
}

impl News {
    fn read(topic: Topic, payload: &[u8]) -> Result<Self, Why> {
        let cleared = payload.is_empty();
        Ok(match topic {
            Topic::Availability if cleared => Self::Online(None),
            Topic::Availability => Self::Online(Some(match payload {
                word if word == ONLINE.as_bytes() => true,
                word if word == OFFLINE.as_bytes() => false,
                _ => return Err(Why::Availability),
            })),
            Topic::Info if cleared => Self::Info(None),
            Topic::Info => Self::Info(Some(Box::new(clean_info(json(payload)?)))),
            Topic::State if cleared => Self::State(None),
            Topic::State => Self::State(Some(clean_state(json(payload)?))),
            Topic::CaseState(case) if !is_id(&case) => return Err(Why::Id),
            Topic::CaseState(case) if cleared => Self::Case(case, None),
            Topic::CaseState(case) => {
                let mut state = clean_case(json(payload)?);
                // The topic names the case; commands go there.
                state.id.clone_from(&case);
                Self::Case(case, Some(Box::new(state)))
            }
            // Nobody asked for the rest.
            _ => return Err(Why::Topic),
        })
    }

    fn is_removal(&self) -> bool {
        matches!(
            self,
            Self::Online(None) | Self::Info(None) | Self::State(None) | Self::Case(_, None)
        )
    }
}

impl BoxSeen {
    fn take(&mut self, now: Wall, live: bool, news: News) -> Result<(), Why> {
        match news {
            News::Online(online) => {
                if self.online != online {
                    // Nobody was looking when a retained word was written.
                    self.changed = (live && self.online.is_some()).then_some(now);
                    self.online = online;
                }
            }
            News::Info(info) => self.info = info.map(|info| *info),
            News::State(state) => self.state = state,
            News::Case(id, None) => {
                self.cases.remove(&id);
            }
            News::Case(id, Some(state)) => {
                if !self.cases.contains_key(&id) && self.cases.len() >= MOST_CASES {
                    return Err(Why::TooManyCases);
                }
                let (state, round) = (*state, self.round);
                self.cases.insert(id, CaseSeen { state, round });
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.online.is_none()
            && self.info.is_none()
            && self.state.is_none()
            && self.cases.is_empty()
    }
}

/// What names a box or a case in a topic, a table and a command line.
pub(super) fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(fits)
}

fn json<'a, T: serde::Deserialize<'a>>(payload: &'a [u8]) -> Result<T, Why> {
    serde_json::from_slice(payload).map_err(|_| Why::Payload)
}

/// Printable, and no longer than anybody reads.
fn clean(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(end);
    }
    if let std::borrow::Cow::Owned(clean) = printable(text) {
        *text = clean;
    }
}

fn clean_all<'a>(texts: impl IntoIterator<Item = &'a mut String>) {
    texts.into_iter().for_each(clean);
}

fn clean_info(mut info: Info) -> Info {
    info.addresses.truncate(16);
    clean_all(
        [
            &mut info.id,
            &mut info.name,
            &mut info.version,
            &mut info.panel,
            &mut info.language,
            &mut info.broker.version,
        ]
        .into_iter()
        .chain(&mut info.board)
        .chain(&mut info.site)
        .chain(&mut info.broker.last_trouble)
        .chain(&mut info.addresses),
    );
    info
}

fn clean_state(mut state: State) -> State {
    clean_all([&mut state.phase].into_iter().chain(&mut state.since));
    if let Some(alarm) = &mut state.alarm {
        clean_all(
            [&mut alarm.kind, &mut alarm.title, &mut alarm.hint]
                .into_iter()
                .chain(&mut alarm.case)
                .chain(&mut alarm.serial_tail),
        );
    }
    state
}

fn clean_case(mut case: CaseState) -> CaseState {
    clean_all(
        [
            &mut case.mac,
            &mut case.serial,
            &mut case.model,
            &mut case.firmware,
            &mut case.kind,
            &mut case.phase,
        ]
        .into_iter()
        .chain(&mut case.ipv4)
        .chain(&mut case.issued)
        .chain(&mut case.expires)
        .chain(&mut case.insist_because)
        .chain(&mut case.submission),
    );
    case.error.iter_mut().for_each(clean_problem);
    case.doubt.iter_mut().for_each(clean_problem);
    case
}

/// A problem's words, as they may be shown.
pub(super) fn clean_problem(problem: &mut contract::Problem) {
    problem.faults.truncate(16);
    clean_all(
        [
            &mut problem.kind,
            &mut problem.title,
            &mut problem.detail,
            &mut problem.hint,
            &mut problem.culprit,
        ]
        .into_iter()
        .chain(&mut problem.faults),
    );
}

#[cfg(test)]
mod tests;
