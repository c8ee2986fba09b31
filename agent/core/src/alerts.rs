//! What needs a person, most urgent first.

use crate::event::{Health, UpdateNews};
use crate::problem::{Culprit, Problem, ProblemKind};
use crate::request::CaseKind;
use crate::secured::Secured;
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
    buttons: Option<String>,
    leds: Option<String>,
    store: Option<String>,
    fleeting: Option<String>,
    update: Option<UpdateNews>,
    config: Option<String>,
    http: Option<String>,
    urls: Vec<String>,
    https: Option<String>,
    secured: Option<Secured>,
    broker: Option<String>,
}

impl HealthState {
    /// Takes in a report.
    pub(crate) fn take(&mut self, report: Health) {
        match report {
            Health::Panel(outcome) => self.panel = outcome.err(),
            Health::Buttons(outcome) => self.buttons = outcome.err(),
            Health::Leds(outcome) => self.leds = outcome.err(),
            Health::Store(outcome) => self.store = outcome.err(),
            Health::Lasting(outcome) => self.fleeting = outcome.err(),
            Health::Update(trouble) => self.update = trouble,
            Health::Config(outcome) => self.config = outcome.err(),
            Health::Http(Ok(urls)) => {
                self.http = None;
                self.urls = urls;
            }
            Health::Http(Err(text)) => {
                self.http = Some(text);
                self.urls.clear();
            }
            Health::Https(Ok(secured)) => {
                self.https = None;
                self.secured = Some(secured);
            }
            Health::Https(Err(text)) => {
                self.https = Some(text);
                self.secured = None;
            }
            Health::Broker(outcome) => self.broker = outcome.err(),
        }
    }

    /// Why the owner's broker is away: no alert, for the box does its work without it.
    pub(crate) fn broker(&self) -> Option<&str> {
        self.broker.as_deref()
    }

    /// The last word on the store was bad.
    pub(crate) fn store_is_ill(&self) -> bool {
        self.store.is_some()
    }

    /// Addresses of the phone page, best first.
    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// HTTPS, where it is served.
    pub(crate) fn secured(&self) -> Option<&Secured> {
        self.secured.as_ref()
    }
}

/// Everything that needs a person: the box's own faults first, then one line for each case.
pub(crate) fn alerts(cases: &[CaseView], health: &HealthState) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    alerts.extend(health.store.clone().map(Alert::Store));
    alerts.extend(health.fleeting.clone().map(Alert::Fleeting));
    alerts.extend(health.panel.clone().map(Alert::Panel));
    alerts.extend(health.buttons.clone().map(Alert::Buttons));
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
    alerts.extend(health.update.clone().map(Alert::Update));
    alerts.extend(health.http.clone().map(Alert::Http));
    alerts.extend(health.https.clone().map(Alert::Https));
    alerts.extend(health.leds.clone().map(Alert::Leds));
    alerts
}

/// Why a case needs a person, if it does. `newer` are the cases before it: open ones and newer ones.
fn why(case: &CaseView, newer: &[CaseView]) -> Option<CaseAlert> {
    // A first password has no key and no clock: nothing is lost by waiting, or when somebody else sets it.
    let first = case.kind == CaseKind::FirstPassword;
    match case.phase {
        CasePhase::Void if first => None,
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
    } else if doubt(&ProblemKind::DeviceSilent) && case.kind == CaseKind::Reset {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::case;
    use crate::view::CasePhase as P;

    fn whys(cases: &[CaseView]) -> Vec<(&str, CaseAlert)> {
        alerts(cases, &HealthState::default())
            .into_iter()
            .map(|alert| match alert {
                Alert::Case { case, why, .. } => {
                    let name = cases
                        .iter()
                        .find(|other| other.id == case)
                        .expect("one of these");
                    (name.id.0.as_str(), why)
                }
                other => panic!("not about a case: {other:?}"),
            })
            .collect()
    }

    fn with(number: u8, change: impl FnOnce(&mut CaseView)) -> CaseView {
        let mut case = case(number, P::Awaiting);
        case.left = Some(Duration::from_secs(40 * 3600));
        change(&mut case);
        case
    }

    fn problem(kind: ProblemKind) -> Option<Problem> {
        Some(Problem::new(kind))
    }

    #[test]
    fn what_goes_its_way_needs_nobody() {
        for phase in [
            P::Exporting,
            P::Awaiting,
            P::Ready,
            P::Exchanging,
            P::Sending,
            P::Done,
            P::Cancelled,
            P::Failed,
        ] {
            assert_eq!(whys(&[with(1, |case| case.phase = phase)]), [], "{phase:?}");
        }
    }

    #[test]
    fn each_reason_alone() {
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
        let cases: [(CaseAlert, CaseView); 8] = [
            (CaseAlert::Unclear, with(1, |case| case.phase = P::Unclear)),
            (CaseAlert::Void, with(1, |case| case.phase = P::Void)),
            (
                CaseAlert::MaybeRestarted,
                with(1, |case| case.doubt = problem(ProblemKind::MaybeRestarted)),
            ),
            (
                CaseAlert::Locked,
                with(1, |case| case.lock_minutes = Some(1)),
            ),
            (
                CaseAlert::Refused,
                with(1, |case| case.problem = problem(ProblemKind::KeyWrong)),
            ),
            (
                CaseAlert::MayBeVoid,
                with(1, |case| case.may_be_void = true),
            ),
            (
                CaseAlert::ExpiresSoon,
                with(1, |case| case.left = hours(27)),
            ),
            (
                CaseAlert::DeviceGone,
                with(1, |case| case.doubt = problem(ProblemKind::DeviceSilent)),
            ),
        ];
        for (why, case) in cases {
            assert_eq!(whys(std::slice::from_ref(&case)), [("case1", why)]);
        }
        // 28 of the 48 hours are 4 of the promised 24.
        assert_eq!(whys(&[with(1, |case| case.left = hours(28))]), []);
        assert_eq!(whys(&[with(1, |case| case.lock_minutes = Some(0))]), []);
        let box_fault = problem(ProblemKind::KeyPairFailed { text: "x".into() });
        assert_eq!(whys(&[with(1, |case| case.problem = box_fault)]), []);
    }

    #[test]
    fn the_most_urgent_case_comes_first_and_equals_keep_their_order() {
        let cases = [
            with(1, |case| case.may_be_void = true),
            with(2, |case| case.lock_minutes = Some(3)),
            with(3, |case| case.phase = P::Unclear),
            with(4, |case| case.lock_minutes = Some(9)),
        ];
        assert_eq!(
            whys(&cases),
            [
                ("case3", CaseAlert::Unclear),
                ("case2", CaseAlert::Locked),
                ("case4", CaseAlert::Locked),
                ("case1", CaseAlert::MayBeVoid),
            ]
        );
    }

    #[test]
    fn a_void_case_is_silent_once_the_device_has_a_newer_one() {
        let newer = with(1, |_| ());
        let mut void = with(1, |case| case.phase = P::Void);
        void.id.0 = "older".into();
        assert_eq!(whys(&[newer, void.clone()]), []);
        let other = with(2, |_| ());
        assert_eq!(whys(&[other, void]), [("older", CaseAlert::Void)]);
    }

    #[test]
    fn faults_of_the_box_come_and_go_with_the_reports() {
        let mut health = HealthState::default();
        health.take(Health::Http(Err("port 80 is taken".into())));
        health.take(Health::Store(Err("disk full".into())));
        health.take(Health::Lasting(Err("no partition".into())));
        let trouble = UpdateNews::FellBack("slot b".into());
        health.take(Health::Update(Some(trouble.clone())));
        health.take(Health::Config(Err("line 3".into())));
        health.take(Health::Panel(Err("no SPI".into())));
        health.take(Health::Https(Err("port 443 is taken".into())));
        health.take(Health::Leds(Err("line 17 is taken".into())));
        health.take(Health::Buttons(Err("no chip".into())));
        assert_eq!(
            alerts(&[], &health),
            [
                Alert::Store("disk full".into()),
                Alert::Fleeting("no partition".into()),
                Alert::Panel("no SPI".into()),
                Alert::Buttons("no chip".into()),
                Alert::Config("line 3".into()),
                Alert::Update(trouble),
                Alert::Http("port 80 is taken".into()),
                Alert::Https("port 443 is taken".into()),
                Alert::Leds("line 17 is taken".into()),
            ]
        );
        health.take(Health::Http(Ok(vec!["http://10.43.0.1".into()])));
        health.take(Health::Store(Ok(())));
        health.take(Health::Lasting(Ok(())));
        health.take(Health::Update(None));
        health.take(Health::Config(Ok(())));
        health.take(Health::Panel(Ok(())));
        let secured = Secured {
            urls: vec!["https://10.43.0.1".into()],
            fingerprint: crate::secured::Fingerprint([7; 32]),
        };
        health.take(Health::Https(Ok(secured.clone())));
        health.take(Health::Buttons(Ok(())));
        health.take(Health::Leds(Ok(())));
        assert_eq!(alerts(&[], &health), []);
        assert_eq!(health.urls(), ["http://10.43.0.1"]);
        assert_eq!(health.secured(), Some(&secured));
        health.take(Health::Https(Err("port 443 is taken".into())));
        assert_eq!(health.secured(), None);
    }
}
