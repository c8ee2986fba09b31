//! What an attempt sends, and what it waits for in between.

use sadp::{Body, Device, KeyPair, ResetCode, ResultText, SessionKey, Types};

use super::token::{OpenedAttempt, Opening};
use super::{Aim, Attempt, CHECK, Code, EXCHANGES, End, Errand, PAIR, STORE, Secrets, Stage, odd};
use crate::case::login::Login;
use crate::case::{ANSWER, Asked, Case, Cx, Phase, store_problem};
use crate::effect::{How, Purpose};
use crate::event::LinkId;
use crate::problem::{FileFault, Problem, ProblemKind};

impl Case {
    /// It is this case's turn: asks the device once more who it is.
    pub(in crate::case) fn start_attempt(&mut self, cx: &mut Cx<'_>) {
        cx.links.check(cx.now.mono);
        if let Some(attempt) = self.attempt() {
            attempt.stage = Stage::Checking {
                until: cx.now.mono + CHECK,
            };
        }
        cx.out.redraw();
    }

    /// The device answered an inquiry; during the check that is what was waited for.
    pub(in crate::case) fn check(&mut self, cx: &mut Cx<'_>, link: LinkId, device: &Device) {
        let Phase::Attempt(attempt) = &mut self.phase else {
            return;
        };
        if !attempt.is_checking() {
            return;
        }
        let entry = cx.roster.get(self.mac);
        if entry.is_some_and(|entry| entry.view.doubled_mac) {
            // Another device was heard under this address a moment ago: it would take the reset too.
            self.back(cx, Problem::new(ProblemKind::DeviceChanged));
            return;
        }
        if let Some(Secrets {
            errand:
                Errand::Reset {
                    code: Code::File(file),
                    ..
                },
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
        // What comes of it may be checked anew.
        self.login = Login::default();
        // The stage must be set before the record is written, because the record tells it.
        let opening = Opening::new(0, until);
        attempt.stage = Stage::Opening { opening, aim };
        let written = self.write(cx);
        let opening = Opening::new(written, until);
        if let Some(attempt) = self.attempt() {
            attempt.stage = Stage::Opening { opening, aim };
        }
    }

    pub(in crate::case) fn attempt_persisted(&mut self, cx: &mut Cx<'_>, number: u64) {
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

    pub(in crate::case) fn attempt_not_persisted(
        &mut self,
        cx: &mut Cx<'_>,
        number: u64,
        words: &str,
    ) {
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
    pub(in crate::case) fn exchange(&mut self, cx: &mut Cx<'_>, pair: Box<KeyPair>) {
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

    /// Sends the reset or the activation, once: the proof is taken away.
    fn transmit_password(
        &self,
        cx: &mut Cx<'_>,
        _durable: OpenedAttempt,
        link: LinkId,
        (purpose, request): (Purpose, &sadp::Request<'_>),
    ) -> Asked {
        let (transmit, uuid) = cx.out.transmit(link, How::Multicast, purpose, request);
        Asked {
            uuid,
            types: request.types(),
            mac: self.mac,
            transmit,
            until: cx.now.mono + ANSWER,
        }
    }

    /// No key pair could be made.
    pub(in crate::case) fn no_pair(&mut self, cx: &mut Cx<'_>, words: &str) {
        let text = crate::roster::clean(words, 200);
        self.finish(
            cx,
            End::Back(Problem::new(ProblemKind::KeyPairFailed { text })),
        );
    }

    pub(in crate::case) fn attempt_answered(
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
                    _ => odd("an answer to the new password without a result"),
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
            opened, aim, round, ..
        } = &attempt.stage
        else {
            return;
        };
        let (opened, aim, round) = (opened.clone(), *aim, *round);
        // The reset leaves where the exchange was answered, as the vendor's client does it (A).
        let aim = Aim { link, ..aim };
        let failed = || End::Back(Problem::new(ProblemKind::ExchangeFailed));
        let Body::Code { code, verdict } = &message.body else {
            return self.finish(cx, failed());
        };
        let refused = match verdict.result {
            ResultText::Empty | ResultText::Success => code.is_none(),
            _ => true,
        };
        let Some(code) = code.as_ref().filter(|_| !refused) else {
            // A device that is locked, or holds no open request, may say so already here.
            let end = match self.verdict(cx, verdict) {
                End::Void(problem) => End::Void(problem),
                End::Refused(problem) if problem.kind != ProblemKind::DeviceFailed => {
                    End::Back(problem)
                }
                _ => failed(),
            };
            return self.finish(cx, end);
        };
        let Some(attempt) = self.attempt() else {
            return;
        };
        let Stage::Exchanging { pair, .. } = &attempt.stage else {
            return;
        };
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
        match self.send_password(cx, opened, aim, &key, &secrets) {
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

    fn send_password(
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
        let mac = self.mac_text.as_str();
        match &secrets.errand {
            Errand::Reset { code, sync_cameras } => {
                let code = if aim.code_encrypt {
                    key.encrypt_code(code.expose().as_bytes())
                } else {
                    ResetCode::plain(code.expose())
                };
                let request = sadp::Request::Reset {
                    mac,
                    password: &password,
                    sync_cameras: *sync_cameras,
                    code: &code.map_err(odd)?,
                };
                let reset = (Purpose::Reset, &request);
                Ok(self.transmit_password(cx, opened, aim.link, reset))
            }
            Errand::Activate => {
                let request = sadp::Request::Activate {
                    mac,
                    password: &password,
                };
                let activate = (Purpose::Activate, &request);
                Ok(self.transmit_password(cx, opened, aim.link, activate))
            }
        }
    }

    pub(in crate::case) fn attempt_timed_out(&mut self, cx: &mut Cx<'_>) {
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
    pub(in crate::case) fn not_sent(&mut self, cx: &mut Cx<'_>, problem: Problem) {
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
}
