//! What is due by the clock: answers that do not come, marks of the code's age, records to be written again.

use core::time::Duration;

use super::{Case, Cx, Phase, SILENT};
use crate::problem::{Problem, ProblemKind};
use crate::time::Mono;

/// So often the age of a device code is written down.
const AGE_WRITTEN: Duration = Duration::from_secs(600);

impl Case {
    /// The next moment at which something must be done, and whether it is an answer that is awaited.
    pub(super) fn deadline(&self, now: Mono) -> Option<(Mono, bool)> {
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
    pub(super) fn pass_time(&mut self, cx: &mut Cx<'_>) {
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

    pub(super) fn lock_left(&self, now: Mono) -> Option<Duration> {
        let left = self.locked?.since(now);
        (!left.is_zero()).then_some(left)
    }
}
