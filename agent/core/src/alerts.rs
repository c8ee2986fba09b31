//! What needs a person, most urgent first.

use crate::event::Health;
use crate::problem::{Culprit, Problem, ProblemKind};
use crate::view::{Alert, CaseAlert, CasePhase, CaseView};
use core::time::Duration;

/// The box promises 24 h and closes at 48 h.
const PROMISED: Duration = Duration::from_secs(24 * 3600);
/// Less than this of the promised time left is soon.
const SOON: Duration = Duration::from_secs(4 * 3600);

/// What the shells last said about the parts outside the core.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct HealthState {
    panel: Option<String>,
    store: Option<String>,
    config: Option<String>,
    http: Option<String>,
    urls: Vec<String>,
}

impl HealthState {
    /// Takes in a report.
    pub(crate) fn take(&mut self, report: Health) {
        match report {
            Health::Panel(outcome) => self.panel = outcome.err(),
            Health::Store(outcome) => self.store = outcome.err(),
            Health::Config(outcome) => self.config = outcome.err(),
            Health::Http(Ok(urls)) => {
                self.http = None;
                self.urls = urls;
            }
            Health::Http(Err(text)) => {
                self.http = Some(text);
                self.urls.clear();
            }
        }
    }

    /// Addresses of the phone page, best first.
    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }
}

/// Everything that needs a person: the box's own faults first, then one line for each case.
pub(crate) fn alerts(cases: &[CaseView], health: &HealthState) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    alerts.extend(health.store.clone().map(Alert::Store));
    alerts.extend(health.panel.clone().map(Alert::Panel));
    let mut about_cases: Vec<(CaseAlert, &CaseView)> = cases
        .iter()
        .enumerate()
        .filter_map(|(index, case)| Some((why(case, &cases[..index])?, case)))
        .collect();
    // Stable: cases of the same urgency stay in the order of the view.
    about_cases.sort_by_key(|(why, _)| urgency(*why));
    alerts.extend(about_cases.into_iter().map(|(why, case)| Alert::Case {
        case: case.id.clone(),
        serial_tail: case.serial_tail.clone(),
        why,
    }));
    alerts.extend(health.config.clone().map(Alert::Config));
    alerts.extend(health.http.clone().map(Alert::Http));
    alerts
}

/// Why a case needs a person, if it does. `newer` are the cases before it: open ones and newer ones.
fn why(case: &CaseView, newer: &[CaseView]) -> Option<CaseAlert> {
    match case.phase {
        CasePhase::Unclear => Some(CaseAlert::Unclear),
        // A newer case of the same device has taken its place.
        CasePhase::Void => {
            (!newer.iter().any(|other| other.mac == case.mac)).then_some(CaseAlert::Void)
        }
        CasePhase::Awaiting | CasePhase::Ready => why_waiting(case),
        CasePhase::Exporting
        | CasePhase::Exchanging
        | CasePhase::Sending
        | CasePhase::Done
        | CasePhase::Failed
        | CasePhase::Cancelled => None,
    }
}

fn why_waiting(case: &CaseView) -> Option<CaseAlert> {
    let doubt = |kind: &ProblemKind| case.doubt.as_ref().is_some_and(|doubt| doubt.kind == *kind);
    let refused = |problem: &Problem| problem.culprit() == Culprit::DeviceRefused;
    let soon = case.left.is_some_and(|left| left < PROMISED + SOON);
    if doubt(&ProblemKind::MaybeRestarted) {
        Some(CaseAlert::MaybeRestarted)
    } else if case.lock_minutes.is_some_and(|minutes| minutes > 0) {
        Some(CaseAlert::Locked)
    } else if case.problem.as_ref().is_some_and(refused) {
        Some(CaseAlert::Refused)
    } else if case.may_be_void {
        Some(CaseAlert::MayBeVoid)
    } else if soon {
        Some(CaseAlert::ExpiresSoon)
    } else if doubt(&ProblemKind::DeviceSilent) {
        Some(CaseAlert::DeviceGone)
    } else {
        None
    }
}

/// Lower is more urgent.
fn urgency(why: CaseAlert) -> u8 {
    match why {
        CaseAlert::Unclear => 0,
        CaseAlert::Void => 1,
        CaseAlert::MaybeRestarted => 2,
        CaseAlert::Locked => 3,
        CaseAlert::Refused => 4,
        CaseAlert::MayBeVoid => 5,
        CaseAlert::ExpiresSoon => 6,
        CaseAlert::DeviceGone => 7,
    }
}
