//! How attempts end, and what is told.

use sadp::{Body, ResultText, Verdict};

use super::{Attempt, End, LATE, STORE, Settling, Stage, odd};
use crate::case::export::refusal;
use crate::case::{Asked, Case, Cx, Phase, said};
use crate::outbox::Asker;
use crate::problem::{Problem, ProblemKind};
use crate::request::{CaseKind, Channel, Done};

impl Case {
    /// What a verdict on the new password means.
    pub(super) fn verdict(&mut self, cx: &mut Cx<'_>, verdict: &Verdict) -> End {
        self.note(cx, verdict);
        let problem = refusal(verdict);
        match &verdict.result {
            ResultText::Success => End::Done,
            // No verdict at all: it may have worked.
            ResultText::Empty => odd("an answer to the new password with an empty result"),
            _ if self.kind == CaseKind::FirstPassword => first_password_refused(verdict, problem),
            ResultText::EmptyEncryptString => {
                let doubt = self.doubt.as_ref().map(|doubt| &doubt.kind);
                let kind = match doubt {
                    Some(ProblemKind::MaybeRestarted) => ProblemKind::Rebooted,
                    Some(ProblemKind::ReExported) => ProblemKind::ReExported,
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

    /// The attempt has an outcome: it is written down, then told.
    pub(in crate::case) fn finish(&mut self, cx: &mut Cx<'_>, end: End) {
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
    pub(super) fn settle(&mut self, cx: &mut Cx<'_>) {
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
                ("succeeded", self.took().to_owned(), Ok(Done::Succeeded(id)))
            }
            End::Refused(problem) => {
                let detail = format!("the device refused: {}", said(&problem));
                self.last = Some(problem.clone());
                ("refused", detail, Err(problem))
            }
            End::Back(problem) => {
                let detail = format!("no password was sent: {}", said(&problem));
                self.last = Some(problem.clone());
                if let Some(secrets) = attempt.secrets.take()
                    && secrets.until > cx.now.mono
                {
                    self.phase = Phase::Ready(secrets);
                }
                ("not-sent", detail, Err(problem))
            }
            End::Void(problem) => {
                let detail = format!("{}: {}", self.voided(), said(&problem));
                self.phase = Phase::Void(problem.clone());
                ("case-void", detail, Err(problem))
            }
            End::Unclear(problem) => {
                let detail = "no answer to the new password: it may have worked".to_owned();
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

    fn took(&self) -> &'static str {
        match self.kind {
            CaseKind::Reset => "the device took the new password",
            CaseKind::FirstPassword => "the device took its first password",
        }
    }

    /// Ends an attempt of which nothing is durable yet: key and password wait for another confirmation.
    pub(in crate::case) fn back(&mut self, cx: &mut Cx<'_>, problem: Problem) {
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

    /// Ends an attempt whose reset is not out, because of something that the person who confirmed did not
    /// know: key and password wait for another confirmation.
    pub(in crate::case) fn hold_back(&mut self, cx: &mut Cx<'_>, kind: ProblemKind) {
        let Phase::Attempt(attempt) = &self.phase else {
            return;
        };
        if !attempt.can_be_stopped() {
            return;
        }
        let problem = Problem::new(kind);
        if attempt.is_recorded() {
            self.finish(cx, End::Back(problem));
        } else {
            self.back(cx, problem);
        }
    }

    /// Ends an attempt whose reset is not out, because the key became worthless.
    pub(in crate::case) fn stop_attempt(&mut self, cx: &mut Cx<'_>, problem: Problem) {
        let asker = self.drop_attempt();
        self.void(cx, problem.clone());
        if let Some(asker) = asker {
            cx.out.reply(asker, Err(problem));
        }
    }

    /// Forgets an attempt. Gives who must be told.
    pub(in crate::case) fn drop_attempt(&mut self) -> Option<Asker> {
        let asker = self.attempt()?.asker.take();
        self.phase = Phase::Awaiting;
        asker
    }

    /// The device answers a reset after all.
    pub(in crate::case) fn late_answer(&mut self, cx: &mut Cx<'_>, message: &sadp::Message) {
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
    pub(in crate::case) fn resolved(
        &mut self,
        cx: &mut Cx<'_>,
        worked: bool,
        channel: Option<Channel>,
    ) {
        if worked {
            self.proved(cx, channel);
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

    /// An unclear attempt worked. The number of the record that says so comes back.
    pub(in crate::case) fn proved(&mut self, cx: &mut Cx<'_>, channel: Option<Channel>) -> u64 {
        self.phase = Phase::Done;
        self.succeeded = Some(cx.now.mono);
        self.tell(cx, "succeeded", channel, "the new password works".into());
        self.write(cx)
    }
}

/// A no to a first password. What only a reset can be told is shown as it came.
fn first_password_refused(verdict: &Verdict, problem: Problem) -> End {
    match &verdict.result {
        ResultText::HasActivated => End::Void(problem),
        ResultText::EmptyEncryptString | ResultText::ExportFileOverDue | ResultText::CodeError => {
            let text = verdict.result.as_str().into();
            End::Refused(Problem {
                kind: ProblemKind::DeviceRefused { text },
                ..problem
            })
        }
        _ => End::Refused(problem),
    }
}
