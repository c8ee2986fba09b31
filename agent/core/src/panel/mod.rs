//! The panel: a person with gloves, a few keys and a small screen.
//!
//! The panel is a channel like any other: it looks at the same parts of the view as every surface
//! ([`World`]) and makes the same requests ([`Ask`]). It keeps only what belongs to it: where the
//! person is, what is held down, and the key that is being typed.
//!
//! What a key does and what the legend says come from one table ([`keys`]), so they cannot differ.
//! What cannot be undone needs a long press, and a long press does what the legend promised when it
//! began or nothing at all: a page that changes under the finger never catches it.

mod act;
mod entry;
mod follow;
mod gestures;
mod intent;
mod keys;
mod pages;
mod place;
mod settings;
mod shown;
#[cfg(test)]
mod tests;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rand_core::RngCore;
use sadp::Mac;

use crate::policy::{Language, Policy};
use crate::problem::Problem;
use crate::record::SettingsRecord;
use crate::request::{CaseId, Done, Reply, Request};
use crate::screen::{Button, Edge, Screen};
use crate::secured::Secured;
use crate::time::{Mono, Now};
use crate::view::{Alert, CaseView, DeviceView, Diagnosis, LinkView};

use entry::Draft;
use follow::Seen;
use gestures::Held;
use place::{Cursor, Place};
pub(crate) use settings::DEFAULT_BRIGHTNESS;
use shown::{Face, Shown};

/// How often at most the panel asks for more frequent inquiries while somebody presses keys.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// Until the first report about a link comes, the start page is shown so long at most.
pub(crate) const START_PAGE: Duration = Duration::from_secs(3);

/// What the panel looks at: the assembled parts of the view.
#[derive(Copy, Clone)]
pub(crate) struct World<'a> {
    /// The configuration.
    pub(crate) policy: &'a Policy,
    /// Links in the order of their index.
    pub(crate) links: &'a [LinkView],
    /// Devices in the order of the view.
    pub(crate) devices: &'a [Arc<DeviceView>],
    /// Cases in the order of the view.
    pub(crate) cases: &'a [CaseView],
    /// What needs a person, most urgent first.
    pub(crate) alerts: &'a [Alert],
    /// What is known about the box's ears.
    pub(crate) diagnosis: &'a Diagnosis,
    /// The language that is spoken.
    pub(crate) language: Language,
    /// What a person set on the box.
    pub(crate) settings: &'a SettingsRecord,
    /// The PIN of the phone page.
    pub(crate) pin: &'a str,
    /// The one-time token of the join QR.
    pub(crate) token: &'a str,
    /// Addresses of the phone page, best first.
    pub(crate) urls: &'a [String],
    /// HTTPS, where it is served.
    pub(crate) secured: Option<&'a Secured>,
    /// When the box started.
    pub(crate) started: Mono,
}

/// What the panel wants done.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Ask {
    /// To be handled like a request of any channel; the reply goes to [`Panel::replied`].
    Request(Request),
    /// Likewise, but nobody waits for the reply: it is dropped.
    Quietly(Request),
    /// The person set something on the box: remember it.
    Settings(SettingsRecord),
}

/// The state of the panel.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Panel {
    /// The way from home to here; empty at home.
    stack: Vec<Place>,
    /// The device under the cursor of the list.
    home: Cursor<Mac>,
    /// A key was pressed at the list: its cursor stays where the person has it.
    chosen: bool,
    /// The key that is down.
    held: Option<Held>,
    /// The last press, or the last change that woke the panel.
    active: Mono,
    asleep: bool,
    /// The key and password being prepared; wiped on leaving the pages for it.
    draft: Option<Draft>,
    /// What was asked and has not come to an end yet.
    pending: Option<Pending>,
    /// What follows from an answer; asked with the next look.
    next: Option<Ask>,
    /// The device that was made to blink here.
    lamp: Option<Mac>,
    /// What each case looked like last time; `None` before the first look.
    known: Option<BTreeMap<CaseId, Seen>>,
    /// Faults of the box that the person has read.
    dismissed: BTreeSet<String>,
    /// What was shown when the person last had a say.
    face: Option<Face>,
    /// A case with news that was not shown because the person was busy with something else.
    unseen: Option<CaseId>,
    /// When the page last changed by itself.
    appeared: Option<Mono>,
    /// Since when there is a cable and no device, and the probes sent until then.
    searching: Option<(Mono, u64)>,
    looked: Option<Mono>,
    deadline: Option<Mono>,
}

/// What the panel waits for.
#[derive(Clone, PartialEq, Debug)]
enum Pending {
    /// A case for this device.
    Open { mac: Mac },
    /// The attempt that was confirmed here, when the case had seen so many. `then`: what was typed here was
    /// handed over; its confirmation, for this serial, follows as soon as it has a name.
    Send {
        case: CaseId,
        attempts: u32,
        then: Option<(String, bool)>,
    },
    /// Anything else about a case.
    Other { case: CaseId },
}

impl Panel {
    /// A panel that shows home.
    pub(crate) fn new() -> Self {
        Self {
            stack: Vec::new(),
            home: Cursor::default(),
            chosen: false,
            held: None,
            active: Mono(0),
            asleep: false,
            draft: None,
            pending: None,
            next: None,
            lamp: None,
            known: None,
            dismissed: BTreeSet::new(),
            face: None,
            unseen: None,
            appeared: None,
            searching: None,
            looked: None,
            deadline: None,
        }
    }

    /// A key went down or came up.
    pub(crate) fn edge(
        &mut self,
        now: Now,
        button: Button,
        edge: Edge,
        world: &World<'_>,
        random: &mut dyn RngCore,
    ) -> Vec<Ask> {
        self.follow(now, world);
        let mut asks = Vec::new();
        match edge {
            Edge::Pressed => {
                self.chosen |= matches!(self.shown(now, world), Shown::List);
                self.press(now, button, world, random, &mut asks);
                self.active = now.mono;
                if self
                    .looked
                    .is_none_or(|at| now.mono.since(at) >= LOOK_EVERY)
                {
                    self.looked = Some(now.mono);
                    asks.push(Ask::Quietly(Request::Look));
                }
            }
            Edge::Released => self.release(now, button, world, random, &mut asks),
        }
        self.settle(now, world, &mut asks);
        asks
    }

    /// Anything happened, or [`Panel::deadline`] has passed.
    pub(crate) fn tick(
        &mut self,
        now: Now,
        world: &World<'_>,
        random: &mut dyn RngCore,
    ) -> Vec<Ask> {
        self.follow(now, world);
        let mut asks: Vec<Ask> = self.next.take().into_iter().collect();
        self.hold_on(now, world, random, &mut asks);
        self.doze(now, world);
        self.settle(now, world, &mut asks);
        asks
    }

    /// The answer to a request of the panel. Call [`Panel::tick`] afterwards.
    pub(crate) fn replied(&mut self, _now: Now, reply: &Reply) {
        match reply {
            // `follow` goes to the case as soon as the view has it.
            Ok(Done::Case(_)) => {
                if matches!(self.pending, Some(Pending::Open { .. })) {
                    self.pending = None;
                }
            }
            Ok(Done::Succeeded(_)) => self.pending = None,
            Ok(Done::AwaitingConfirm { case, submission }) => {
                if let Some(Pending::Send {
                    case: own, then, ..
                }) = &mut self.pending
                    && own == case
                    && let Some((serial, insist)) = then.take()
                {
                    self.next = Some(Ask::Request(Request::Confirm {
                        case: case.clone(),
                        submission: submission.clone(),
                        serial,
                        insist,
                    }));
                }
            }
            Ok(_) => {}
            Err(problem) => self.refused(problem),
        }
    }

    /// When [`Panel::tick`] is due at the latest.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        self.deadline
    }

    /// What the panel shows.
    pub(crate) fn screen(&self, now: Now, world: &World<'_>) -> Screen {
        let shown = self.shown(now, world);
        Screen {
            bar: pages::bar(now, world),
            page: self.page(now, world, &shown),
            legend: self
                .keys(world, &shown)
                .into_iter()
                .filter_map(|key| key.legend())
                .collect(),
            alert: pages::alert_line(world, &shown),
            holding: self.held.as_ref().and_then(|held| held.progress(now.mono)),
        }
    }

    /// The backlight is off.
    pub(crate) fn asleep(&self) -> bool {
        self.asleep
    }

    /// The box said no to what the panel asked for.
    fn refused(&mut self, problem: &Problem) {
        match self.pending.take() {
            Some(Pending::Open { mac }) => {
                if let Some(place) = self.stack.last_mut().filter(|place| place.is_opening(mac)) {
                    *place = Place::Trouble {
                        mac,
                        problem: problem.clone(),
                    };
                }
            }
            Some(Pending::Send { case, .. } | Pending::Other { case }) => {
                for place in &mut self.stack {
                    if let Place::Case { id, trouble } = place
                        && *id == case
                    {
                        *trouble = Some(problem.clone());
                    }
                }
            }
            None => {}
        }
    }
}
