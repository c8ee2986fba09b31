//! Which pattern the indicators show.

use core::time::Duration;
use std::sync::Arc;

use crate::time::{Mono, Now};
use crate::view::{Alert, CaseAlert, CasePhase, CaseView, DeviceView, IndicatorState, LinkView};

/// A success is shown so long.
pub(crate) const SUCCESS_SHOWN: Duration = Duration::from_secs(60);
/// The box blinks so long after "which box is it".
pub(crate) const IDENTIFY_SHOWN: Duration = Duration::from_secs(30);

/// What the indicators look at.
#[derive(Copy, Clone)]
pub(crate) struct Signs<'a> {
    /// Not everything is up yet: no report about links has come.
    pub(crate) starting: bool,
    /// Links.
    pub(crate) links: &'a [LinkView],
    /// Devices.
    pub(crate) devices: &'a [Arc<DeviceView>],
    /// Cases.
    pub(crate) cases: &'a [CaseView],
    /// What needs a person.
    pub(crate) alerts: &'a [Alert],
    /// When the last attempt succeeded.
    pub(crate) succeeded: Option<Mono>,
    /// When somebody last asked which box it is.
    pub(crate) identify: Option<Mono>,
}

/// The most urgent pattern that applies.
pub(crate) fn indicator_state(now: Now, signs: &Signs<'_>) -> IndicatorState {
    use IndicatorState as S;
    let phase = |wanted: &[CasePhase]| signs.cases.iter().any(|case| wanted.contains(&case.phase));
    let alert = |wanted: fn(&Alert) -> bool| signs.alerts.iter().any(wanted);
    let applies = [
        (S::Identify, lasts(now, signs.identify, IDENTIFY_SHOWN)),
        (S::Fault, alert(is_fault)),
        (S::Refused, alert(is_refusal)),
        (
            S::Attention,
            alert(|alert| !is_fault(alert) && !is_refusal(alert)),
        ),
        (S::Succeeded, lasts(now, signs.succeeded, SUCCESS_SHOWN)),
        (
            S::Sending,
            phase(&[CasePhase::Exchanging, CasePhase::Sending]),
        ),
        (
            S::Waiting,
            phase(&[CasePhase::Exporting, CasePhase::Awaiting, CasePhase::Ready]),
        ),
        (S::Starting, signs.starting),
        (S::Listed, signs.devices.iter().any(|device| !device.gone)),
        (S::NoCable, !signs.links.iter().any(|link| link.carrier)),
    ];
    applies
        .into_iter()
        .find_map(|(state, does)| does.then_some(state))
        .unwrap_or(S::Searching)
}

/// When the pattern ends by itself.
pub(crate) fn indicator_deadline(now: Now, signs: &Signs<'_>) -> Option<Mono> {
    [
        signs.identify.map(|since| since + IDENTIFY_SHOWN),
        signs.succeeded.map(|since| since + SUCCESS_SHOWN),
    ]
    .into_iter()
    .flatten()
    .filter(|end| *end > now.mono)
    .min()
}

fn lasts(now: Now, since: Option<Mono>, long: Duration) -> bool {
    since.is_some_and(|since| now.mono < since + long)
}

/// The box itself is broken.
fn is_fault(alert: &Alert) -> bool {
    matches!(alert, Alert::Store(_) | Alert::Panel(_))
}

/// A device said no.
fn is_refusal(alert: &Alert) -> bool {
    matches!(
        alert,
        Alert::Case {
            why: CaseAlert::Refused | CaseAlert::Locked,
            ..
        }
    )
}
