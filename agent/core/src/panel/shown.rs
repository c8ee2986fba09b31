//! What is shown: the place where the person is, seen in the light of the world.

use sadp::Mac;

use super::place::Place;
use super::{Panel, Pending, START_PAGE, World};
use crate::problem::{Problem, ProblemKind};
use crate::request::{CaseId, CaseKind};
use crate::time::Now;
use crate::view::{Alert, CasePhase, CaseView, DeviceView};

/// A page before it is drawn: cheap to find out, it only borrows.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Shown<'w> {
    Start,
    NoCable,
    Searching,
    List,
    Fault(&'w Alert),
    Device(&'w DeviceView),
    ConfirmOpen(&'w DeviceView),
    /// A case was asked for and is not here yet.
    Opening(&'w DeviceView),
    /// No case came of it.
    Trouble(&'w DeviceView, &'w Problem),
    Exporting(&'w CaseView),
    Qr(&'w CaseView),
    /// The first password of a device that has none.
    FirstPassword(&'w CaseView),
    /// The key may be void: the person decides whether to go on with it.
    Doubt(&'w CaseView, &'w Problem),
    Refused(&'w CaseView, Problem),
    /// A key that came another way waits for its confirmation.
    ConfirmWaiting(&'w CaseView),
    Sending(&'w CaseView),
    Unclear(&'w CaseView),
    Succeeded(&'w CaseView),
    /// The case has ended without success.
    Void(&'w CaseView),
    KeyEntry(&'w CaseView),
    NewPassword(&'w CaseView),
    /// The key that was typed here waits for its confirmation.
    ConfirmTyped(&'w CaseView),
    Join(u8),
    Cases,
    Diagnosis(usize),
    Settings(usize),
}

/// Which page of what: when it changes by itself, a press that was meant for the old one is spent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Face {
    name: &'static str,
    mac: Option<Mac>,
}

impl Panel {
    /// What the panel shows.
    pub(super) fn shown<'w>(&'w self, now: Now, world: &World<'w>) -> Shown<'w> {
        let Some(place) = self.stack.last() else {
            return self.shown_at_home(now, world);
        };
        let by_mac = |mac: &Mac| world.devices.iter().find(|device| device.mac == *mac);
        let by_id = |id: &CaseId| world.cases.iter().find(|case| case.id == *id);
        let found = match place {
            Place::Device { mac, .. } => by_mac(mac).map(|device| Shown::Device(device)),
            Place::ConfirmOpen { mac } => by_mac(mac).map(|device| Shown::ConfirmOpen(device)),
            Place::Opening { mac, .. } => by_mac(mac).map(|device| Shown::Opening(device)),
            Place::Trouble { mac, problem } => {
                by_mac(mac).map(|device| Shown::Trouble(device, problem))
            }
            Place::Case { id, trouble } => {
                by_id(id).map(|case| self.shown_case(case, trouble.as_ref()))
            }
            Place::KeyEntry { id } => by_id(id).map(Shown::KeyEntry),
            Place::NewPassword { id } => by_id(id).map(Shown::NewPassword),
            Place::ConfirmSend { id } => by_id(id).map(Shown::ConfirmTyped),
            Place::Join { step } => Some(Shown::Join(*step)),
            Place::Cases { .. } => Some(Shown::Cases),
            Place::Diagnosis { offset } => Some(Shown::Diagnosis(*offset)),
            Place::Settings { cursor } => Some(Shown::Settings(*cursor)),
        };
        // What it was about is gone; `follow` takes the place away at the next event.
        found.unwrap_or_else(|| self.shown_at_home(now, world))
    }

    /// The first fault of the box that nobody has put away.
    fn fault<'w>(&self, world: &World<'w>) -> Option<&'w Alert> {
        world
            .alerts
            .iter()
            .find(|alert| (alert.fault()).is_some_and(|text| !self.dismissed.contains(text)))
    }

    fn shown_at_home<'w>(&'w self, now: Now, world: &World<'w>) -> Shown<'w> {
        if let Some(alert) = self.fault(world) {
            Shown::Fault(alert)
        } else if !world.devices.is_empty() {
            Shown::List
        } else if world.links.iter().any(|link| link.carrier) {
            Shown::Searching
        } else if world.links.is_empty() && now.mono.since(world.started) < START_PAGE {
            Shown::Start
        } else {
            Shown::NoCable
        }
    }

    /// The page that the case's phase asks for.
    fn shown_case<'w>(&'w self, case: &'w CaseView, trouble: Option<&Problem>) -> Shown<'w> {
        let sending = matches!(
            &self.pending,
            Some(Pending::Send { case: id, attempts, .. }) if *id == case.id && *attempts == case.attempts
        );
        let outcome = case
            .problem
            .as_ref()
            .filter(|_| !self.is_read(case))
            .or(trouble);
        match case.phase {
            CasePhase::Exporting => Shown::Exporting(case),
            CasePhase::Awaiting | CasePhase::Ready if sending => Shown::Sending(case),
            CasePhase::Awaiting | CasePhase::Ready => match (outcome, &case.doubt) {
                (Some(problem), _) => Shown::Refused(case, current(case, problem)),
                (None, Some(doubt)) if self.is_serious(case) => Shown::Doubt(case, doubt),
                (None, _) if case.phase == CasePhase::Ready => Shown::ConfirmWaiting(case),
                (None, _) if case.kind == CaseKind::FirstPassword => Shown::FirstPassword(case),
                (None, _) => Shown::Qr(case),
            },
            CasePhase::Exchanging | CasePhase::Sending => Shown::Sending(case),
            CasePhase::Unclear => match trouble {
                Some(problem) => Shown::Refused(case, current(case, problem)),
                None => Shown::Unclear(case),
            },
            CasePhase::Done => Shown::Succeeded(case),
            CasePhase::Void | CasePhase::Failed | CasePhase::Cancelled => Shown::Void(case),
        }
    }

    /// The person has read what the last attempt ended with.
    fn is_read(&self, case: &CaseView) -> bool {
        let seen = self.known.as_ref().and_then(|known| known.get(&case.id));
        match (seen, &case.problem) {
            (Some(seen), Some(problem)) => seen.read == Some((case.attempts, problem.kind.clone())),
            _ => false,
        }
    }

    /// There is a doubt that the person has not read yet and that is more than a silent device.
    fn is_serious(&self, case: &CaseView) -> bool {
        let Some(doubt) = &case.doubt else {
            return false;
        };
        let seen = self.known.as_ref().and_then(|known| known.get(&case.id));
        doubt.kind != ProblemKind::DeviceSilent
            && seen.is_none_or(|seen| seen.doubt_read.as_ref() != Some(&doubt.kind))
    }
}

impl<'w> Shown<'w> {
    /// Which page of what.
    pub(super) fn face(&self) -> Face {
        let name = match self {
            Self::Start => "start",
            Self::NoCable => "no cable",
            Self::Searching => "searching",
            Self::List => "list",
            Self::Fault(_) => "fault",
            Self::Device(_) => "device",
            Self::ConfirmOpen(_) => "confirm open",
            Self::Opening(_) | Self::Exporting(_) => "exporting",
            Self::Trouble(..) => "trouble",
            Self::Qr(_) => "qr",
            Self::FirstPassword(_) => "first password",
            Self::Doubt(..) => "doubt",
            Self::Refused(..) => "refused",
            Self::ConfirmWaiting(_) => "confirm waiting",
            Self::Sending(_) => "sending",
            Self::Unclear(_) => "unclear",
            Self::Succeeded(_) => "succeeded",
            Self::Void(_) => "void",
            Self::KeyEntry(_) => "key entry",
            Self::NewPassword(_) => "new password",
            Self::ConfirmTyped(_) => "confirm typed",
            Self::Join(_) => "join",
            Self::Cases => "cases",
            Self::Diagnosis(_) => "diagnosis",
            Self::Settings(_) => "settings",
        };
        Face {
            name,
            mac: self.mac(),
        }
    }

    /// The case it shows.
    pub(super) fn case(&self) -> Option<&'w CaseView> {
        match self {
            Self::Exporting(case)
            | Self::Qr(case)
            | Self::FirstPassword(case)
            | Self::Doubt(case, _)
            | Self::Refused(case, _)
            | Self::ConfirmWaiting(case)
            | Self::Sending(case)
            | Self::Unclear(case)
            | Self::Succeeded(case)
            | Self::Void(case)
            | Self::KeyEntry(case)
            | Self::NewPassword(case)
            | Self::ConfirmTyped(case) => Some(case),
            _ => None,
        }
    }

    /// The device it shows.
    pub(super) fn mac(&self) -> Option<Mac> {
        match self {
            Self::Device(device)
            | Self::ConfirmOpen(device)
            | Self::Opening(device)
            | Self::Trouble(device, _) => Some(device.mac),
            _ => self.case().map(|case| case.mac),
        }
    }
}

/// A problem with the tries and the lock time as they are now.
fn current(case: &CaseView, problem: &Problem) -> Problem {
    Problem {
        kind: problem.kind.clone(),
        tries_left: case.tries_left.or(problem.tries_left),
        lock_minutes: case.lock_minutes.filter(|minutes| *minutes > 0),
    }
}
