//! What the key is still worth, by what is heard of the device: its start, its identity, another client's question.

use core::time::Duration;

use sadp::{Device, Types};

use super::{Case, Cx, Phase, said};
use crate::boot::Judgement;
use crate::event::LinkId;
use crate::problem::{Problem, ProblemKind};
use crate::record::ExportRecord;
use crate::request::CaseKind;

/// A corrected start of the device is written down so often at most.
const START_WRITTEN: Duration = Duration::from_secs(60);

impl Case {
    /// The device describes itself.
    pub(super) fn heard(&mut self, cx: &mut Cx<'_>, link: LinkId, device: &Device, hello: bool) {
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
    pub(super) fn exported_again(&mut self, cx: &mut Cx<'_>) {
        if self.doubt(cx, ProblemKind::ReExported) {
            self.hold_back(cx, ProblemKind::ReExported);
        }
    }

    /// Another client was given a device code by our device: ours is void, if that message is true.
    pub(super) fn answered_another(&mut self, cx: &mut Cx<'_>, message: &sadp::Message) {
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

    /// Gives whether it is news. A lesser doubt does not hide a graver one, and so there is an end to the
    /// records that a network can make the box write.
    pub(super) fn doubt(&mut self, cx: &mut Cx<'_>, kind: ProblemKind) -> bool {
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
    pub(super) fn doom(&mut self, cx: &mut Cx<'_>, problem: Problem) {
        match &self.phase {
            Phase::Awaiting | Phase::Ready(_) => self.void(cx, problem),
            Phase::Attempt(attempt) if attempt.can_be_stopped() => self.stop_attempt(cx, problem),
            // First the outcome of what was sent.
            _ if self.is_open() => self.doomed = Some(problem),
            _ => {}
        }
    }

    pub(super) fn void(&mut self, cx: &mut Cx<'_>, problem: Problem) {
        let detail = format!("{}: {}", self.voided(), said(&problem));
        self.phase = Phase::Void(problem);
        self.tell(cx, "case-void", None, detail);
        self.write(cx);
    }

    /// Why a void case cannot be finished any more, for the log.
    pub(super) fn voided(&self) -> &'static str {
        match self.kind {
            CaseKind::Reset => "the key no longer works",
            CaseKind::FirstPassword => "no first password can be set any more",
        }
    }

    /// Back to waiting for a key, unless there is no point in it any more.
    pub(super) fn await_key(&mut self, cx: &mut Cx<'_>) {
        self.phase = Phase::Awaiting;
        match self.doomed.take() {
            Some(problem) => self.void(cx, problem),
            None => {
                self.write(cx);
            }
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
