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

/// The box itself is broken. Broken indicators are not among them: what they cannot show, they need not show.
fn is_fault(alert: &Alert) -> bool {
    matches!(alert, Alert::Store(_) | Alert::Panel(_) | Alert::Buttons(_))
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

#[cfg(test)]
mod tests {
    use sadp::Way;

    use super::*;
    use crate::fixtures::{case, device, link};
    use crate::request::CaseId;
    use IndicatorState as S;

    /// Everything that can be a sign, each with the state that it alone leads to.
    struct World {
        links: Vec<LinkView>,
        devices: Vec<Arc<DeviceView>>,
        cases: Vec<CaseView>,
        alerts: Vec<Alert>,
        starting: bool,
        succeeded: Option<Mono>,
        identify: Option<Mono>,
    }

    const NOW: Now = Now {
        mono: Mono(100_000),
        wall: None,
    };

    impl World {
        fn bare() -> Self {
            Self {
                links: vec![link()],
                devices: Vec::new(),
                cases: Vec::new(),
                alerts: Vec::new(),
                starting: false,
                succeeded: None,
                identify: None,
            }
        }

        fn signs(&self) -> Signs<'_> {
            Signs {
                starting: self.starting,
                links: &self.links,
                devices: &self.devices,
                cases: &self.cases,
                alerts: &self.alerts,
                succeeded: self.succeeded,
                identify: self.identify,
            }
        }

        fn state(&self) -> S {
            indicator_state(NOW, &self.signs())
        }
    }

    fn alert(why: CaseAlert) -> Alert {
        Alert::Case {
            case: CaseId("c".into()),
            serial_tail: "000001".into(),
            why,
        }
    }

    #[test]
    fn what_comes_later_in_the_order_outranks_all_before() {
        let mut world = World::bare();
        assert_eq!(world.state(), S::Searching);
        // Each is added to the ones before, from the least to the most urgent.
        type Happens = fn(&mut World);
        let steps: [(S, Happens); 8] = [
            (S::Listed, |world| {
                world.devices.push(Arc::new(device(1, Way::TypedKey)))
            }),
            (S::Waiting, |world| {
                world.cases.push(case(1, CasePhase::Awaiting))
            }),
            (S::Sending, |world| {
                world.cases.push(case(2, CasePhase::Exchanging))
            }),
            (S::Succeeded, |world| world.succeeded = Some(Mono(99_000))),
            (S::Attention, |world| {
                world.alerts.push(alert(CaseAlert::MayBeVoid))
            }),
            (S::Refused, |world| {
                world.alerts.push(alert(CaseAlert::Locked))
            }),
            (S::Fault, |world| {
                world.alerts.push(Alert::Store("full".into()))
            }),
            (S::Identify, |world| world.identify = Some(Mono(99_000))),
        ];
        let mut before = S::Searching;
        for (state, happens) in steps {
            happens(&mut world);
            assert_eq!(world.state(), state);
            assert!(
                state > before,
                "the order of the states is the order of urgency"
            );
            before = state;
        }
    }

    #[test]
    fn without_a_cable_or_a_device_it_says_so() {
        let mut world = World::bare();
        world.links[0].carrier = false;
        assert_eq!(world.state(), S::NoCable);
        world.starting = true;
        assert_eq!(world.state(), S::Starting);
        world.starting = false;
        let mut gone = device(1, Way::TypedKey);
        gone.gone = true;
        world.links[0].carrier = true;
        world.devices.push(Arc::new(gone));
        assert_eq!(world.state(), S::Searching, "one that is gone is not there");
    }

    #[test]
    fn a_success_lasts_a_minute_and_identify_half_of_one() {
        let mut world = World::bare();
        world.succeeded = Some(Mono(40_001));
        assert_eq!(world.state(), S::Succeeded);
        assert_eq!(indicator_deadline(NOW, &world.signs()), Some(Mono(100_001)));
        world.succeeded = Some(Mono(40_000));
        assert_eq!(world.state(), S::Searching);
        assert_eq!(indicator_deadline(NOW, &world.signs()), None);
        world.identify = Some(Mono(70_001));
        assert_eq!(world.state(), S::Identify);
        world.identify = Some(Mono(70_000));
        assert_eq!(world.state(), S::Searching);
    }

    #[test]
    fn a_mistake_in_the_configuration_is_no_fault_of_the_box() {
        let mut world = World::bare();
        world.alerts = vec![Alert::Config("line 3".into())];
        assert_eq!(world.state(), S::Attention);
        world.alerts = vec![Alert::Leds("no chip".into())];
        assert_eq!(world.state(), S::Attention);
        for fault in [
            Alert::Panel("no SPI".into()),
            Alert::Buttons("no chip".into()),
        ] {
            world.alerts = vec![fault];
            assert_eq!(world.state(), S::Fault);
        }
    }
}
