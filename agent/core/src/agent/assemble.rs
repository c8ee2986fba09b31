//! The one view that every surface shows, and the same parts for the panel.

use std::sync::Arc;

use super::Agent;
use crate::alerts::alerts;
use crate::diagnosis::{Heard, LinkFacts, diagnose};
use crate::indicator::{Signs, indicator_deadline, indicator_state};
use crate::panel::{DEFAULT_BRIGHTNESS, START_PAGE, World};
use crate::policy::Language;
use crate::time::{Mono, Now};
use crate::view::{
    Alert, CaseView, DeviceView, Diagnosis, Indicator, IndicatorState, LinkView, View,
};

/// Doubled serials and addresses told at most.
const DOUBLED_TOLD: usize = 8;

/// What all surfaces look at.
pub(super) struct Parts {
    links: Vec<LinkView>,
    devices: Vec<Arc<DeviceView>>,
    cases: Vec<CaseView>,
    alerts: Vec<Alert>,
    diagnosis: Diagnosis,
}

impl Agent {
    pub(super) fn gather(&self, now: Now) -> Parts {
        let cases = self.cases.views(now.mono, &self.policy);
        Parts {
            links: self.links.views(&self.roster.count_by_link()),
            devices: self.roster.sorted(),
            alerts: alerts(&cases, &self.health),
            diagnosis: self.diagnosis(now),
            cases,
        }
    }

    fn diagnosis(&self, now: Now) -> Diagnosis {
        let facts: Vec<LinkFacts<'_>> = self
            .links
            .iter()
            .map(|link| LinkFacts {
                report: &link.report,
                probes: link.probes,
                answers: link.answers,
                answers_raw_only: link.raw_only,
                dropped: link.dropped(),
                send_error: link.failure(now.mono),
            })
            .collect();
        let heard = Heard {
            unreadable: &self.hearing.reasons(),
            other_clients: &self.hearing.clients(now.mono),
            doubled_serials: &self.roster.doubled_serials(DOUBLED_TOLD),
            doubled_macs: &self.roster.doubled_macs(DOUBLED_TOLD),
            roster_full: self.roster.full(),
            broker: self.health.broker(),
        };
        diagnose(&facts, &heard)
    }

    fn language(&self) -> Language {
        self.settings.language.unwrap_or(self.policy.language)
    }

    /// The parts as the panel wants them.
    pub(super) fn world<'a>(&'a self, parts: &'a Parts) -> World<'a> {
        World {
            policy: &self.policy,
            links: &parts.links,
            devices: &parts.devices,
            cases: &parts.cases,
            alerts: &parts.alerts,
            diagnosis: &parts.diagnosis,
            language: self.language(),
            settings: &self.settings,
            pin: self.pin.code(),
            token: self.pin.token(),
            urls: self.health.urls(),
            secured: self.health.secured(),
            started: self.started,
        }
    }

    fn signs<'a>(&self, now: Now, parts: &'a Parts) -> Signs<'a> {
        Signs {
            starting: parts.links.is_empty() && now.mono < self.started + START_PAGE,
            links: &parts.links,
            devices: &parts.devices,
            cases: &parts.cases,
            alerts: &parts.alerts,
            succeeded: self.cases.succeeded(),
            identify: self.identify,
        }
    }

    /// The pattern of the indicators, and since when it holds.
    pub(super) fn indicate(&self, now: Now, parts: &Parts) -> Indicator {
        let state = indicator_state(now, &self.signs(now, parts));
        if state == self.indicator.state {
            self.indicator
        } else {
            Indicator {
                state,
                since: now.mono,
            }
        }
    }

    /// When a pattern ends by itself.
    pub(super) fn pattern_end(&self) -> Option<Mono> {
        let starting = self.indicator.state == IndicatorState::Starting;
        let signs = Signs {
            starting,
            links: &[],
            devices: &[],
            cases: &[],
            alerts: &[],
            succeeded: self.cases.succeeded(),
            identify: self.identify,
        };
        let now = Now {
            mono: self.now,
            wall: None,
        };
        let started = self.started + START_PAGE;
        indicator_deadline(now, &signs)
            .into_iter()
            .chain((starting && started > self.now).then_some(started))
            .min()
    }

    pub(super) fn assemble(&self, now: Now) -> View {
        let parts = self.gather(now);
        View {
            at: now.mono,
            wall: now.wall,
            box_id: self.policy.box_id.clone(),
            box_name: self.policy.box_name.clone(),
            language: self.language(),
            indicator: self.indicate(now, &parts),
            screen: self.panel.screen(now, &self.world(&parts)),
            links: parts.links,
            devices: parts.devices,
            cases: parts.cases,
            alerts: parts.alerts,
            diagnosis: parts.diagnosis,
            brightness: self.settings.brightness.unwrap_or(DEFAULT_BRIGHTNESS),
            rotation: self.settings.rotation.unwrap_or(0),
            asleep: self.panel.asleep(),
            secured: self.health.secured().cloned(),
        }
    }
}
