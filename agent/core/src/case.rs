//! A case: one reset of one device, from its device code to success, refusal or void; or the first password
//! of a device that has none, which begins at *Awaiting*: no code, no key, no clock, and else the same.
//!
//! ```text
//! Opening -> Asking -> Keeping -> Awaiting -> Ready -> Attempt(Queued -> Checking -> Opening -> Pairing
//!    |          |                  ^  | rebooted, 48 h ...     -> Exchanging -> Sending -> Settling)
//!    +----------+-> Failed         |  +-> Void                                      |-> Done
//!                                  +---- refused, nothing sent ---------------------+-> Void, Unclear
//! ```
//!
//! What leaves the box is written down first: *Opening* waits for the record before the device is asked,
//! *Keeping* for the device code before it is shown, the attempt's *Opening* for the record before the
//! exchange, *Settling* for the outcome before it is told.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::sync::Arc;

use sadp::{Mac, Types, Uuid};

use crate::boot::Watch;
use crate::event::{LinkId, WallSource};
use crate::links::Links;
use crate::outbox::{Asker, Line, Outbox};
use crate::policy::Policy;
use crate::problem::{Problem, ProblemKind};
use crate::record::ExportRecord;
use crate::request::{CaseId, CaseKind, Channel, SubmissionId};
use crate::roster::{Roster, clean};
use crate::time::{Mono, Now, Wall};
use crate::view::MustInsist;

mod attempt;
mod cases;
pub(crate) mod clock;
mod due;
mod export;
mod keep;
mod login;
mod person;
mod shown;
mod worth;

use attempt::{Attempt, Secrets};
pub(crate) use cases::Cases;
use clock::Clock;
pub(crate) use login::Check;
use login::Login;
pub(crate) use person::{FromVendor, Submission};

/// A device answers a command within 10 s or not at all; slow ones get 5 s more (A: the vendor's client
/// waits 10 s).
pub(crate) const ANSWER: Duration = Duration::from_secs(15);
/// The store answers within this, or it does not work.
const STORE: Duration = Duration::from_secs(30);
/// A record that could not be written is written again after this.
const STORE_AGAIN: Duration = Duration::from_secs(10);
/// Key and password stay in memory for so long at most.
const SECRETS: Duration = Duration::from_secs(600);
/// A device with an open case that is silent for so long is told.
const SILENT: Duration = Duration::from_secs(120);
/// No device stays locked longer; a wrong clock could say so.
const LONGEST_LOCK: Duration = Duration::from_secs(24 * 3600);

/// What a case needs to act.
pub(crate) struct Cx<'a> {
    pub(crate) now: Now,
    pub(crate) source: Option<WallSource>,
    pub(crate) policy: &'a Policy,
    pub(crate) out: &'a mut Outbox,
    pub(crate) links: &'a mut Links,
    pub(crate) roster: &'a mut Roster,
}

/// A command on its way: who must answer it, how, and until when.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Asked {
    pub(crate) uuid: Uuid,
    pub(crate) types: Types,
    pub(crate) mac: Mac,
    pub(crate) transmit: u64,
    pub(crate) until: Mono,
}

impl Asked {
    /// Whether a message answers it: Uuid and Types, and the address if it says one.
    pub(crate) fn is_answered_by(&self, message: &sadp::Message) -> bool {
        message.uuid.as_ref() == Some(&self.uuid)
            && message.types == self.types
            && message.mac.is_none_or(|mac| mac == self.mac)
    }
}

/// One case.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Case {
    id: CaseId,
    kind: CaseKind,
    number: u64,
    mac: Mac,
    mac_text: String,
    /// As it came: part of the device code.
    serial: String,
    model: String,
    ipv4: Option<Ipv4Addr>,
    firmware: String,
    user_name: Option<String>,
    can_sync: bool,
    typed_key: bool,
    export: Option<ExportRecord>,
    device_code: Option<Arc<str>>,
    boot_time: Option<String>,
    watch: Watch,
    clock: Option<Clock>,
    phase: Phase,
    /// What the last attempt ended with.
    last: Option<Problem>,
    attempts: u32,
    /// What a person handed over last in this run.
    submission: Option<SubmissionId>,
    code_errors: u32,
    tries_left: Option<u32>,
    locked: Option<Mono>,
    /// The same as wall time, from before a power cut, until wall time is known.
    locked_until: Option<Wall>,
    /// The key may be worthless; a person decides.
    doubt: Option<Problem>,
    /// The key is worthless, but the end of an attempt, or a person, comes first.
    doomed: Option<Problem>,
    /// When the device was heard last in this run; at first when the case came to be in this run.
    heard: Mono,
    present: bool,
    /// The numbers of the records on their way to the store.
    writing: Vec<u64>,
    /// The record must be written again.
    rewrite: Option<Mono>,
    age_written: Mono,
    /// When a corrected start of the device was last written down at once.
    start_written: Option<Mono>,
    /// When it succeeded, in this run.
    succeeded: Option<Mono>,
    /// The one check whether the new password logs in.
    login: Login,
}

#[derive(Clone, PartialEq, Debug)]
enum Phase {
    /// The record is on its way; nothing was sent.
    Opening {
        written: u64,
        until: Mono,
        askers: Vec<Asker>,
        channel: Channel,
    },
    /// The device was asked for its code.
    Asking(Asked),
    /// The code is here, its record on its way; `None` waits for the next try to write it.
    Keeping {
        written: Option<u64>,
        until: Mono,
    },
    /// The key is awaited.
    Awaiting,
    /// Key and password are here, the confirmation is awaited.
    Ready(Secrets),
    /// A confirmed attempt.
    Attempt(Box<Attempt>),
    /// It may have worked. A late answer still tells.
    Unclear {
        late: Option<Asked>,
    },
    Done,
    Void(Problem),
    Failed(Problem),
    Cancelled,
}

impl Case {
    pub(crate) fn is_open(&self) -> bool {
        !matches!(
            self.phase,
            Phase::Done | Phase::Void(_) | Phase::Failed(_) | Phase::Cancelled
        )
    }

    /// Tells the audit log and whoever follows.
    fn tell(&self, cx: &mut Cx<'_>, what: &'static str, channel: Option<Channel>, detail: String) {
        let serial = clean(&self.serial, 128);
        let line = Line {
            what,
            case: Some(&self.id),
            serial: Some(&serial),
            channel,
            detail,
        };
        cx.out.tell(cx.now, line);
        cx.out.redraw();
    }

    fn must_insist(&self, policy: &Policy) -> Option<MustInsist> {
        let doubt = self.doubt.as_ref().map(|doubt| &doubt.kind);
        if doubt == Some(&ProblemKind::ReExported) {
            // It comes first: it also explains why keys were refused, and what helps.
            Some(MustInsist::ReExported)
        } else {
            (self.code_errors >= policy.code_errors_before_insisting)
                .then_some(MustInsist::KeysRefused)
        }
    }

    /// A record is durable.
    fn persisted(&mut self, cx: &mut Cx<'_>, number: u64) {
        self.writing.retain(|writing| *writing != number);
        self.login_persisted(cx, number);
        match &self.phase {
            Phase::Opening { written, .. } if *written == number => self.opened(cx),
            Phase::Keeping {
                written: Some(written),
                ..
            } if *written == number => self.kept(cx),
            Phase::Attempt(_) => self.attempt_persisted(cx, number),
            _ => {}
        }
    }

    /// A record could not be written.
    fn store_failed(&mut self, cx: &mut Cx<'_>, number: u64, words: &str) {
        self.writing.retain(|writing| *writing != number);
        if self.writing.is_empty() {
            self.rewrite = Some(cx.now.mono + STORE_AGAIN);
        }
        self.login_not_persisted(cx, number, words);
        match &mut self.phase {
            Phase::Opening { written, .. } if *written == number => self.opening_failed(cx, words),
            Phase::Keeping { written, until } if *written == Some(number) => {
                *written = None;
                *until = cx.now.mono + STORE_AGAIN;
                self.last = Some(store_problem(words));
                cx.out.redraw();
            }
            Phase::Attempt(_) => self.attempt_not_persisted(cx, number, words),
            _ => {}
        }
    }

    /// A datagram could not be sent.
    fn transmit_failed(&mut self, cx: &mut Cx<'_>, number: u64, words: &str) {
        let problem = || {
            Problem::new(ProblemKind::TransmitFailed {
                text: clean(words, 200),
            })
        };
        match &self.phase {
            Phase::Asking(asked) if asked.transmit == number => self.export_failed(cx, problem()),
            Phase::Attempt(attempt) if attempt.sent(number) => self.not_sent(cx, problem()),
            _ => {}
        }
    }

    /// A message that answers a command of this case, or tells that somebody else sent one.
    fn answer(&mut self, cx: &mut Cx<'_>, link: LinkId, message: &sadp::Message) -> bool {
        let asked = match &self.phase {
            Phase::Asking(asked) => Some(asked),
            Phase::Attempt(attempt) => attempt.asked(),
            Phase::Unclear { late } => late.as_ref(),
            _ => None,
        };
        if !asked.is_some_and(|asked| asked.is_answered_by(message)) {
            return false;
        }
        match &self.phase {
            Phase::Asking(_) => self.export_answered(cx, message),
            Phase::Attempt(_) => self.attempt_answered(cx, link, message),
            _ => self.late_answer(cx, message),
        }
        true
    }
}

/// A problem in the words of the log: the name of its kind, as the records spell it.
fn said(problem: &Problem) -> String {
    let mut said = problem.kind.name().to_owned();
    if let Some(code) = problem.sadp_code() {
        said = format!("{said} (code {code})");
    }
    if let Some(tries) = problem.tries_left {
        said = format!("{said}, {tries} tries left");
    }
    if let Some(minutes) = problem.lock_minutes {
        said = format!("{said}, locked for {minutes} min");
    }
    said
}

fn store_problem(words: &str) -> Problem {
    Problem::new(ProblemKind::StoreFailed {
        text: clean(words, 200),
    })
}

fn no(kind: ProblemKind) -> Problem {
    Problem::new(kind)
}
