//! What survives a power cut of a case, and what becomes of it afterwards.

use core::time::Duration;

use super::attempt::End;
use super::clock::{Clock, Kept};
use super::login::Login;
use super::{Case, Cx, Phase};
use crate::boot::Watch;
use crate::event::WallSource;
use crate::problem::{Problem, ProblemKind};
use crate::record::{CaseRecord, PhaseRecord};
use crate::request::CaseKind;
use crate::time::Now;
use sadp::BootTime;

/// Records of one case on their way to the store, at most.
const WRITING: usize = 16;

impl Case {
    /// Writes the case down as it stands. Gives the number of the record.
    pub(super) fn write(&mut self, cx: &mut Cx<'_>) -> u64 {
        let number = cx.out.persist(self.record(cx));
        if self.writing.len() == WRITING {
            // The store has been silent for long; it will not answer the oldest any more.
            self.writing.remove(0);
        }
        self.writing.push(number);
        self.rewrite = None;
        self.age_written = cx.now.mono;
        number
    }

    fn record(&self, cx: &Cx<'_>) -> CaseRecord {
        let now = cx.now;
        let kept = self.clock.as_ref().map(|clock| clock.kept(now, cx.source));
        let written = match &kept {
            Some(kept) => kept.written,
            None => now.wall.zip(cx.source),
        };
        let locked = self.lock_left(now.mono);
        CaseRecord {
            id: self.id.clone(),
            kind: self.kind,
            number: self.number,
            mac: self.mac.to_string(),
            mac_text: self.mac_text.clone(),
            serial: self.serial.clone(),
            model: self.model.clone(),
            ipv4: self.ipv4,
            firmware: self.firmware.clone(),
            can_sync: self.can_sync,
            typed_key: self.typed_key,
            export: self.export.clone(),
            boot_time: self.boot_time.clone(),
            issued: kept.as_ref().and_then(|kept| kept.issued),
            age_ms: kept.as_ref().map_or(0, |kept| millis(kept.age)),
            claimed_ms: kept.as_ref().map_or(0, |kept| millis(kept.claimed)),
            age_at_least: kept.as_ref().is_some_and(|kept| kept.at_least),
            written: written.map(|(wall, _)| wall),
            written_by: written.map(|(_, source)| source),
            phase: self.phase_record(),
            doubt: self.doubt.clone(),
            attempts: self.attempts,
            code_errors: self.code_errors,
            tries_left: self.tries_left,
            // What still waits for a better clock is kept as it was told.
            locked_until: self.locked_until.or_else(|| Some(now.wall? + locked?)),
            login: self.login.record(self.attempts),
        }
    }

    fn phase_record(&self) -> PhaseRecord {
        let awaiting = || PhaseRecord::Awaiting {
            last: self.last.clone(),
        };
        match &self.phase {
            // Nothing will be asked: whoever finds this record may go on.
            Phase::Opening { .. } if self.kind == CaseKind::FirstPassword => {
                PhaseRecord::Awaiting { last: None }
            }
            Phase::Opening { .. } | Phase::Asking(_) => PhaseRecord::Exporting,
            Phase::Keeping { .. } => PhaseRecord::Awaiting { last: None },
            Phase::Awaiting | Phase::Ready(_) => awaiting(),
            Phase::Attempt(attempt) => match attempt.end() {
                None if !attempt.is_recorded() => awaiting(),
                None => PhaseRecord::AttemptOpen {
                    attempt: self.attempts,
                    channel: attempt.channel,
                },
                Some(End::Done) => PhaseRecord::Done,
                Some(End::Refused(problem) | End::Back(problem)) => PhaseRecord::Awaiting {
                    last: Some(problem.clone()),
                },
                Some(End::Void(problem)) => PhaseRecord::Void {
                    problem: problem.clone(),
                },
                Some(End::Unclear(_)) => PhaseRecord::Unclear,
            },
            Phase::Unclear { .. } => PhaseRecord::Unclear,
            Phase::Done => PhaseRecord::Done,
            Phase::Void(problem) => PhaseRecord::Void {
                problem: problem.clone(),
            },
            Phase::Failed(problem) => PhaseRecord::Failed {
                problem: problem.clone(),
            },
            Phase::Cancelled => PhaseRecord::Cancelled,
        }
    }

    /// A case from before a power cut. A device that was being asked may have given a code that nobody heard:
    /// that case failed. An attempt that was open may have worked: a person decides. `None` for a record
    /// without a readable hardware address, which no box wrote.
    pub(super) fn restore(cx: &mut Cx<'_>, record: CaseRecord) -> Option<Self> {
        let now = cx.now;
        let mut changed = false;
        let phase = match record.phase {
            PhaseRecord::Exporting => {
                changed = true;
                Phase::Failed(Problem::new(ProblemKind::PowerCut))
            }
            PhaseRecord::AttemptOpen { .. } => {
                changed = true;
                Phase::Unclear { late: None }
            }
            PhaseRecord::Awaiting { .. } => Phase::Awaiting,
            PhaseRecord::Unclear => Phase::Unclear { late: None },
            PhaseRecord::Done => Phase::Done,
            PhaseRecord::Void { ref problem } => Phase::Void(problem.clone()),
            PhaseRecord::Failed { ref problem } => Phase::Failed(problem.clone()),
            PhaseRecord::Cancelled => Phase::Cancelled,
        };
        let last = match record.phase {
            PhaseRecord::Awaiting { last } => last,
            _ => None,
        };
        let boot = record
            .boot_time
            .as_deref()
            .and_then(|text| BootTime::parse(text).ok());
        let clock = record.export.is_some().then(|| {
            let kept = Kept {
                issued: record.issued,
                age: Duration::from_millis(record.age_ms),
                claimed: Duration::from_millis(record.claimed_ms),
                at_least: record.age_at_least,
                written: record.written.zip(record.written_by),
            };
            Clock::restore(kept, now, cx.source)
        });
        let mut case = Self {
            mac: record.mac.parse().ok()?,
            id: record.id,
            kind: record.kind,
            number: record.number,
            mac_text: record.mac_text,
            serial: record.serial,
            model: record.model,
            ipv4: record.ipv4,
            firmware: record.firmware,
            user_name: None,
            can_sync: record.can_sync,
            typed_key: record.typed_key,
            export: record.export,
            device_code: None,
            boot_time: record.boot_time,
            watch: Watch::restored(boot, Duration::from_millis(record.age_ms)),
            clock,
            phase,
            last,
            login: Login::restored(record.login.as_ref(), record.attempts),
            attempts: record.attempts,
            submission: None,
            code_errors: record.code_errors,
            tries_left: record.tries_left,
            locked: None,
            locked_until: record.locked_until,
            doubt: record.doubt,
            doomed: None,
            heard: now.mono,
            present: false,
            writing: Vec::new(),
            rewrite: None,
            succeeded: None,
            age_written: now.mono,
            start_written: None,
        };
        case.device_code = case.export.is_some().then(|| case.joined(cx));
        case.learn_lock(now, cx.source);
        if changed {
            let detail = match case.phase {
                Phase::Failed(_) => "the power went while the device was asked for its device code",
                _ => "the power went during an attempt: it may have worked",
            };
            case.tell(cx, "power-cut", None, detail.into());
            case.write(cx);
        }
        Some(case)
    }

    /// How long the device stays locked, told by wall time. A device's clock may be wrong: when it says that
    /// the lock is over, a better one is still asked.
    fn learn_lock(&mut self, now: Now, source: Option<WallSource>) {
        if let (Some(until), Some(wall)) = (self.locked_until, now.wall) {
            let left = until.since(wall).min(super::LONGEST_LOCK);
            self.locked = (!left.is_zero()).then(|| now.mono + left);
            if source != Some(WallSource::Device) {
                self.locked_until = None;
            }
        }
    }

    /// Wall time was learnt or corrected: the time of the export follows, or the length of the power cut.
    pub(super) fn learn_wall(&mut self, cx: &mut Cx<'_>) {
        if !self.is_open() {
            return;
        }
        self.learn_lock(cx.now, cx.source);
        let Some(clock) = &mut self.clock else { return };
        let before = clock.clone();
        clock.learn(cx.now, cx.source);
        if *clock == before {
            return;
        }
        let expired = clock.expired(cx.now.mono);
        if expired && matches!(self.phase, Phase::Awaiting | Phase::Ready(_)) {
            // Now, not at the next deadline: no record may say that an expired case is open.
            self.void(cx, Problem::new(ProblemKind::Expired));
        } else {
            self.write(cx);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
