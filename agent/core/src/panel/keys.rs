//! What each key does on each page: the one table behind the legend and behind every press.

use sadp::Way;

use super::act::join_steps;
use super::entry::Password;
use super::intent::Intent;
use super::shown::Shown;
use super::{Panel, World};
use crate::policy::KeySet;
use crate::request::CaseKind;
use crate::screen::{Action, Button, KEY_DONE, KEY_MORE, Legend, SettingItem};
use crate::view::{CasePhase, CaseView, DeviceView, Lamp};

/// A key and what it does here.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Key {
    pub(super) button: Button,
    pub(super) hold: bool,
    /// Its name in the legend; keys that need none (a cursor) have none.
    action: Option<Action>,
    pub(super) intent: Intent,
}

impl Key {
    /// Its line in the legend.
    pub(super) fn legend(&self) -> Option<Legend> {
        self.action.map(|action| Legend {
            button: self.button,
            hold: self.hold,
            action,
        })
    }
}

/// A key that the legend names.
fn press(button: Button, action: Action, intent: Intent) -> Key {
    Key {
        button,
        hold: false,
        action: Some(action),
        intent,
    }
}

/// A key that must be held.
fn hold(action: Action, intent: Intent) -> Key {
    Key {
        button: Button::Ok,
        hold: true,
        action: Some(action),
        intent,
    }
}

/// A key that speaks for itself.
fn silent(button: Button, intent: Intent) -> Key {
    Key {
        button,
        hold: false,
        action: None,
        intent,
    }
}

/// Up and down along a list.
fn cursor() -> [Key; 2] {
    [
        silent(Button::Up, Intent::Move { forward: false }),
        silent(Button::Down, Intent::Move { forward: true }),
    ]
}

/// Both keys of a pair do the same; the legend names the first.
fn both(first: Button, second: Button, action: Action, intent: Intent) -> [Key; 2] {
    [press(first, action, intent.clone()), silent(second, intent)]
}

impl Panel {
    /// What the keys do on the page that is shown, in the order of the legend.
    pub(super) fn keys(&self, world: &World<'_>, shown: &Shown<'_>) -> Vec<Key> {
        let mut keys = self.own_keys(world, shown);
        let joystick = world.policy.keys == KeySet::Joystick;
        if !keys.iter().any(|key| key.button == Button::Back) {
            let action = if self.stack.len() == 1 {
                Action::List
            } else {
                Action::Back
            };
            keys.push(press(Button::Back, action, Intent::Back));
        }
        // Back that deletes deletes on while it is held; elsewhere it leads home.
        let deletes = |key: &Key| key.button == Button::Back && key.intent == Intent::Delete;
        if !self.stack.is_empty() && !keys.iter().any(deletes) {
            keys.push(Key {
                button: Button::Back,
                hold: true,
                action: None,
                intent: Intent::Home,
            });
        }
        keys.retain(|key| joystick || !matches!(key.button, Button::Left | Button::Right));
        keys
    }

    fn own_keys(&self, world: &World<'_>, shown: &Shown<'_>) -> Vec<Key> {
        let menu = || press(Button::Back, Action::Menu, Intent::Menu);
        let mut keys = Vec::new();
        match shown {
            Shown::Start => keys.push(menu()),
            Shown::NoCable => keys.extend([hold(Action::Diagnosis, Intent::Diagnosis), menu()]),
            Shown::Searching => {
                keys.push(press(Button::Ok, Action::Rescan, Intent::Rescan));
                keys.extend([hold(Action::Diagnosis, Intent::Diagnosis), menu()]);
            }
            Shown::List => {
                if let Some(device) = world.devices.get(self.home_index(world)) {
                    keys.push(press(Button::Ok, Action::Open, Intent::Device(device.mac)));
                    keys.push(silent(Button::Right, Intent::Device(device.mac)));
                }
                keys.push(menu());
                keys.extend(cursor());
            }
            Shown::Fault(_) => keys.extend([
                press(Button::Ok, Action::Next, Intent::Dismiss),
                press(Button::Back, Action::Back, Intent::Dismiss),
            ]),
            Shown::Device(device) => self.device_keys(world, device, &mut keys),
            Shown::ConfirmOpen(device) => keys.push(hold(
                Action::Start,
                Intent::Open {
                    mac: device.mac,
                    close: None,
                },
            )),
            Shown::Trouble(device, _) => keys.push(press(
                Button::Ok,
                Action::TryAgain,
                Intent::ConfirmOpen(device.mac),
            )),
            Shown::Join(_) => {
                if join_steps(world).len() > 1 {
                    keys.push(press(Button::Ok, Action::Next, Intent::JoinNext));
                    keys.push(silent(Button::Right, Intent::JoinNext));
                    keys.push(silent(Button::Left, Intent::JoinNext));
                }
            }
            Shown::Cases => {
                if let Some(case) = self.case_under_cursor(world) {
                    let intent = Intent::Case(case.id.clone());
                    keys.push(press(Button::Ok, Action::Open, intent.clone()));
                    keys.push(silent(Button::Right, intent));
                }
                keys.extend(cursor());
            }
            Shown::Diagnosis(_) => {
                keys.push(press(Button::Ok, Action::Rescan, Intent::Rescan));
                keys.extend(cursor());
            }
            Shown::Settings(index) => settings_keys(*index, &mut keys),
            Shown::KeyEntry(case) => self.entry_keys(case, &mut keys),
            Shown::NewPassword(_) => {
                keys.push(press(Button::Ok, Action::Next, Intent::UsePassword));
                self.password_keys(world, &mut keys);
            }
            Shown::Opening(_) => {}
            _ => {
                if let Some(case) = shown.case() {
                    self.case_keys(world, shown, case, &mut keys);
                }
            }
        }
        keys
    }

    /// The choices of a device's page, in the order in which they are needed.
    pub(super) fn choices(&self, world: &World<'_>, device: &DeviceView) -> Vec<Action> {
        let case = open_case(world, device);
        let mut choices = Vec::new();
        match case {
            Some(case) if case.kind == CaseKind::FirstPassword => {
                choices.push(Action::FirstPassword);
            }
            Some(case) => {
                choices.push(Action::ShowQr);
                if can_type(case) && case.phase == CasePhase::Awaiting {
                    choices.push(Action::EnterKey);
                }
            }
            None if can_open(device) => choices.push(begin(device)),
            None => {}
        }
        choices.push(Action::PhonePage);
        if !device.gone && device.lamp != Lamp::Cannot {
            choices.push(Action::Lamp);
        }
        if case
            .is_some_and(|case| !matches!(case.phase, CasePhase::Exchanging | CasePhase::Sending))
        {
            choices.push(Action::CloseCase);
        }
        choices
    }

    fn device_keys(&self, world: &World<'_>, device: &DeviceView, keys: &mut Vec<Key>) {
        let choices = self.choices(world, device);
        let case = open_case(world, device).map(|case| case.id.clone());
        if let Some(action) = choices.get(self.choice_index(&choices)).copied() {
            let intent = match (action, case) {
                (Action::ForgotPassword, _) => Some(Intent::ConfirmOpen(device.mac)),
                (Action::PhonePage, _) => Some(Intent::Join),
                (Action::Lamp, _) => Some(Intent::Lamp(device.mac)),
                (Action::FirstPassword, None) => Some(Intent::FirstPassword(device.mac)),
                (Action::ShowQr | Action::FirstPassword, Some(id)) => Some(Intent::Case(id)),
                (Action::EnterKey, Some(id)) => Some(Intent::EnterKey(id)),
                (Action::CloseCase, Some(id)) => {
                    keys.push(hold(action, Intent::Close(id)));
                    None
                }
                _ => None,
            };
            if let Some(intent) = intent {
                keys.push(press(Button::Ok, action, intent.clone()));
                keys.push(silent(Button::Right, intent));
            }
        }
        keys.push(silent(Button::Left, Intent::Back));
        keys.extend(cursor());
    }

    fn case_keys(
        &self,
        world: &World<'_>,
        shown: &Shown<'_>,
        case: &CaseView,
        keys: &mut Vec<Key>,
    ) {
        let id = || case.id.clone();
        let send = if case.must_insist.is_some() {
            Action::Insist
        } else {
            Action::Send
        };
        match shown {
            Shown::Qr(_) if can_type(case) => {
                keys.push(press(Button::Ok, Action::EnterKey, Intent::EnterKey(id())));
                keys.extend(both(
                    Button::Down,
                    Button::Up,
                    Action::PhonePage,
                    Intent::Join,
                ));
            }
            Shown::Qr(_) => keys.push(press(Button::Ok, Action::PhonePage, Intent::Join)),
            Shown::FirstPassword(_) => {
                let intent = Intent::EnterPassword(id());
                keys.push(press(Button::Ok, Action::Next, intent));
                keys.extend(both(
                    Button::Down,
                    Button::Up,
                    Action::PhonePage,
                    Intent::Join,
                ));
            }
            Shown::Doubt(..) => {
                keys.extend(new_case(world, case));
                keys.push(press(Button::Back, Action::KeepWaiting, Intent::Read(id())));
            }
            Shown::Refused(_, problem) => {
                if problem.lock_minutes.is_none() {
                    keys.push(press(Button::Ok, Action::TryAgain, Intent::TryAgain(id())));
                }
                keys.push(press(Button::Back, Action::Back, Intent::Read(id())));
            }
            Shown::ConfirmWaiting(_) | Shown::ConfirmTyped(_) if is_locked(case) => {}
            Shown::ConfirmWaiting(_) => {
                if let Some(submission) = &case.submission {
                    keys.push(hold(
                        send,
                        Intent::SendWaiting {
                            case: id(),
                            submission: submission.clone(),
                            insist: case.must_insist,
                        },
                    ));
                }
            }
            Shown::ConfirmTyped(_) => {
                let sync = self.draft.as_ref().is_some_and(|draft| draft.sync);
                keys.push(hold(
                    send,
                    Intent::SendTyped {
                        case: id(),
                        attempts: case.attempts,
                        insist: case.must_insist,
                        sync,
                    },
                ));
                if case.can_sync {
                    keys.extend(both(Button::Up, Button::Down, Action::Sync, Intent::Sync));
                }
            }
            Shown::Unclear(_) => keys.extend([
                hold(Action::Worked, Intent::Worked(id())),
                press(Button::Ok, Action::DidNotWork, Intent::DidNotWork(id())),
            ]),
            Shown::Succeeded(_) => keys.extend([
                press(Button::Ok, Action::List, Intent::Home),
                press(Button::Back, Action::List, Intent::Home),
            ]),
            Shown::Void(_) => {
                keys.extend(new_case(world, case));
            }
            _ => {}
        }
    }

    /// Up generates; down takes the owner's, where there is one and another is shown.
    fn password_keys(&self, world: &World<'_>, keys: &mut Vec<Key>) {
        let (up, down, another) = (Button::Up, Button::Down, Intent::Another);
        let draft = self.draft.as_ref();
        if draft.is_some_and(|draft| draft.password == Password::Preset) {
            keys.extend(both(up, down, Action::Generate, another));
        } else if world.policy.preset_password.is_some() {
            keys.push(press(up, Action::Change, another));
            keys.push(press(down, Action::Preset, Intent::Preset));
        } else {
            keys.extend(both(up, down, Action::Change, another));
        }
    }

    fn entry_keys(&self, case: &CaseView, keys: &mut Vec<Key>) {
        let Some(draft) = self.draft.as_ref().filter(|draft| draft.case == case.id) else {
            return;
        };
        let entry = &draft.entry;
        // The rows on the page name their keys; only what is no character is named in the legend too.
        for (row, button) in [Button::Up, Button::Ok, Button::Down]
            .into_iter()
            .enumerate()
        {
            match entry.rows()[row].as_slice() {
                [] => {}
                [KEY_DONE] => keys.push(press(button, Action::Done, Intent::Done)),
                [KEY_MORE] => keys.push(silent(button, Intent::GoOn)),
                [character] => keys.push(silent(button, Intent::Type(*character))),
                _ => keys.push(silent(button, Intent::Choose(row))),
            }
        }
        if entry.is_choosing() {
            keys.push(press(Button::Back, Action::Back, Intent::Unchoose));
            keys.push(silent(Button::Left, Intent::Unchoose));
        } else if !entry.typed().is_empty() {
            keys.push(press(Button::Back, Action::Delete, Intent::Delete));
            keys.push(silent(Button::Left, Intent::Delete));
        }
    }
}

/// The device's case, if it is open.
pub(super) fn open_case<'w>(world: &World<'w>, device: &DeviceView) -> Option<&'w CaseView> {
    let id = device.case.as_ref().filter(|_| device.case_open)?;
    world.cases.iter().find(|case| case.id == *id)
}

/// The box can open a case for it now.
fn can_open(device: &DeviceView) -> bool {
    matches!(device.way, Way::TypedKey | Way::KeyFile | Way::Activate)
        && !device.gone
        && !device.doubled_mac
}

/// How a case of it begins.
fn begin(device: &DeviceView) -> Action {
    match device.way {
        Way::Activate => Action::FirstPassword,
        _ => Action::ForgotPassword,
    }
}

/// The device has had too many wrong tries: another one only makes it longer.
fn is_locked(case: &CaseView) -> bool {
    case.lock_minutes.is_some_and(|minutes| minutes > 0)
}

/// There is a key to type, and a point in typing it now.
fn can_type(case: &CaseView) -> bool {
    case.typed_key && !is_locked(case)
}

/// A new case in the place of this one, if its device is there.
fn new_case(world: &World<'_>, case: &CaseView) -> Option<Key> {
    let device = world.devices.iter().find(|device| device.mac == case.mac)?;
    let action = match begin(device) {
        Action::FirstPassword => Action::Start,
        _ => Action::NewQr,
    };
    let close = case.phase.is_open().then(|| case.id.clone());
    let mac = case.mac;
    can_open(device).then(|| hold(action, Intent::Open { mac, close }))
}

fn settings_keys(index: usize, keys: &mut Vec<Key>) {
    let Some(item) = super::settings::ITEMS.get(index).copied() else {
        return;
    };
    let page = match item {
        SettingItem::PhonePage => Some(Intent::Join),
        SettingItem::Cases => Some(Intent::Cases),
        SettingItem::Diagnosis => Some(Intent::Diagnosis),
        _ => None,
    };
    match page {
        Some(intent) => {
            keys.push(press(Button::Ok, Action::Open, intent.clone()));
            keys.push(silent(Button::Right, intent));
            keys.push(silent(Button::Left, Intent::Back));
        }
        None => {
            let change = |forward| Intent::Setting { item, forward };
            keys.push(press(Button::Ok, Action::Change, change(true)));
            keys.push(silent(Button::Right, change(true)));
            keys.push(silent(Button::Left, change(false)));
        }
    }
    keys.extend(cursor());
}
