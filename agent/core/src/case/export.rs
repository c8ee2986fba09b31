//! The device code: asked for once, written down before it is shown.

use std::sync::Arc;

use sadp::{Body, ResultText, Verdict};

use super::{ANSWER, Asked, Case, Cx, Phase, STORE, STORE_AGAIN, said, store_problem};
use crate::effect::{How, Purpose};
use crate::outbox::Asker;
use crate::problem::{Problem, ProblemKind};
use crate::record::ExportRecord;
use crate::request::{CaseId, CaseKind, Channel, Done};
use crate::roster::Entry;

use super::clock::Clock;
use super::login::Login;

impl Case {
    /// A new case, whose record is on its way. Nothing was sent yet.
    pub(super) fn open(
        cx: &mut Cx<'_>,
        id: CaseId,
        number: u64,
        entry: &Entry,
        asker: Asker,
        channel: Channel,
    ) -> Self {
        let now = cx.now.mono;
        let view = &entry.view;
        let kind = match view.way {
            sadp::Way::Activate => CaseKind::FirstPassword,
            _ => CaseKind::Reset,
        };
        let mut case = Self {
            id,
            kind,
            number,
            mac: view.mac,
            mac_text: entry.mac_text.to_string(),
            serial: entry.serial().to_owned(),
            model: view.model.clone(),
            ipv4: view.ipv4,
            firmware: view.firmware.clone(),
            user_name: entry.user_name.as_deref().map(str::to_owned),
            // A recorder that is not activated has no cameras yet that would take its password.
            can_sync: view.can_sync && kind == CaseKind::Reset,
            typed_key: view.way == sadp::Way::TypedKey,
            export: None,
            device_code: None,
            boot_time: view.boot_time.clone(),
            watch: entry.watch.clone(),
            clock: None,
            phase: Phase::Cancelled,
            last: None,
            attempts: 0,
            submission: None,
            code_errors: 0,
            tries_left: None,
            locked: None,
            locked_until: None,
            doubt: None,
            doomed: None,
            heard: view.last_seen,
            present: true,
            writing: Vec::new(),
            rewrite: None,
            succeeded: None,
            login: Login::default(),
            age_written: now,
            start_written: None,
        };
        case.phase = Phase::Opening {
            written: 0,
            until: now + STORE,
            askers: vec![asker],
            channel,
        };
        let number = case.write(cx);
        if let Phase::Opening { written, .. } = &mut case.phase {
            *written = number;
        }
        case
    }

    /// Somebody else wants the same case.
    pub(super) fn also_opened_by(&mut self, cx: &mut Cx<'_>, asker: Asker) {
        match &mut self.phase {
            Phase::Opening { askers, .. } => askers.push(asker),
            _ => cx.out.reply(asker, Ok(Done::Case(self.id.clone()))),
        }
    }

    /// The record is durable: the case begins.
    pub(super) fn opened(&mut self, cx: &mut Cx<'_>) {
        let Phase::Opening {
            askers, channel, ..
        } = core::mem::replace(&mut self.phase, Phase::Awaiting)
        else {
            return;
        };
        for asker in askers {
            cx.out.reply(asker, Ok(Done::Case(self.id.clone())));
        }
        match self.kind {
            CaseKind::Reset => self.ask_export(cx, channel),
            CaseKind::FirstPassword => {
                let detail = "the device has no password: a first one can be set";
                self.tell(cx, "case-opened", Some(channel), detail.into());
            }
        }
    }

    /// Asks the device for its code, once, on the one link where it was heard last. The vendor's client asks
    /// on every adapter; with two adapters in one switch that would be two exports, and the second voids
    /// the first.
    fn ask_export(&mut self, cx: &mut Cx<'_>, channel: Channel) {
        let entry = cx.roster.get(self.mac);
        let link = entry
            .and_then(Entry::link)
            .filter(|link| cx.links.usable(*link));
        self.tell(
            cx,
            "case-opened",
            Some(channel),
            "the device is asked for its device code".into(),
        );
        let Some(link) = link else {
            self.export_failed(cx, Problem::new(ProblemKind::NoLink));
            return;
        };
        let mac = self.mac_text.as_str();
        let request = if self.typed_key {
            sadp::Request::GetEncryptString { mac }
        } else {
            sadp::Request::GetCode { mac }
        };
        let (transmit, uuid) = cx
            .out
            .transmit(link, How::Multicast, Purpose::Export, &request);
        self.phase = Phase::Asking(Asked {
            uuid,
            types: request.types(),
            mac: self.mac,
            transmit,
            until: cx.now.mono + ANSWER,
        });
    }

    /// The first record could not be written: nothing was sent.
    pub(super) fn opening_failed(&mut self, cx: &mut Cx<'_>, words: &str) {
        let problem = store_problem(words);
        if let Phase::Opening { askers, .. } = &mut self.phase {
            for asker in core::mem::take(askers) {
                cx.out.reply(asker, Err(problem.clone()));
            }
        }
        self.export_failed(cx, problem);
    }

    /// There is no device code.
    pub(super) fn export_failed(&mut self, cx: &mut Cx<'_>, problem: Problem) {
        let detail = match self.kind {
            CaseKind::Reset => format!("no device code: {}", said(&problem)),
            CaseKind::FirstPassword => format!("the case was not opened: {}", said(&problem)),
        };
        self.phase = Phase::Failed(problem);
        self.tell(cx, "case-failed", None, detail);
        self.write(cx);
    }

    pub(super) fn export_answered(&mut self, cx: &mut Cx<'_>, message: &sadp::Message) {
        let (verdict, text, export): (_, _, fn(String) -> ExportRecord) = match &message.body {
            Body::EncryptString { verdict, string } => (verdict, string, |string| {
                ExportRecord::EncryptString { string }
            }),
            Body::Code { verdict, code } => (verdict, code, |code| ExportRecord::Code { code }),
            Body::Verdict(verdict) => (verdict, &None, |code| ExportRecord::Code { code }),
            _ => {
                let text = "an answer without a device code".into();
                self.export_failed(cx, Problem::new(ProblemKind::OddAnswer { text }));
                return;
            }
        };
        self.note(cx, verdict);
        match (&verdict.result, text) {
            (ResultText::Success | ResultText::Empty, Some(text)) => {
                self.export = Some(export(text.clone()));
                self.device_code = Some(self.joined(cx));
                self.clock = Some(Clock::start(cx.now));
                self.age_written = cx.now.mono;
                // A restart before this moment does not matter to the code given now; what the roster heard
                // last is the start under which it was given.
                if let Some(entry) = cx.roster.get(self.mac) {
                    self.watch = entry.watch.clone();
                    self.boot_time.clone_from(&entry.view.boot_time);
                }
                self.keep_again(cx);
            }
            (ResultText::Success | ResultText::Empty, None) => {
                self.export_failed(cx, Problem::new(ProblemKind::EmptyExport));
            }
            _ => {
                let problem = refusal(verdict);
                self.export_failed(cx, problem);
            }
        }
    }

    /// Writes the code down, again if the store did not work. The code must not be lost: the device would
    /// void it by giving another.
    pub(super) fn keep_again(&mut self, cx: &mut Cx<'_>) {
        self.phase = Phase::Keeping {
            written: None,
            until: cx.now.mono + STORE + STORE_AGAIN,
        };
        let number = self.write(cx);
        if let Phase::Keeping { written, .. } = &mut self.phase {
            *written = Some(number);
        }
    }

    /// The code is durable: now it may be shown.
    pub(super) fn kept(&mut self, cx: &mut Cx<'_>) {
        self.phase = Phase::Awaiting;
        self.last = None;
        let length = self.device_code.as_ref().map_or(0, |code| code.len());
        self.tell(
            cx,
            "code-received",
            None,
            format!("a device code of {length} bytes"),
        );
        if let Some(problem) = self.doomed.take() {
            self.void(cx, problem);
        }
    }

    /// The exact bytes of QR and file.
    pub(super) fn joined(&self, cx: &Cx<'_>) -> Arc<str> {
        let export = match &self.export {
            Some(ExportRecord::EncryptString { string }) => sadp::Export::EncryptString {
                string: string.clone(),
                serial: self.serial.clone(),
            },
            Some(ExportRecord::Code { code }) => sadp::Export::Code(code.clone()),
            None => sadp::Export::Code(String::new()),
        };
        sadp::device_code(&export, cx.policy.export).into()
    }

    /// Tries and lock time by the device's last word.
    pub(super) fn note(&mut self, cx: &Cx<'_>, verdict: &Verdict) {
        self.tries_left = verdict.tries_left.or(self.tries_left);
        if verdict.result == ResultText::Locked {
            let minutes = u64::from(verdict.lock_minutes.unwrap_or(0));
            let time = core::time::Duration::from_secs(minutes * 60).min(super::LONGEST_LOCK);
            self.locked = (!time.is_zero()).then(|| cx.now.mono + time);
            self.locked_until = None;
        }
    }
}

/// A device's "no" as a problem.
pub(super) fn refusal(verdict: &Verdict) -> Problem {
    use ProblemKind as K;
    let kind = match &verdict.result {
        ResultText::Failed => K::DeviceFailed,
        ResultText::Locked => K::Locked,
        ResultText::NotActivated => K::NotActivated,
        ResultText::RiskPassword => K::RiskPassword,
        ResultText::HasActivated => K::AlreadyActivated,
        ResultText::EmptyEncryptString => K::NoOpenRequest,
        ResultText::ExportFileOverDue => K::Overdue,
        ResultText::CodeError => K::KeyWrong,
        other => K::DeviceRefused {
            text: crate::roster::clean(other.as_str(), 64),
        },
    };
    Problem {
        kind,
        tries_left: verdict.tries_left,
        lock_minutes: verdict.lock_minutes,
    }
}
