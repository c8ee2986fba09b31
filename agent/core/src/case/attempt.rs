//! One attempt: from a person's confirmation to the device's verdict.
//!
//! Exchange and reset are one uninterrupted sequence, for one device at a time, and both leave on the one
//! link where the fresh inquiry was answered. Nothing of an attempt is sent before its record is durable:
//! [`OpenedAttempt`] can only be had from the store's word, and both functions that transmit ask for it.
//! The one that sends the reset takes it away, so that there is one reset for one record.

use core::time::Duration;

use sadp::{Body, Device, KeyPair, ResetCode, ResultText, SessionKey, Types, Verdict};

use super::export::refusal;
use super::{ANSWER, Asked, Case, Cx, Phase, SECRETS, STORE, said, store_problem};
use crate::effect::{How, Purpose};
use crate::event::LinkId;
use crate::outbox::Asker;
use crate::problem::{FileFault, Problem, ProblemKind};
use crate::request::{Channel, Done, Reply};
use crate::rules::{KeyFile, NewPassword, ResetKey};
use crate::time::Mono;

use token::OpenedAttempt;

/// The device must answer the fresh inquiry within this.
const CHECK: Duration = Duration::from_secs(5);
/// A key pair is made within this, even on a slow board.
const PAIR: Duration = Duration::from_secs(60);
/// An answer to a reset that comes later than it should is believed for so long.
const LATE: Duration = Duration::from_secs(120);
/// Exchanges until one gives a session key without a 00 byte; one in sixteen does not.
const EXCHANGES: u8 = 3;

/// What a person handed over. `Debug` shows nothing of it; wiped when dropped.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Secrets {
    pub(super) code: Code,
    pub(super) password: NewPassword,
    pub(super) sync_cameras: bool,
    pub(super) until: Mono,
}

/// A typed key or the vendor's file.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Code {
    Key(ResetKey),
    File(KeyFile),
}

impl Code {
    fn expose(&self) -> &str {
        match self {
            Self::Key(key) => key.expose(),
            Self::File(file) => file.expose(),
        }
    }
}

impl Secrets {
    pub(super) fn new(now: Mono, code: Code, password: NewPassword, sync_cameras: bool) -> Self {
        Self {
            code,
            password,
            sync_cameras,
            until: now + SECRETS,
        }
    }
}

/// The proof that the record of an attempt is durable.
mod token {
    use crate::time::Mono;

    /// The record of an attempt on its way to the store.
    #[derive(Clone, PartialEq, Debug)]
    pub(super) struct Opening {
        written: u64,
        pub(super) until: Mono,
    }

    /// The record of an attempt, durable.
    #[derive(Clone, PartialEq, Debug)]
    pub(super) struct OpenedAttempt(());

    impl Opening {
        pub(super) fn new(written: u64, until: Mono) -> Self {
            Self { written, until }
        }

        /// The store's word about record `number`, if it is this one.
        pub(super) fn persisted(&self, number: u64) -> Option<OpenedAttempt> {
            (self.written == number).then_some(OpenedAttempt(()))
        }

        pub(super) fn is(&self, number: u64) -> bool {
            self.written == number
        }
    }
}

/// A confirmed attempt.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Attempt {
    /// Gone once the reset is out.
    secrets: Option<Secrets>,
    /// Who confirmed; answered when the attempt has ended.
    asker: Option<Asker>,
    pub(super) channel: Channel,
    stage: Stage,
}

#[derive(Clone, PartialEq, Debug)]
enum Stage {
    /// Another attempt is under way.
    Queued,
    /// The fresh inquiry.
    Checking { until: Mono },
    /// The record is on its way; nothing was sent.
    Opening { opening: token::Opening, aim: Aim },
    /// A key pair is being made.
    Pairing {
        opened: OpenedAttempt,
        aim: Aim,
        round: u8,
        until: Mono,
    },
    /// The exchange is out.
    Exchanging {
        opened: OpenedAttempt,
        aim: Aim,
        round: u8,
        pair: Box<KeyPair>,
        asked: Asked,
    },
    /// The reset is out.
    Sending { asked: Asked },
    /// The outcome is on its way to the store.
    Settling(Box<Settling>),
}

/// An outcome on its way to the store.
#[derive(Clone, PartialEq, Debug)]
struct Settling {
    end: End,
    written: u64,
    until: Mono,
    after_reset: bool,
    /// The reset that got no answer in time.
    late: Option<Asked>,
}

/// What the fresh inquiry told.
#[derive(Copy, Clone, PartialEq, Debug)]
struct Aim {
    link: LinkId,
    code_encrypt: bool,
}

/// How an attempt ends.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum End {
    Done,
    /// The device said no; the key may be typed again.
    Refused(Problem),
    /// No reset was sent: key and password may be confirmed again.
    Back(Problem),
    Void(Problem),
    Unclear(Problem),
}

impl Attempt {
    pub(super) fn queued(secrets: Secrets, asker: Asker, channel: Channel) -> Self {
        Self {
            secrets: Some(secrets),
            asker: Some(asker),
            channel,
            stage: Stage::Queued,
        }
    }

    /// As the person handed it over; the reset that is out has taken it away.
    pub(super) fn sync_cameras(&self) -> bool {
        self.secrets
            .as_ref()
            .is_some_and(|secrets| secrets.sync_cameras)
    }

    pub(super) fn is_queued(&self) -> bool {
        self.stage == Stage::Queued
    }

    pub(super) fn is_checking(&self) -> bool {
        matches!(self.stage, Stage::Checking { .. })
    }

    pub(super) fn wants_pair(&self) -> bool {
        matches!(self.stage, Stage::Pairing { .. })
    }

    /// No reset is out, so that nobody has to wait for an outcome.
    pub(super) fn can_be_stopped(&self) -> bool {
        !matches!(self.stage, Stage::Sending { .. } | Stage::Settling(_))
    }

    /// The reset is out.
    pub(super) fn is_sending(&self) -> bool {
        match &self.stage {
            Stage::Sending { .. } => true,
            Stage::Settling(settling) => settling.after_reset,
            _ => false,
        }
    }

    /// The record says that an attempt is open.
    pub(super) fn is_recorded(&self) -> bool {
        !matches!(self.stage, Stage::Queued | Stage::Checking { .. })
    }

    pub(super) fn end(&self) -> Option<&End> {
        match &self.stage {
            Stage::Settling(settling) => Some(&settling.end),
            _ => None,
        }
    }

    pub(super) fn until(&self) -> Option<Mono> {
        match &self.stage {
            Stage::Queued => self.secrets.as_ref().map(|secrets| secrets.until),
            Stage::Checking { until } | Stage::Pairing { until, .. } => Some(*until),
            Stage::Settling(settling) => Some(settling.until),
            Stage::Opening { opening, .. } => Some(opening.until),
            Stage::Exchanging { asked, .. } | Stage::Sending { asked } => Some(asked.until),
        }
    }

    pub(super) fn asked(&self) -> Option<&Asked> {
        match &self.stage {
            Stage::Exchanging { asked, .. } | Stage::Sending { asked } => Some(asked),
            _ => None,
        }
    }

    pub(super) fn sent(&self, transmit: u64) -> bool {
        self.asked().is_some_and(|asked| asked.transmit == transmit)
    }

    fn reply(&mut self, cx: &mut Cx<'_>, reply: Reply) {
        if let Some(asker) = self.asker.take() {
            cx.out.reply(asker, reply);
        }
    }
}

impl Case {
    pub(super) fn attempt(&mut self) -> Option<&mut Attempt> {
        match &mut self.phase {
            Phase::Attempt(attempt) => Some(attempt),
            _ => None,
        }
    }

    /// It is this case's turn: asks the device once more who it is.
    pub(super) fn start_attempt(&mut self, cx: &mut Cx<'_>) {
        cx.links.check(cx.now.mono);
        if let Some(attempt) = self.attempt() {
            attempt.stage = Stage::Checking {
                until: cx.now.mono + CHECK,
            };
        }
        cx.out.redraw();
    }

    /// The device answered an inquiry; during the check that is what was waited for.
    pub(super) fn check(&mut self, cx: &mut Cx<'_>, link: LinkId, device: &Device) {
        let Phase::Attempt(attempt) = &mut self.phase else {
            return;
        };
        if !attempt.is_checking() {
            return;
        }
        if let Some(Secrets {
            code: Code::File(file),
            ..
        }) = &attempt.secrets
            && device.code_encrypt
            && file.expose().len() > sadp::MAX_ENCRYPTED_CODE
        {
            let fault = FileFault::TooLong;
            self.back(cx, Problem::new(ProblemKind::FileForm { fault }));
            return;
        }
        let aim = Aim {
            link,
            code_encrypt: device.code_encrypt,
        };
        let until = cx.now.mono + STORE;
        self.attempts += 1;
        // The stage must be set before the record is written, because the record tells it.
        let opening = token::Opening::new(0, until);
        attempt.stage = Stage::Opening { opening, aim };
        let written = self.write(cx);
        let opening = token::Opening::new(written, until);
        if let Some(attempt) = self.attempt() {
            attempt.stage = Stage::Opening { opening, aim };
        }
    }

    pub(super) fn attempt_persisted(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Phase::Attempt(attempt) = &mut self.phase else {
            return;
        };
        match &attempt.stage {
            Stage::Opening { opening, aim } => {
                let Some(opened) = opening.persisted(number) else {
                    return;
                };
                let channel = attempt.channel;
                attempt.stage = Stage::Pairing {
                    opened,
                    aim: *aim,
                    round: 1,
                    until: cx.now.mono + PAIR,
                };
                self.tell(
                    cx,
                    "attempt-opened",
                    Some(channel),
                    format!("attempt {}", self.attempts),
                );
            }
            Stage::Settling(settling) if settling.written == number => self.settle(cx),
            _ => {}
        }
    }

    pub(super) fn attempt_not_persisted(&mut self, cx: &mut Cx<'_>, number: u64, words: &str) {
        let Phase::Attempt(attempt) = &self.phase else {
            return;
        };
        match &attempt.stage {
            // Nothing was sent. The record is written anew, in case that it is durable after all.
            Stage::Opening { opening, .. } if opening.is(number) => {
                self.back(cx, store_problem(words));
            }
            // What happened has happened; the record is written again later.
            Stage::Settling(settling) if settling.written == number => self.settle(cx),
            _ => {}
        }
    }

    /// A fresh key pair: sends the exchange.
    pub(super) fn exchange(&mut self, cx: &mut Cx<'_>, pair: Box<KeyPair>) {
        let Some(Attempt { stage, .. }) = self.attempt() else {
            return;
        };
        let Stage::Pairing {
            opened, aim, round, ..
        } = stage
        else {
            return;
        };
        let (opened, aim, round) = (opened.clone(), *aim, *round);
        let asked = self.transmit_exchange(cx, &opened, aim, &pair);
        if let Some(attempt) = self.attempt() {
            attempt.stage = Stage::Exchanging {
                opened,
                aim,
                round,
                pair,
                asked,
            };
        }
        cx.out.redraw();
    }

    fn transmit_exchange(
        &self,
        cx: &mut Cx<'_>,
        _durable: &OpenedAttempt,
        aim: Aim,
        pair: &KeyPair,
    ) -> Asked {
        let public_code = pair.public_code();
        let request = sadp::Request::ExchangeCode {
            mac: &self.mac_text,
            public_code: &public_code,
        };
        let (transmit, uuid) =
            cx.out
                .transmit(aim.link, How::Multicast, Purpose::Exchange, &request);
        Asked {
            uuid,
            types: Types::ExchangeCode,
            mac: self.mac,
            transmit,
            until: cx.now.mono + ANSWER,
        }
    }

    /// Sends the reset, once: the proof is taken away.
    fn transmit_reset(
        &self,
        cx: &mut Cx<'_>,
        _durable: OpenedAttempt,
        link: LinkId,
        request: &sadp::Request<'_>,
    ) -> Asked {
        let (transmit, uuid) = cx
            .out
            .transmit(link, How::Multicast, Purpose::Reset, request);
        Asked {
            uuid,
            types: Types::Reset,
            mac: self.mac,
            transmit,
            until: cx.now.mono + ANSWER,
        }
    }

    /// No key pair could be made.
    pub(super) fn no_pair(&mut self, cx: &mut Cx<'_>, words: &str) {
        let text = crate::roster::clean(words, 200);
        self.finish(
            cx,
            End::Back(Problem::new(ProblemKind::KeyPairFailed { text })),
        );
    }

    pub(super) fn attempt_answered(
        &mut self,
        cx: &mut Cx<'_>,
        link: LinkId,
        message: &sadp::Message,
    ) {
        let Phase::Attempt(attempt) = &self.phase else {
            return;
        };
        match &attempt.stage {
            Stage::Exchanging { .. } => self.exchange_answered(cx, link, message),
            Stage::Sending { .. } => {
                let end = match &message.body {
                    Body::Verdict(verdict) => self.verdict(cx, verdict),
                    _ => odd("an answer to reset without a result"),
                };
                self.finish(cx, end);
            }
            _ => {}
        }
    }

    fn exchange_answered(&mut self, cx: &mut Cx<'_>, link: LinkId, message: &sadp::Message) {
        let Some(attempt) = self.attempt() else {
            return;
        };
        let Stage::Exchanging {
            opened,
            aim,
            round,
            pair,
            ..
        } = &attempt.stage
        else {
            return;
        };
        let (opened, aim, round) = (opened.clone(), *aim, *round);
        // The reset leaves where the exchange was answered, as the vendor's client does it (A).
        let aim = Aim { link, ..aim };
        let failed = || End::Back(Problem::new(ProblemKind::ExchangeFailed));
        let Body::Code {
            code: Some(code),
            verdict,
        } = &message.body
        else {
            return self.finish(cx, failed());
        };
        if matches!(verdict.result, ResultText::Failed) {
            return self.finish(cx, failed());
        }
        let key = match pair.open(&mut cx.out.random, code) {
            Ok(key) => key,
            Err(_) => return self.finish(cx, failed()),
        };
        if key.holds_nul() {
            if round == EXCHANGES {
                return self.finish(cx, failed());
            }
            // What a device does with such a key is not known: throw it away and exchange anew.
            let until = cx.now.mono + PAIR;
            attempt.stage = Stage::Pairing {
                opened,
                aim,
                round: round + 1,
                until,
            };
            return;
        }
        let Some(secrets) = attempt.secrets.take() else {
            return;
        };
        match self.reset(cx, opened, aim, &key, &secrets) {
            Ok(asked) => {
                if let Some(attempt) = self.attempt() {
                    attempt.stage = Stage::Sending { asked };
                }
                cx.out.redraw();
            }
            Err(problem) => {
                if let Some(attempt) = self.attempt() {
                    attempt.secrets = Some(secrets);
                }
                self.finish(cx, End::Back(problem));
            }
        }
    }

    fn reset(
        &self,
        cx: &mut Cx<'_>,
        opened: OpenedAttempt,
        aim: Aim,
        key: &SessionKey,
        secrets: &Secrets,
    ) -> Result<Asked, Problem> {
        let odd = |error: sadp::ExchangeError| {
            Problem::new(ProblemKind::OddAnswer {
                text: error.to_string(),
            })
        };
        let password = key
            .encrypt_password(secrets.password.expose().as_bytes())
            .map_err(odd)?;
        let code = if aim.code_encrypt {
            key.encrypt_code(secrets.code.expose().as_bytes())
        } else {
            ResetCode::plain(secrets.code.expose())
        };
        let request = sadp::Request::Reset {
            mac: &self.mac_text,
            password: &password,
            sync_cameras: secrets.sync_cameras,
            code: &code.map_err(odd)?,
        };
        Ok(self.transmit_reset(cx, opened, aim.link, &request))
    }

    /// What a verdict on the reset means.
    fn verdict(&mut self, cx: &mut Cx<'_>, verdict: &Verdict) -> End {
        self.note(cx, verdict);
        let problem = refusal(verdict);
        match &verdict.result {
            ResultText::Success => End::Done,
            // No verdict at all: it may have worked.
            ResultText::Empty => odd("an answer to reset with an empty result"),
            ResultText::EmptyEncryptString => {
                let doubt = self.doubt.as_ref().map(|doubt| &doubt.kind);
                let kind = match doubt {
                    Some(ProblemKind::MaybeRestarted) => ProblemKind::Rebooted,
                    _ if self.watch.tells() => ProblemKind::ReExported,
                    _ => ProblemKind::NoOpenRequest,
                };
                End::Void(Problem { kind, ..problem })
            }
            ResultText::ExportFileOverDue => End::Void(problem),
            ResultText::CodeError => {
                self.code_errors += 1;
                End::Refused(problem)
            }
            _ => End::Refused(problem),
        }
    }

    pub(super) fn attempt_timed_out(&mut self, cx: &mut Cx<'_>) {
        let Phase::Attempt(attempt) = &self.phase else {
            return;
        };
        let silent = Problem::new(ProblemKind::DeviceSilent);
        match &attempt.stage {
            // The others took so long that key and password must be forgotten.
            Stage::Queued => self.back(cx, Problem::new(ProblemKind::Busy)),
            Stage::Checking { .. } => self.back(cx, silent),
            Stage::Opening { .. } => {
                self.back(cx, store_problem("the store does not answer"));
            }
            Stage::Pairing { .. } => self.no_pair(cx, "it took longer than 60 s"),
            Stage::Exchanging { .. } => self.finish(cx, End::Back(silent)),
            Stage::Sending { .. } => {
                self.finish(cx, End::Unclear(Problem::new(ProblemKind::Unclear)));
            }
            Stage::Settling(_) => {
                self.rewrite = Some(cx.now.mono);
                self.settle(cx);
            }
        }
    }

    /// The exchange or the reset could not be sent.
    pub(super) fn not_sent(&mut self, cx: &mut Cx<'_>, problem: Problem) {
        let reset = self.attempt().is_some_and(|attempt| attempt.is_sending());
        // Without its secrets there is nothing to go back to but the key's entry.
        self.finish(
            cx,
            if reset {
                End::Refused(problem)
            } else {
                End::Back(problem)
            },
        );
    }

    /// The attempt has an outcome: it is written down, then told.
    pub(super) fn finish(&mut self, cx: &mut Cx<'_>, end: End) {
        let until = cx.now.mono + STORE;
        let Some(attempt) = self.attempt() else {
            return;
        };
        let after_reset = attempt.is_sending();
        let late = match &attempt.stage {
            Stage::Sending { asked } if matches!(end, End::Unclear(_)) => Some(Asked {
                until: cx.now.mono + LATE,
                ..asked.clone()
            }),
            _ => None,
        };
        // The stage must be set before the record is written, because the record tells it.
        attempt.stage = Stage::Settling(Box::new(Settling {
            end,
            written: 0,
            until,
            after_reset,
            late,
        }));
        let number = self.write(cx);
        if let Some(Attempt {
            stage: Stage::Settling(settling),
            ..
        }) = self.attempt()
        {
            settling.written = number;
        }
    }

    /// The outcome is durable, or the store does not work: tells it.
    fn settle(&mut self, cx: &mut Cx<'_>) {
        let Phase::Attempt(attempt) = core::mem::replace(&mut self.phase, Phase::Awaiting) else {
            return;
        };
        let mut attempt = *attempt;
        let Stage::Settling(settling) = attempt.stage.clone() else {
            return;
        };
        let id = self.id.clone();
        let (what, detail, reply) = match settling.end {
            End::Done => {
                self.phase = Phase::Done;
                self.succeeded = Some(cx.now.mono);
                let detail = "the device took the new password".to_owned();
                ("succeeded", detail, Ok(Done::Succeeded(id)))
            }
            End::Refused(problem) => {
                let detail = format!("the device refused: {}", said(&problem));
                self.last = Some(problem.clone());
                ("refused", detail, Err(problem))
            }
            End::Back(problem) => {
                let detail = format!("no reset was sent: {}", said(&problem));
                self.last = Some(problem.clone());
                if let Some(secrets) = attempt.secrets.take()
                    && secrets.until > cx.now.mono
                {
                    self.phase = Phase::Ready(secrets);
                }
                ("not-sent", detail, Err(problem))
            }
            End::Void(problem) => {
                let detail = format!("the key no longer works: {}", said(&problem));
                self.phase = Phase::Void(problem.clone());
                ("case-void", detail, Err(problem))
            }
            End::Unclear(problem) => {
                let detail = "no answer to the reset: it may have worked".to_owned();
                self.phase = Phase::Unclear {
                    late: settling.late,
                };
                ("unclear", detail, Err(problem))
            }
        };
        self.tell(cx, what, Some(attempt.channel), detail);
        attempt.reply(cx, reply);
        if matches!(self.phase, Phase::Awaiting | Phase::Ready(_))
            && let Some(problem) = self.doomed.take()
        {
            self.void(cx, problem);
        }
    }

    /// Ends an attempt of which nothing is durable yet: key and password wait for another confirmation.
    pub(super) fn back(&mut self, cx: &mut Cx<'_>, problem: Problem) {
        let Phase::Attempt(attempt) = core::mem::replace(&mut self.phase, Phase::Awaiting) else {
            return;
        };
        let mut attempt = *attempt;
        if let Some(secrets) = attempt.secrets.take()
            && secrets.until > cx.now.mono
        {
            self.phase = Phase::Ready(secrets);
        }
        self.last = Some(problem.clone());
        let detail = format!("nothing was sent: {}", said(&problem));
        self.tell(cx, "not-sent", Some(attempt.channel), detail);
        // Also in case that the record of an attempt is durable although the store said no.
        self.write(cx);
        attempt.reply(cx, Err(problem));
    }

    /// Ends an attempt whose reset is not out, because the key became worthless.
    pub(super) fn stop_attempt(&mut self, cx: &mut Cx<'_>, problem: Problem) {
        let asker = self.drop_attempt();
        self.void(cx, problem.clone());
        if let Some(asker) = asker {
            cx.out.reply(asker, Err(problem));
        }
    }

    /// Forgets an attempt. Gives who must be told.
    pub(super) fn drop_attempt(&mut self) -> Option<Asker> {
        let asker = self.attempt()?.asker.take();
        self.phase = Phase::Awaiting;
        asker
    }

    /// The device answers a reset after all.
    pub(super) fn late_answer(&mut self, cx: &mut Cx<'_>, message: &sadp::Message) {
        let Body::Verdict(verdict) = &message.body else {
            return;
        };
        match self.verdict(cx, verdict) {
            End::Done => self.resolved(cx, true, None),
            End::Refused(problem) | End::Back(problem) => {
                let detail = format!("the device refused after all: {}", said(&problem));
                self.last = Some(problem);
                self.tell(cx, "refused", None, detail);
                self.await_key(cx);
            }
            End::Void(problem) => self.void(cx, problem),
            End::Unclear(_) => {}
        }
    }

    /// Somebody found out whether an unclear attempt worked.
    pub(super) fn resolved(&mut self, cx: &mut Cx<'_>, worked: bool, channel: Option<Channel>) {
        if worked {
            self.phase = Phase::Done;
            self.succeeded = Some(cx.now.mono);
            self.tell(cx, "succeeded", channel, "the new password works".into());
            self.write(cx);
        } else {
            self.last = None;
            self.tell(
                cx,
                "did-not-work",
                channel,
                "the new password does not work".into(),
            );
            self.await_key(cx);
        }
    }
}

fn odd(text: &str) -> End {
    End::Unclear(Problem::new(ProblemKind::OddAnswer { text: text.into() }))
}
