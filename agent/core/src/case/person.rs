//! What people do with a case: hand over key and password, confirm, withdraw, cancel.

use super::attempt::{Attempt, Code, Errand, Secrets};
use super::{Case, Cx, Phase, no};
use crate::outbox::Asker;
use crate::problem::{KeyFault, Problem, ProblemKind};
use crate::request::{CaseId, CaseKind, Channel, Done, Reply, SubmissionId};
use crate::rules;
use crate::secret::SecretText;
use crate::view::MustInsist;

/// What a person hands over for a case.
pub(crate) struct Submission {
    pub(crate) case: CaseId,
    pub(crate) vendor: FromVendor,
    pub(crate) new_password: SecretText,
    pub(crate) sync_cameras: bool,
    pub(crate) confirm: Option<String>,
}

/// What the vendor sent for a case, as a person handed it over.
pub(crate) enum FromVendor {
    Key(SecretText),
    File(SecretText),
    /// A first password needs nothing from the vendor.
    Nothing,
}

impl Case {
    pub(super) fn submit(
        &mut self,
        cx: &mut Cx<'_>,
        what: Submission,
        asker: Asker,
        channel: Channel,
    ) {
        let secrets = match self.check_submission(cx, &what) {
            Ok(secrets) => secrets,
            Err(problem) => return cx.out.reply(asker, Err(problem)),
        };
        let replaced = matches!(self.phase, Phase::Ready(_));
        let submission = cx.out.submission_id();
        self.phase = Phase::Ready(secrets);
        self.submission = Some(submission.clone());
        self.last = None;
        if replaced {
            let (what, detail) = match self.kind {
                CaseKind::Reset => (
                    "key-replaced",
                    "the key that waited for its confirmation was not sent",
                ),
                CaseKind::FirstPassword => (
                    "password-replaced",
                    "the password that waited for its confirmation was not sent",
                ),
            };
            self.tell(cx, what, Some(channel), detail.into());
        }
        let (kind, detail) = match what.vendor {
            FromVendor::Key(_) => ("key-entered", "key and password are well-formed"),
            FromVendor::File(_) => ("file-entered", "file and password are well-formed"),
            FromVendor::Nothing => ("password-entered", "the first password is well-formed"),
        };
        self.tell(cx, kind, Some(channel), detail.into());
        self.write(cx);
        match what.confirm {
            Some(serial) => self.confirm(cx, (&submission, &serial, false), asker, channel),
            None => {
                let case = self.id.clone();
                cx.out
                    .reply(asker, Ok(Done::AwaitingConfirm { case, submission }));
            }
        }
    }

    fn check_submission(&self, cx: &Cx<'_>, what: &Submission) -> Result<Secrets, Problem> {
        if !matches!(self.phase, Phase::Awaiting | Phase::Ready(_)) {
            return Err(no(ProblemKind::WrongState));
        }
        let errand = match (self.kind, &what.vendor) {
            (CaseKind::FirstPassword, FromVendor::Nothing) => Errand::Activate,
            (CaseKind::FirstPassword, _) => return Err(no(ProblemKind::NeedsActivation)),
            (CaseKind::Reset, FromVendor::Nothing) => {
                let fault = KeyFault::Empty;
                return Err(no(ProblemKind::KeyForm { fault }));
            }
            (CaseKind::Reset, FromVendor::File(text)) => {
                let entry = cx.roster.get(self.mac);
                let code_encrypt = entry.is_some_and(|entry| entry.code_encrypt());
                let own = self.device_code.as_deref();
                Errand::Reset {
                    code: Code::File(rules::file(text, code_encrypt, own)?),
                    sync_cameras: what.sync_cameras,
                }
            }
            (CaseKind::Reset, FromVendor::Key(text)) => Errand::Reset {
                code: Code::Key(rules::key(text)?),
                sync_cameras: what.sync_cameras,
            },
        };
        let password = rules::password(&what.new_password, self.user_name.as_deref())?;
        if what.sync_cameras && !self.can_sync {
            return Err(no(ProblemKind::NoSync));
        }
        if what
            .confirm
            .as_deref()
            .is_some_and(|serial| !self.is_serial(serial))
        {
            return Err(no(ProblemKind::SerialMismatch));
        }
        Ok(Secrets::new(cx.now.mono, errand, password))
    }

    /// The whole serial, as it came or as it is shown.
    fn is_serial(&self, serial: &str) -> bool {
        serial == self.serial || serial == crate::roster::clean(&self.serial, 128)
    }

    pub(super) fn confirm(
        &mut self,
        cx: &mut Cx<'_>,
        (submission, serial, insist): (&SubmissionId, &str, bool),
        asker: Asker,
        channel: Channel,
    ) {
        let must_insist = self.must_insist(cx.policy).filter(|_| !insist);
        let problem = if !matches!(self.phase, Phase::Ready(_)) {
            no(ProblemKind::WrongState)
        } else if self.submission.as_ref() != Some(submission) {
            no(ProblemKind::KeyReplaced)
        } else if !self.is_serial(serial) {
            no(ProblemKind::SerialMismatch)
        } else if let Some(why) = must_insist {
            let kind = match why {
                MustInsist::KeysRefused => ProblemKind::MustInsist,
                MustInsist::ReExported => ProblemKind::InsistReExported,
            };
            Problem {
                tries_left: self.tries_left,
                ..no(kind)
            }
        } else if let Some(left) = self.lock_left(cx.now.mono).filter(|_| !insist) {
            let minutes = u32::try_from(left.as_secs().div_ceil(60)).unwrap_or(u32::MAX);
            Problem {
                lock_minutes: Some(minutes),
                ..no(ProblemKind::Locked)
            }
        } else {
            let ready = core::mem::replace(&mut self.phase, Phase::Awaiting);
            if let Phase::Ready(secrets) = ready {
                let attempt = Attempt::queued(secrets, asker, channel);
                self.phase = Phase::Attempt(Box::new(attempt));
            }
            self.tell(
                cx,
                "confirmed",
                Some(channel),
                "a person confirmed the device".into(),
            );
            return;
        };
        cx.out.reply(asker, Err(problem));
    }

    pub(super) fn withdraw(&mut self, cx: &mut Cx<'_>, channel: Channel) -> Reply {
        match &self.phase {
            Phase::Ready(_) => {
                self.phase = Phase::Awaiting;
                self.tell(
                    cx,
                    "key-withdrawn",
                    Some(channel),
                    "the key that waited for its confirmation was forgotten".into(),
                );
            }
            Phase::Attempt(attempt) if attempt.can_be_stopped() => {
                let recorded = attempt.is_recorded();
                if let Some(asker) = self.drop_attempt() {
                    cx.out.reply(asker, Err(no(ProblemKind::WrongState)));
                }
                if recorded {
                    self.write(cx);
                }
                cx.out.redraw();
            }
            _ => return Err(no(ProblemKind::WrongState)),
        }
        Ok(Done::Ok)
    }

    /// Closes the case, unless a new password is out. Gives the number of the record that says so.
    pub(super) fn cancel(&mut self, cx: &mut Cx<'_>, channel: Channel) -> Option<u64> {
        match &mut self.phase {
            Phase::Attempt(attempt) if !attempt.can_be_stopped() => return None,
            Phase::Attempt(_) => {
                if let Some(asker) = self.drop_attempt() {
                    cx.out.reply(asker, Err(no(ProblemKind::CaseClosed)));
                }
            }
            Phase::Opening { askers, .. } => {
                for asker in core::mem::take(askers) {
                    cx.out.reply(asker, Err(no(ProblemKind::CaseClosed)));
                }
            }
            // The code was never shown, and it is not durable: no surface may show it now.
            Phase::Keeping { .. } => {
                self.export = None;
                self.device_code = None;
            }
            _ => {}
        }
        self.phase = Phase::Cancelled;
        self.tell(
            cx,
            "case-cancelled",
            Some(channel),
            "closed by a person".into(),
        );
        Some(self.write(cx))
    }
}
