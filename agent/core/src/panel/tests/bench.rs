//! A panel on the bench: a world built by hand that answers the panel's requests as the box would,
//! and a way to write down what was pressed, asked and shown.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sadp::{Mac, Way};

use crate::alerts::{HealthState, alerts};
use crate::fixtures::{case_of, device, link};
use crate::panel::{Ask, Panel, World};
use crate::policy::{KeySet, Language, Policy};
use crate::problem::{Problem, ProblemKind};
use crate::record::SettingsRecord;
use crate::request::{CaseId, CaseKind, Done, Reply, Request, SubmissionId};
use crate::rules;
use crate::screen::{Button, Edge, Screen};
use crate::time::{Mono, Now, Wall};
use crate::view::{CasePhase, CaseView, DeviceView, Diagnosis, LinkView};

/// The panel, its world, and the clock.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) panel: Panel,
    pub(super) policy: Policy,
    pub(super) links: Vec<LinkView>,
    pub(super) devices: Vec<Arc<DeviceView>>,
    pub(super) cases: Vec<CaseView>,
    pub(super) health: HealthState,
    pub(super) diagnosis: Diagnosis,
    pub(super) settings: SettingsRecord,
    pub(super) urls: Vec<String>,
    pub(super) now: Now,
    /// Everything the panel asked for, until taken.
    pub(super) asks: Vec<Ask>,
    /// The box says no to whatever is asked.
    pub(super) refuse: bool,
    handed_over: u32,
    random: ChaCha20Rng,
    replies: VecDeque<Reply>,
}

impl Bench {
    /// A box with a cable and a phone page, before it heard anything.
    pub(super) fn new(keys: KeySet) -> Self {
        let mut bench = Self {
            panel: Panel::new(),
            policy: Policy {
                keys,
                ..Policy::default()
            },
            links: vec![link()],
            devices: Vec::new(),
            cases: Vec::new(),
            health: HealthState::default(),
            diagnosis: Diagnosis {
                probes: 3,
                ..Diagnosis::default()
            },
            settings: SettingsRecord::default(),
            urls: vec!["http://10.43.0.1".into()],
            now: Now {
                mono: Mono(10_000),
                wall: Some(Wall(1_795_356_000_000)),
            },
            asks: Vec::new(),
            refuse: false,
            handed_over: 0,
            random: ChaCha20Rng::seed_from_u64(7),
            replies: VecDeque::new(),
        };
        bench.tick();
        bench
    }

    /// A camera appears at the end of the list. Its number is its address and the end of its serial.
    pub(super) fn camera(&mut self, number: u8, way: Way) -> Mac {
        self.devices.push(Arc::new(device(number, way)));
        self.tick();
        self.wait(Duration::from_secs(1));
        Mac([0, 0, 0, 0, 0, number])
    }

    /// Changes a device in its place.
    pub(super) fn change_device(&mut self, number: u8, change: impl FnOnce(&mut DeviceView)) {
        if let Some(device) = self
            .devices
            .iter_mut()
            .find(|device| device.mac.0[5] == number)
        {
            change(Arc::make_mut(device));
        }
        self.tick();
    }

    /// Another channel, or the device, changes the newest case of a device.
    pub(super) fn change_case(&mut self, number: u8, change: impl FnOnce(&mut CaseView)) {
        let case = self.cases.iter_mut().find(|case| case.mac.0[5] == number);
        change(case.expect("the script opened a case for this device"));
        self.update_devices();
        self.tick();
    }

    /// Opens a case as the box does on any channel's request.
    pub(super) fn open_case(&mut self, number: u8) -> CaseId {
        let device = self
            .devices
            .iter()
            .find(|device| device.mac.0[5] == number)
            .expect("the script added this device")
            .clone();
        let id = CaseId(format!("case{number}-{}", self.cases.len()));
        self.cases.insert(0, case_of(&id, &device));
        self.update_devices();
        id
    }

    /// Presses and lets go after `held`, in steps as the real loop would: a tick at each deadline.
    pub(super) fn hold(&mut self, button: Button, held: Duration) {
        self.edge(button, Edge::Pressed);
        self.wait(held);
        self.edge(button, Edge::Released);
    }

    /// A short press, and the pause after it.
    pub(super) fn press(&mut self, button: Button) {
        self.hold(button, Duration::from_millis(100));
        self.wait(Duration::from_millis(500));
    }

    /// One edge.
    pub(super) fn edge(&mut self, button: Button, edge: Edge) {
        let (mut panel, mut random) = (self.panel.clone(), self.random.clone());
        let asks = self.with_world(|world| panel.edge(self.now, button, edge, world, &mut random));
        (self.panel, self.random) = (panel, random);
        self.carry_out(asks);
    }

    /// Lets time pass, with a tick at each deadline of the panel.
    pub(super) fn wait(&mut self, time: Duration) {
        let end = self.now.mono + time;
        while let Some(due) = self.panel.deadline().filter(|due| *due <= end) {
            let due = due.max(self.now.mono + Duration::from_millis(1));
            if due > end {
                break;
            }
            self.pass(due.since(self.now.mono));
            self.tick();
        }
        self.pass(end.since(self.now.mono));
    }

    fn pass(&mut self, time: Duration) {
        self.now.mono = self.now.mono + time;
        self.now.wall = self.now.wall.map(|wall| wall + time);
    }

    /// Something happened.
    pub(super) fn tick(&mut self) {
        let (mut panel, mut random) = (self.panel.clone(), self.random.clone());
        let asks = self.with_world(|world| panel.tick(self.now, world, &mut random));
        (self.panel, self.random) = (panel, random);
        self.carry_out(asks);
    }

    /// What the panel shows.
    pub(super) fn screen(&self) -> Screen {
        self.with_world(|world| self.panel.screen(self.now, world))
    }

    /// Looks at the world as the panel does.
    pub(super) fn with_world<T>(&self, look: impl FnOnce(&World<'_>) -> T) -> T {
        look(&World {
            policy: &self.policy,
            links: &self.links,
            devices: &self.devices,
            cases: &self.cases,
            alerts: &alerts(&self.cases, &self.health),
            diagnosis: &self.diagnosis,
            language: self.settings.language.unwrap_or(Language::En),
            settings: &self.settings,
            pin: "4821",
            token: "tttttttttttttttt",
            urls: &self.urls,
            secured: self.health.secured(),
            started: Mono(9_000),
        })
    }

    /// Answers as the box would.
    fn carry_out(&mut self, asks: Vec<Ask>) {
        for ask in asks {
            self.asks.push(ask.clone());
            match ask {
                Ask::Settings(settings) => self.settings = settings,
                Ask::Quietly(_) => {}
                Ask::Request(request) => {
                    if let Some(reply) = self.answer(request) {
                        self.replies.push_back(reply);
                    }
                }
            }
        }
        let mut replied = false;
        while let Some(reply) = self.replies.pop_front() {
            self.panel.replied(self.now, &reply);
            replied = true;
        }
        if replied {
            self.tick();
        }
    }

    fn answer(&mut self, request: Request) -> Option<Reply> {
        if self.refuse {
            return Some(Err(Problem::new(ProblemKind::Busy)));
        }
        Some(match request {
            Request::OpenCase { mac } => Ok(Done::Case(self.open_case(mac.0[5]))),
            Request::SubmitKey {
                case,
                key,
                new_password,
                sync_cameras,
                ..
            } => self.submit(&case, &key, &new_password, sync_cameras),
            Request::SubmitPassword {
                case, new_password, ..
            } => self.submit_first(&case, &new_password),
            Request::Confirm {
                case,
                submission,
                serial,
                ..
            } => {
                let view = self.case(&case);
                if view
                    .submission
                    .as_ref()
                    .is_some_and(|waits| *waits != submission)
                {
                    return Some(Err(Problem::new(ProblemKind::KeyReplaced)));
                }
                if view.serial != serial {
                    return Some(Err(Problem::new(ProblemKind::SerialMismatch)));
                }
                if view.phase != CasePhase::Ready {
                    return Some(Err(Problem::new(ProblemKind::WrongState)));
                }
                view.phase = CasePhase::Exchanging;
                view.attempts += 1;
                view.problem = None;
                // The reply comes when the attempt has ended.
                return None;
            }
            Request::Withdraw { case } => self.enter(&case, CasePhase::Awaiting),
            Request::CancelCase { case } => self.enter(&case, CasePhase::Cancelled),
            Request::Resolve { case, worked: true } => self.enter(&case, CasePhase::Done),
            Request::Resolve {
                case,
                worked: false,
            } => self.enter(&case, CasePhase::Awaiting),
            _ => Ok(Done::Ok),
        })
    }

    fn submit(
        &mut self,
        id: &CaseId,
        key: &crate::secret::SecretText,
        password: &crate::secret::SecretText,
        sync: bool,
    ) -> Reply {
        rules::key(key)?;
        rules::password(password, None)?;
        let submission = self.submission();
        let view = self.case(id);
        if !matches!(view.phase, CasePhase::Awaiting | CasePhase::Ready) {
            return Err(Problem::new(ProblemKind::WrongState));
        }
        view.phase = CasePhase::Ready;
        view.submission = Some(submission.clone());
        view.sync_cameras = sync;
        Ok(Done::AwaitingConfirm {
            case: id.clone(),
            submission,
        })
    }

    /// The name of the next key that is handed over.
    fn submission(&mut self) -> SubmissionId {
        self.handed_over += 1;
        SubmissionId(format!("{}-test", self.handed_over))
    }

    /// A key comes another way.
    pub(super) fn key_waits(&mut self, number: u8) {
        let submission = self.submission();
        self.change_case(number, |case| {
            case.phase = CasePhase::Ready;
            case.submission = Some(submission);
        });
    }

    fn submit_first(&mut self, id: &CaseId, password: &crate::secret::SecretText) -> Reply {
        rules::password(password, None)?;
        let submission = self.submission();
        let view = self.case(id);
        if (view.kind, view.phase) != (CaseKind::FirstPassword, CasePhase::Awaiting) {
            return Err(Problem::new(ProblemKind::WrongState));
        }
        view.phase = CasePhase::Ready;
        view.submission = Some(submission.clone());
        Ok(Done::AwaitingConfirm {
            case: id.clone(),
            submission,
        })
    }

    fn enter(&mut self, id: &CaseId, phase: CasePhase) -> Reply {
        self.case(id).phase = phase;
        self.update_devices();
        Ok(Done::Ok)
    }

    fn case(&mut self, id: &CaseId) -> &mut CaseView {
        self.cases
            .iter_mut()
            .find(|case| case.id == *id)
            .expect("the panel only knows cases that the bench opened")
    }

    /// Devices say which case they have; those with an open one come first.
    fn update_devices(&mut self) {
        for device in &mut self.devices {
            let newest = self.cases.iter().find(|case| case.mac == device.mac);
            let device = Arc::make_mut(device);
            device.case = newest.map(|case| case.id.clone());
            device.case_open = newest.is_some_and(|case| case.phase.is_open());
        }
        self.devices.sort_by_key(|device| !device.case_open);
    }
}
