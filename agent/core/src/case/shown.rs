//! A case as every surface shows it.

use super::clock::LONGEST;
use super::{Case, Phase};
use crate::policy::Policy;
use crate::problem::{Problem, ProblemKind};
use crate::roster::{clean, tail};
use crate::time::Mono;
use crate::view::{CasePhase, CaseView};

impl Case {
    pub(super) fn view(&self, now: Mono, policy: &Policy) -> CaseView {
        let phase = self.phase_view();
        let serial = clean(&self.serial, 128);
        let clock = self
            .clock
            .as_ref()
            .filter(|_| phase.is_open() && self.is_kept());
        CaseView {
            id: self.id.clone(),
            kind: self.kind,
            mac: self.mac,
            model: clean(&self.model, 64),
            serial_tail: tail(&serial).to_owned(),
            serial,
            ipv4: self.ipv4,
            firmware: clean(&self.firmware, 64),
            typed_key: self.typed_key,
            can_sync: self.can_sync,
            sync_cameras: match &self.phase {
                Phase::Ready(secrets) => secrets.sync_cameras(),
                Phase::Attempt(attempt) => attempt.sync_cameras(),
                _ => false,
            },
            phase,
            device_code: self.device_code.clone().filter(|_| self.is_kept()),
            issued: self
                .clock
                .as_ref()
                .filter(|_| self.is_kept())
                .and_then(|clock| clock.issued()),
            left: clock.map(|clock| clock.left(now).min(LONGEST)),
            left_at_most: clock.is_some_and(|clock| clock.at_most()),
            may_be_void: clock.is_some_and(|clock| clock.may_be_void(now)),
            tries_left: self.tries_left,
            lock_minutes: self
                .lock_left(now)
                .map(|left| u32::try_from(left.as_secs().div_ceil(60)).unwrap_or(u32::MAX)),
            problem: self.problem(),
            doubt: self.doubt_view(now),
            must_insist: self.must_insist(policy).filter(|_| phase.is_open()),
            submission: self.submission.clone().filter(|_| {
                matches!(
                    phase,
                    CasePhase::Ready
                        | CasePhase::Exchanging
                        | CasePhase::Sending
                        | CasePhase::Unclear
                        | CasePhase::Done
                )
            }),
            attempts: self.attempts,
            device_present: self.present,
            login: matches!(phase, CasePhase::Done | CasePhase::Unclear).then(|| self.login.view()),
        }
    }

    /// The device code, if there is one, is durable.
    fn is_kept(&self) -> bool {
        !matches!(
            self.phase,
            Phase::Opening { .. } | Phase::Asking(_) | Phase::Keeping { .. }
        )
    }

    fn phase_view(&self) -> CasePhase {
        match &self.phase {
            Phase::Opening { .. } | Phase::Asking(_) | Phase::Keeping { .. } => {
                CasePhase::Exporting
            }
            Phase::Awaiting => CasePhase::Awaiting,
            Phase::Ready(_) => CasePhase::Ready,
            Phase::Attempt(attempt) if attempt.is_sending() => CasePhase::Sending,
            Phase::Attempt(_) => CasePhase::Exchanging,
            Phase::Unclear { .. } => CasePhase::Unclear,
            Phase::Done => CasePhase::Done,
            Phase::Void(_) => CasePhase::Void,
            Phase::Failed(_) => CasePhase::Failed,
            Phase::Cancelled => CasePhase::Cancelled,
        }
    }

    fn problem(&self) -> Option<Problem> {
        match &self.phase {
            Phase::Void(problem) | Phase::Failed(problem) => Some(problem.clone()),
            Phase::Unclear { .. } => Some(Problem::new(ProblemKind::Unclear)),
            Phase::Awaiting | Phase::Ready(_) | Phase::Keeping { .. } => self.last.clone(),
            _ => None,
        }
    }

    fn doubt_view(&self, now: Mono) -> Option<Problem> {
        if !self.is_open() {
            return None;
        }
        let silent = !self.present && now >= self.heard + super::SILENT;
        self.doomed
            .clone()
            .or_else(|| self.doubt.clone())
            .or_else(|| silent.then(|| Problem::new(ProblemKind::DeviceSilent)))
    }
}
