//! The one view that every surface shows.

use super::Agent;
use crate::screen::{Page, Row, Screen, StatusBar};
use crate::time::Now;
use crate::view::{CasePhase, Diagnosis, Indicator, IndicatorState, View};

impl Agent {
    pub(super) fn assemble(&self, now: Now) -> View {
        let links = self.links.views(&self.roster.count_by_link());
        let devices = self.roster.sorted();
        let cases = self.cases.views(now.mono, &self.policy);
        let state = if now.mono < self.identify_until {
            IndicatorState::Identify
        } else if cases.iter().any(|case| case.phase == CasePhase::Sending) {
            IndicatorState::Sending
        } else if cases.iter().any(|case| case.phase == CasePhase::Awaiting) {
            IndicatorState::Waiting
        } else if !devices.is_empty() {
            IndicatorState::Listed
        } else if links.iter().any(|link| link.carrier) {
            IndicatorState::Searching
        } else {
            IndicatorState::NoCable
        };
        let diagnosis = Diagnosis {
            probes: self.links.iter().map(|link| link.probes).sum(),
            answers: self.links.iter().map(|link| link.answers).sum(),
            findings: Vec::new(),
            unreadable: self.hearing.reasons(),
            other_clients: self.hearing.clients(now.mono),
        };
        let rows = devices
            .iter()
            .map(|device| Row {
                model: device.model.clone(),
                ipv4: device.ipv4,
                serial_tail: device.serial_tail.clone(),
                mark: crate::screen::Mark::Ready,
            })
            .collect();
        View {
            at: now.mono,
            wall: now.wall,
            box_id: self.policy.box_id.clone(),
            box_name: self.policy.box_name.clone(),
            language: self.settings.language.unwrap_or(self.policy.language),
            indicator: Indicator {
                state,
                since: self.started,
            },
            screen: Screen {
                bar: StatusBar {
                    devices: self.roster.present(),
                    cases: cases.iter().filter(|case| case.phase.is_open()).count(),
                    ..StatusBar::default()
                },
                page: Page::List { rows, cursor: 0 },
                legend: Vec::new(),
                alert: None,
                holding: None,
            },
            links,
            devices,
            cases,
            alerts: Vec::new(),
            diagnosis,
            brightness: self.settings.brightness.unwrap_or(100),
            rotation: self.settings.rotation.unwrap_or(0),
            asleep: false,
        }
    }
}
