//! What the panel does when a person means something.

use rand_core::RngCore;
use sadp::Mac;

use super::entry::{Draft, Password};
use super::intent::Intent;
use super::keys::open_case;
use super::place::{Cursor, Place, Step};
use super::{Ask, Panel, Pending, World, settings};
use crate::request::{CaseId, CaseKind, Request};
use crate::rules;
use crate::screen::Action;
use crate::secret::SecretText;
use crate::time::Now;
use crate::view::{Alert, CasePhase, CaseView};

impl Panel {
    /// Does what a press means. `repeated`: the key is held and this is not the first time.
    pub(super) fn act(
        &mut self,
        now: Now,
        intent: Intent,
        repeated: bool,
        world: &World<'_>,
        random: &mut dyn RngCore,
        asks: &mut Vec<Ask>,
    ) {
        match intent {
            Intent::Move { forward } => self.step(Step { forward, repeated }, world),
            Intent::Back => self.back(),
            Intent::Home => self.stack.clear(),
            Intent::Menu => self.go(Place::Settings {
                // Something needs a person: the cases are the next thing to look at.
                cursor: usize::from(alerted_case(world).is_some()),
            }),
            Intent::Device(mac) => self.go(Place::Device { mac, choice: None }),
            Intent::ConfirmOpen(mac) => {
                if matches!(self.stack.last(), Some(Place::Trouble { .. })) {
                    self.stack.pop();
                }
                self.go(Place::ConfirmOpen { mac });
            }
            Intent::Open { mac, close } => self.open(mac, close, world, asks),
            Intent::FirstPassword(mac) => self.open(mac, None, world, asks),
            Intent::EnterPassword(id) => self.enter_password(id, random, world),
            Intent::Case(id) => self.go(Place::Case { id, trouble: None }),
            Intent::EnterKey(id) => self.enter_key(id, world),
            Intent::Read(id) => self.read(&id, world),
            Intent::TryAgain(id) => {
                self.read(&id, world);
                match find(world, &id) {
                    Some(case) if case.kind == CaseKind::FirstPassword => {
                        self.enter_password(id, random, world);
                    }
                    Some(case) if case.phase == CasePhase::Awaiting && case.typed_key => {
                        self.enter_key(id, world);
                    }
                    Some(case) if case.phase == CasePhase::Awaiting => self.join(world),
                    _ => {}
                }
            }
            Intent::SendTyped {
                case,
                attempts,
                insist,
                sync,
            } => {
                self.send_typed(&case, attempts, insist.is_some(), sync, world, asks);
            }
            Intent::SendWaiting {
                case,
                submission,
                insist,
            } => {
                if let Some(view) = find(world, &case) {
                    let serial = view.serial.clone();
                    self.pending = Some(Pending::Send {
                        case: case.clone(),
                        attempts: view.attempts,
                        then: None,
                    });
                    asks.push(Ask::Request(Request::Confirm {
                        case,
                        submission,
                        serial,
                        insist: insist.is_some(),
                    }));
                }
            }
            Intent::Sync => {
                if let Some(draft) = &mut self.draft {
                    draft.sync = !draft.sync;
                }
            }
            Intent::Worked(case) => self.resolve(case, true, asks),
            Intent::DidNotWork(case) => self.resolve(case, false, asks),
            Intent::Close(case) => {
                self.pending = Some(Pending::Other { case: case.clone() });
                asks.push(Ask::Request(Request::CancelCase { case }));
            }
            Intent::Lamp(mac) => self.blink(mac, asks),
            Intent::Join => self.join(world),
            Intent::JoinNext => {
                if let Some(Place::Join { step }) = self.stack.last_mut() {
                    let steps = join_steps(world);
                    // A step that is gone is shown as the first: the next one is the second.
                    let at = steps.iter().position(|known| known == step);
                    *step = steps[(at.unwrap_or(0) + 1) % steps.len()];
                }
            }
            Intent::Cases => self.go(Place::Cases {
                cursor: alerted_case(world)
                    .map_or_else(Cursor::default, |id| Cursor::on(id.clone())),
            }),
            Intent::Diagnosis => self.go(Place::Diagnosis { offset: 0 }),
            Intent::Rescan => asks.push(Ask::Quietly(Request::Scan)),
            Intent::Choose(row) => self.edit(|entry| entry.choose(row)),
            Intent::Unchoose => self.edit(|entry| entry.unchoose()),
            Intent::GoOn => self.edit(|entry| entry.go_on()),
            Intent::Type(character) => self.edit(|entry| entry.push(character)),
            Intent::Delete => self.edit(|entry| entry.delete()),
            Intent::Done => self.typed(random, world),
            Intent::Another => self.generate(random),
            Intent::Preset => self.take(Password::Preset),
            Intent::UsePassword => {
                if let Some(id) = self.draft.as_ref().map(|draft| draft.case.clone()) {
                    self.go(Place::ConfirmSend { id });
                }
            }
            Intent::Setting { item, forward } => {
                asks.extend(settings::changed(world, item, forward).map(Ask::Settings));
            }
            Intent::Dismiss => {
                if let super::shown::Shown::Fault(alert) = self.shown(now, world) {
                    self.dismissed.extend(alert.fault().map(str::to_owned));
                }
            }
        }
    }

    /// Goes to a place, back to it when the way here led through it.
    pub(super) fn go(&mut self, place: Place) {
        let same = |other: &Place| {
            core::mem::discriminant(other) == core::mem::discriminant(&place)
                && other.mac() == place.mac()
                && other.case() == place.case()
        };
        match self.stack.iter().position(same) {
            Some(index) => self.stack.truncate(index + 1),
            None => self.stack.push(place),
        }
    }

    fn back(&mut self) {
        self.stack.pop();
        // The page between choosing a case and its code asks for something that was done already.
        while matches!(
            self.stack.last(),
            Some(Place::ConfirmOpen { .. } | Place::Opening { .. } | Place::Trouble { .. })
        ) {
            self.stack.pop();
        }
    }

    fn step(&mut self, step: Step, world: &World<'_>) {
        let choices = match self.stack.last() {
            Some(Place::Device { mac, .. }) => world
                .devices
                .iter()
                .find(|device| device.mac == *mac)
                .map(|device| self.choices(world, device))
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        let at = self.choice_index(&choices);
        match self.stack.last_mut() {
            None => {
                self.home
                    .step(step, world.devices.iter().map(|device| device.mac));
            }
            Some(Place::Device { choice, .. }) => {
                *choice = choices.get(step.from(at, choices.len())).copied();
            }
            Some(Place::Cases { cursor }) => cursor.step(step, listed(world).into_iter()),
            Some(Place::Diagnosis { offset }) => {
                // The text scrolls; it does not go round.
                let stop = Step {
                    repeated: true,
                    ..step
                };
                *offset = stop.from(*offset, world.diagnosis.findings.len());
            }
            Some(Place::Settings { cursor }) => {
                *cursor = step.from(*cursor, settings::ITEMS.len());
            }
            Some(_) => {}
        }
    }

    fn open(&mut self, mac: Mac, close: Option<CaseId>, world: &World<'_>, asks: &mut Vec<Ask>) {
        let before = world
            .devices
            .iter()
            .find(|device| device.mac == mac)
            .and_then(|device| device.case.clone());
        if let Some(case) = close {
            asks.push(Ask::Request(Request::CancelCase { case }));
        }
        asks.push(Ask::Request(Request::OpenCase { mac }));
        self.pending = Some(Pending::Open { mac });
        // The question, where there was one, is answered: back leads past it.
        if !matches!(self.stack.last(), Some(Place::Device { .. })) {
            self.back();
        }
        self.go(Place::Opening { mac, before });
    }

    /// A first password is proposed at once: there is no key to type before.
    fn enter_password(&mut self, id: CaseId, random: &mut dyn RngCore, world: &World<'_>) {
        let waits = |case: &CaseView| case.phase == CasePhase::Awaiting;
        if !find(world, &id).is_some_and(waits) {
            return;
        }
        self.draft = Some(Draft::new(id.clone()));
        self.propose(random, world);
        self.go(Place::Case {
            id: id.clone(),
            trouble: None,
        });
        self.go(Place::NewPassword { id });
    }

    fn enter_key(&mut self, id: CaseId, world: &World<'_>) {
        if find(world, &id).is_none() {
            return;
        }
        self.draft = Some(Draft::new(id.clone()));
        self.go(Place::Case {
            id: id.clone(),
            trouble: None,
        });
        self.go(Place::KeyEntry { id });
    }

    /// "Done": only a key of the right form goes on.
    fn typed(&mut self, random: &mut dyn RngCore, world: &World<'_>) {
        let Some(draft) = &mut self.draft else {
            return;
        };
        draft.entry.start_over();
        if let Err(problem) = rules::key(draft.entry.secret()) {
            draft.entry.problem = Some(problem);
            return;
        }
        let id = draft.case.clone();
        if draft.password == Password::Nothing {
            self.propose(random, world);
        }
        self.go(Place::NewPassword { id });
    }

    /// The owner's password comes first: he set it to have the same on all cameras.
    fn propose(&mut self, random: &mut dyn RngCore, world: &World<'_>) {
        if world.policy.preset_password.is_some() {
            self.take(Password::Preset);
        } else {
            self.generate(random);
        }
    }

    fn generate(&mut self, random: &mut dyn RngCore) {
        self.take(Password::Generated(rules::propose(random, None)));
    }

    fn take(&mut self, password: Password) {
        if let Some(draft) = &mut self.draft {
            draft.password = password;
        }
    }

    fn send_typed(
        &mut self,
        id: &CaseId,
        attempts: u32,
        insist: bool,
        sync: bool,
        world: &World<'_>,
        asks: &mut Vec<Ask>,
    ) {
        let Some(case) = find(world, id) else {
            return;
        };
        // Taken: from here on the panel knows neither key nor password.
        let Some(draft) = self.draft.take().filter(|draft| draft.case == *id) else {
            return;
        };
        // A key that came another way may wait too; the person here has just decided for this one.
        let case_id = id.clone();
        let new_password = match (&draft.password, &world.policy.preset_password) {
            (Password::Generated(password), _) => password.clone(),
            (Password::Preset, Some(preset)) => SecretText::new(preset.expose()),
            // Not reachable by keys; the rules refuse it by its name.
            (Password::Nothing, _) | (Password::Preset, None) => SecretText::default(),
        };
        asks.push(Ask::Request(match case.kind {
            CaseKind::Reset => Request::SubmitKey {
                case: case_id,
                key: draft.entry.secret().clone(),
                new_password,
                sync_cameras: sync,
                confirm: None,
            },
            CaseKind::FirstPassword => Request::SubmitPassword {
                case: case_id,
                new_password,
                confirm: None,
            },
        }));
        self.pending = Some(Pending::Send {
            case: id.clone(),
            attempts,
            then: Some((case.serial.clone(), insist)),
        });
        self.go(Place::Case {
            id: id.clone(),
            trouble: None,
        });
    }

    fn resolve(&mut self, case: CaseId, worked: bool, asks: &mut Vec<Ask>) {
        self.pending = Some(Pending::Other { case: case.clone() });
        asks.push(Ask::Request(Request::Resolve { case, worked }));
    }

    fn blink(&mut self, mac: Mac, asks: &mut Vec<Ask>) {
        let on = self.lamp != Some(mac);
        self.lamp = on.then_some(mac);
        asks.push(Ask::Quietly(Request::Lamp { mac, on }));
    }

    fn join(&mut self, world: &World<'_>) {
        let step = join_steps(world)[0];
        self.go(Place::Join { step });
    }

    /// The person has read what the case's page said: what the page showed first is read first.
    fn read(&mut self, id: &CaseId, world: &World<'_>) {
        let (Some(case), Some(known)) = (find(world, id), &mut self.known) else {
            return;
        };
        let seen = known.entry(id.clone()).or_insert_with(|| case.into());
        let trouble = self.stack.iter_mut().find_map(|place| match place {
            Place::Case { id: other, trouble } if other == id => trouble.take(),
            _ => None,
        });
        if case.problem.is_some() && seen.read != problem_of(case) {
            seen.read = problem_of(case);
        } else if trouble.is_none() {
            seen.doubt_read = case.doubt.as_ref().map(|doubt| doubt.kind.clone());
        }
    }

    fn edit(&mut self, change: impl FnOnce(&mut super::entry::Entry)) {
        if let Some(draft) = &mut self.draft {
            change(&mut draft.entry);
        }
    }

    /// Where in the list of home the cursor is.
    pub(super) fn home_index(&self, world: &World<'_>) -> usize {
        self.home
            .place(world.devices.iter().map(|device| device.mac))
    }

    /// Where among the choices of a device's page the cursor is: on the same choice, else on the first.
    pub(super) fn choice_index(&self, choices: &[Action]) -> usize {
        let Some(Place::Device {
            choice: Some(choice),
            ..
        }) = self.stack.last()
        else {
            return 0;
        };
        choices
            .iter()
            .position(|other| other == choice)
            .unwrap_or(0)
    }

    /// The case under the cursor of the case list.
    pub(super) fn case_under_cursor<'w>(&self, world: &World<'w>) -> Option<&'w CaseView> {
        let Some(Place::Cases { cursor }) = self.stack.last() else {
            return None;
        };
        let listed = listed(world);
        let id = listed.get(cursor.place(listed.clone().into_iter()))?;
        find(world, id)
    }

    /// Whether a device's page should show that it has a case, and which.
    pub(super) fn phase_of(
        world: &World<'_>,
        device: &crate::view::DeviceView,
    ) -> Option<CasePhase> {
        open_case(world, device).map(|case| case.phase)
    }
}

/// The steps of the join page that there are now, in their order; never empty. What is open to every phone comes
/// before HTTPS, before which every phone warns.
pub(super) fn join_steps(world: &World<'_>) -> Vec<u8> {
    let secured = world.secured.is_some_and(|it| !it.urls.is_empty());
    let plain = !world.urls.is_empty() || !secured;
    [
        (0, world.policy.wifi_join.is_some()),
        (1, plain),
        (2, secured),
    ]
    .into_iter()
    .filter_map(|(step, there)| there.then_some(step))
    .collect()
}

/// The cases that the list of cases shows.
pub(super) fn listed(world: &World<'_>) -> Vec<CaseId> {
    world
        .cases
        .iter()
        .filter(|case| case.phase != CasePhase::Cancelled)
        .map(|case| case.id.clone())
        .collect()
}

/// The case with this id.
pub(super) fn find<'w>(world: &World<'w>, id: &CaseId) -> Option<&'w CaseView> {
    world.cases.iter().find(|case| case.id == *id)
}

/// What the last attempt of a case ended with, as it is remembered once read.
pub(super) fn problem_of(case: &CaseView) -> Option<(u32, crate::problem::ProblemKind)> {
    case.problem
        .as_ref()
        .map(|problem| (case.attempts, problem.kind.clone()))
}

/// The case that needs a person most.
fn alerted_case<'w>(world: &World<'w>) -> Option<&'w CaseId> {
    world.alerts.iter().find_map(|alert| match alert {
        Alert::Case { case, .. } => Some(case),
        _ => None,
    })
}
