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

use sadp::{Device, Mac, Types, Uuid};

use crate::boot::{Judgement, Watch};
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
mod export;
mod keep;
mod login;
mod person;
mod shown;

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
/// So often the age of a device code is written down.
const AGE_WRITTEN: Duration = Duration::from_secs(600);
/// A corrected start of the device is written down so often at most.
const START_WRITTEN: Duration = Duration::from_secs(60);
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

    /// The device describes itself.
    fn heard(&mut self, cx: &mut Cx<'_>, link: LinkId, device: &Device, hello: bool) {
        let now = cx.now.mono;
        if device.serial.as_deref() != Some(self.serial.as_str()) {
            self.heard_another(cx);
            return;
        }
        let back = !self.present;
        self.heard = now;
        self.present = true;
        self.ipv4 = device.ipv4.or(self.ipv4);
        if let Some(user_name) = &device.user_name {
            self.user_name = Some(user_name.clone());
        }
        if back {
            cx.out.redraw();
        }
        let judgement = self.watch.hear(now, device.boot_time, hello);
        if self.export.is_some() {
            if judgement != Judgement::Restarted && device.boot_time.is_some() {
                // So that after a power cut of the box only what happened in it is judged.
                self.boot_time.clone_from(&device.boot_time_text);
            }
            match judgement {
                Judgement::Restarted => self.doom(cx, Problem::new(ProblemKind::Rebooted)),
                Judgement::Doubt => drop(self.doubt(cx, ProblemKind::MaybeRestarted)),
                Judgement::Corrected | Judgement::ClockSet => self.write_start(cx),
                Judgement::Same => {}
            }
        }
        if !hello {
            if self.kind == CaseKind::FirstPassword && device.activated {
                // Somebody was faster; or ours worked and its answer was lost, then the case is unclear.
                self.got_password_elsewhere(cx);
            }
            self.check(cx, link, device);
        }
    }

    /// A device that had no password has one now, and it was not this case's doing.
    fn got_password_elsewhere(&mut self, cx: &mut Cx<'_>) {
        let stoppable = match &self.phase {
            Phase::Awaiting | Phase::Ready(_) => true,
            Phase::Attempt(attempt) => attempt.can_be_stopped(),
            _ => false,
        };
        if stoppable {
            self.doom(cx, Problem::new(ProblemKind::AlreadyActivated));
        }
    }

    /// The device's clock was corrected: at once, but a device may say another start with every answer.
    fn write_start(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now.mono;
        match self.start_written.map(|written| written + START_WRITTEN) {
            Some(again) if again > now => {
                self.rewrite.get_or_insert(again);
            }
            _ => {
                self.start_written = Some(now);
                self.write(cx);
            }
        }
    }

    /// Another device answers under this address: it would take the reset too.
    fn heard_another(&mut self, cx: &mut Cx<'_>) {
        self.doubt(cx, ProblemKind::DeviceChanged);
        self.hold_back(cx, ProblemKind::DeviceChanged);
    }

    /// Another client asked the device for a new code. Who confirmed did not know it yet.
    fn exported_again(&mut self, cx: &mut Cx<'_>) {
        if self.doubt(cx, ProblemKind::ReExported) {
            self.hold_back(cx, ProblemKind::ReExported);
        }
    }

    /// Gives whether it is news. A lesser doubt does not hide a graver one, and so there is an end to the
    /// records that a network can make the box write.
    fn doubt(&mut self, cx: &mut Cx<'_>, kind: ProblemKind) -> bool {
        let known = self.doubt.as_ref().map_or(0, |doubt| gravity(&doubt.kind));
        if gravity(&kind) <= known || !self.is_open() {
            return false;
        }
        let detail = match kind {
            ProblemKind::MaybeRestarted => {
                "the device may have restarted; its key may no longer work"
            }
            ProblemKind::ReExported => "another client asked the device for a new device code",
            _ => "another device answers under the same hardware address",
        };
        self.doubt = Some(Problem::new(kind));
        self.tell(cx, "case-in-doubt", None, detail.into());
        self.write(cx);
        true
    }

    /// The key is worthless from now on.
    fn doom(&mut self, cx: &mut Cx<'_>, problem: Problem) {
        match &self.phase {
            Phase::Awaiting | Phase::Ready(_) => self.void(cx, problem),
            Phase::Attempt(attempt) if attempt.can_be_stopped() => self.stop_attempt(cx, problem),
            // First the outcome of what was sent.
            _ if self.is_open() => self.doomed = Some(problem),
            _ => {}
        }
    }

    fn void(&mut self, cx: &mut Cx<'_>, problem: Problem) {
        let detail = format!("{}: {}", self.voided(), said(&problem));
        self.phase = Phase::Void(problem);
        self.tell(cx, "case-void", None, detail);
        self.write(cx);
    }

    /// Why a void case cannot be finished any more, for the log.
    fn voided(&self) -> &'static str {
        match self.kind {
            CaseKind::Reset => "the key no longer works",
            CaseKind::FirstPassword => "no first password can be set any more",
        }
    }

    /// Back to waiting for a key, unless there is no point in it any more.
    fn await_key(&mut self, cx: &mut Cx<'_>) {
        self.phase = Phase::Awaiting;
        match self.doomed.take() {
            Some(problem) => self.void(cx, problem),
            None => {
                self.write(cx);
            }
        }
    }

    fn lock_left(&self, now: Mono) -> Option<Duration> {
        let left = self.locked?.since(now);
        (!left.is_zero()).then_some(left)
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

    /// The next moment at which something must be done, and whether it is an answer that is awaited.
    fn deadline(&self, now: Mono) -> Option<(Mono, bool)> {
        let answer = match &self.phase {
            Phase::Opening { until, .. } | Phase::Keeping { until, .. } => Some(*until),
            Phase::Asking(asked) => Some(asked.until),
            Phase::Attempt(attempt) => attempt.until(),
            Phase::Unclear { late } => late.as_ref().map(|asked| asked.until),
            _ => None,
        };
        let secrets = match &self.phase {
            Phase::Ready(secrets) => Some(secrets.until),
            _ => None,
        };
        let mark = self
            .clock
            .as_ref()
            .filter(|_| self.is_open())
            .and_then(|clock| {
                // After its end nothing more happens to a code by itself.
                let mark = clock.next_mark(now);
                (mark > now || self.doomed.is_none()).then_some(mark)
            });
        let age = (self.clock.is_some() && self.is_open()).then(|| self.age_written + AGE_WRITTEN);
        let silent = (self.is_open() && self.present).then(|| self.heard + SILENT);
        let other = [secrets, mark, age, silent, self.rewrite, self.locked]
            .into_iter()
            .flatten()
            .min();
        let answer = answer.into_iter().chain(self.login.until()).min();
        let answer = answer.map(|at| (at, true));
        answer.into_iter().chain(other.map(|at| (at, false))).min()
    }

    /// Does what is due.
    fn pass_time(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now.mono;
        if self.locked.is_some_and(|until| until <= now) {
            self.locked = None;
            cx.out.redraw();
        }
        if self.is_open() && self.present && self.heard + SILENT <= now {
            self.present = false;
            self.tell(
                cx,
                "device-silent",
                None,
                "the device of an open case no longer answers".into(),
            );
        }
        if self.clock.as_ref().is_some_and(|clock| clock.expired(now)) && self.doomed.is_none() {
            self.doom(cx, Problem::new(ProblemKind::Expired));
        }
        match &self.phase {
            Phase::Opening { until, .. } if *until <= now => {
                self.opening_failed(cx, "the store does not answer");
            }
            Phase::Asking(asked) if asked.until <= now => {
                self.export_failed(cx, Problem::new(ProblemKind::DeviceSilent));
            }
            Phase::Keeping { until, .. } if *until <= now => self.keep_again(cx),
            Phase::Ready(secrets) if secrets.until <= now => {
                // A stale confirmation days later would be a surprise; the key can be typed again.
                self.phase = Phase::Awaiting;
                self.tell(
                    cx,
                    "key-forgotten",
                    None,
                    "not confirmed within 10 minutes".into(),
                );
            }
            Phase::Attempt(attempt) if attempt.until().is_some_and(|until| until <= now) => {
                self.attempt_timed_out(cx);
            }
            Phase::Unclear { late: Some(asked) } if asked.until <= now => {
                self.phase = Phase::Unclear { late: None };
            }
            _ => {}
        }
        if self.login.until().is_some_and(|until| until <= now) {
            self.login_timed_out(cx);
        }
        let age_due =
            self.clock.is_some() && self.is_open() && self.age_written + AGE_WRITTEN <= now;
        if age_due || self.rewrite.is_some_and(|at| at <= now) {
            self.write(cx);
            cx.out.redraw();
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

    /// Another client was given a device code by our device: ours is void, if that message is true.
    fn answered_another(&mut self, cx: &mut Cx<'_>, message: &sadp::Message) {
        let given = match &message.body {
            sadp::Body::EncryptString { string, .. } => string,
            sadp::Body::Code { code, .. } if message.types == Types::GetCode => code,
            _ => return,
        };
        let ours = match &self.export {
            Some(ExportRecord::EncryptString { string }) => string,
            Some(ExportRecord::Code { code }) => code,
            None => return,
        };
        if given.as_ref().is_some_and(|given| given != ours) {
            self.exported_again(cx);
        }
    }
}

/// What a doubt says about the key: the higher, the less it is worth.
fn gravity(doubt: &ProblemKind) -> u8 {
    match doubt {
        ProblemKind::MaybeRestarted => 1,
        ProblemKind::DeviceChanged => 2,
        _ => 3,
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
