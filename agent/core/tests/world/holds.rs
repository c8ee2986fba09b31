//! What must hold at every moment, and at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use resetbox_core::record::{CaseRecord, PhaseRecord};
use resetbox_core::request::CaseId;
use resetbox_core::view::{CasePhase, LoginView};
use resetbox_core::{Mono, Now, Purpose, Record};

use super::{FILE, KEY, PASSWORD, PRESET, World, policy};
use crate::bench::{Bench, element};

impl World {
    /// Everything that waits ends by itself.
    pub fn end(&mut self) {
        for number in self.bench.unanswered() {
            self.bench.store_says(number, true);
        }
        (self.bench.store, self.bench.pairs) = (true, true);
        for _ in 0..4 {
            self.bench.pass(Duration::from_secs(300));
            self.check();
        }
        for case in self.bench.view().cases {
            let ended = !matches!(
                case.phase,
                CasePhase::Exporting
                    | CasePhase::Ready
                    | CasePhase::Exchanging
                    | CasePhase::Sending
            );
            assert!(ended, "{} still {:?}", case.id, case.phase);
        }
        for id in &self.asked {
            assert!(
                self.bench.reply(*id).is_some(),
                "request {id} was never answered"
            );
        }
        self.every_prefix_restores();
    }

    pub(super) fn check(&mut self) {
        self.count();
        for (mac, exports) in &self.exports {
            let cases: BTreeSet<CaseId> = self
                .records()
                .filter(|case| case.mac == *mac)
                .map(|case| case.id)
                .collect();
            assert!(
                *exports <= cases.len(),
                "{mac} was asked for a code more than once in a case"
            );
        }
        for (id, replies) in &self.bench.replies {
            assert_eq!(
                replies.len(),
                1,
                "request {id} was answered {} times",
                replies.len()
            );
        }
        self.no_secret();
        self.durable_equals_live();
        for case in self.bench.view().cases {
            let durable = self
                .bench
                .written
                .iter()
                .any(|(_, record, durable)| match record {
                    Record::Case(record) => {
                        *durable && record.id == case.id && record.export.is_some()
                    }
                    _ => false,
                });
            assert!(
                case.device_code.is_none() || durable,
                "a code is shown that may be lost"
            );
        }
        let waiting = self.bench.view().cases.iter().any(|case| {
            matches!(
                case.phase,
                CasePhase::Exporting | CasePhase::Exchanging | CasePhase::Sending
            )
        });
        assert!(
            !waiting || self.bench.agent.poll_timeout().is_some(),
            "waits without a timer"
        );
    }

    pub(super) fn count(&mut self) {
        for sent in &self.bench.sent[self.seen..] {
            match sent.purpose {
                Purpose::Reset | Purpose::Activate => {
                    let text = String::from_utf8_lossy(&sent.bytes);
                    let devices = &self.devices;
                    let mut held = self.handed.iter_mut().filter(|handed| {
                        let device = &devices[handed.device];
                        // A first password comes without a key.
                        match (sent.purpose, handed.code.is_empty()) {
                            (Purpose::Reset, false) => {
                                device.takes(&text, &handed.password, &handed.code)
                            }
                            (Purpose::Activate, true) => {
                                device.takes_first(&text, &handed.password)
                            }
                            _ => false,
                        }
                    });
                    let handed = held
                        .next()
                        .expect("a reset holds what somebody handed over");
                    handed.resets += 1;
                    assert!(
                        handed.resets <= handed.confirms,
                        "a reset with a key that nobody confirmed, of request {:?}",
                        handed.request
                    );
                }
                Purpose::Export => {
                    let text = String::from_utf8_lossy(&sent.bytes);
                    *self
                        .exports
                        .entry(element(&text, "MAC").into())
                        .or_default() += 1;
                }
                _ => {}
            }
        }
        self.seen = self.bench.sent.len();
        self.count_logins();
    }

    fn count_logins(&mut self) {
        for (check, password) in &self.bench.logins[self.seen_logins..] {
            assert_eq!(password, PASSWORD);
            let attempts = self.bench.case(&check.case).attempts;
            let key = (check.case.clone(), attempts);
            *self.tried.entry(key.clone()).or_default() += 1;
            self.login = Some(key);
        }
        self.seen_logins = self.bench.logins.len();
        for (key, tried) in &self.tried {
            assert!(*tried <= 1, "{key:?}: {tried} logins");
        }
    }

    fn no_secret(&mut self) {
        let secrets = [KEY, FILE, PASSWORD, PRESET];
        let has = |text: &str| secrets.iter().any(|secret| text.contains(secret));
        for effect in self.bench.effects.drain(..) {
            assert!(!has(&format!("{effect:?}")), "a secret in {effect:?}");
            if let resetbox_core::Effect::Persist { record, .. } = &effect {
                assert!(!has(
                    &serde_json::to_string(record).expect("records are data")
                ));
            }
            if let resetbox_core::Effect::Transmit(sent) = &effect {
                let text = String::from_utf8_lossy(&sent.bytes);
                let allowed = sent.purpose == Purpose::Reset;
                assert!(
                    allowed || !has(&text),
                    "a secret sent for {:?}",
                    sent.purpose
                );
                assert!(!text.contains(PASSWORD), "a password in the clear");
            }
        }
        assert!(
            !has(&format!("{:?}", self.bench.view())),
            "a secret in the view"
        );
        assert!(
            !has(&format!("{:?}", self.bench.agent)),
            "a secret in the agent's Debug"
        );
    }

    /// What the store holds says the same as what is live, as far as it is durable.
    fn durable_equals_live(&self) {
        if self.refused || !self.bench.unanswered().is_empty() {
            return;
        }
        // Without wall time, as a box wakes up: one that is given the phone's word as its own clock's would
        // learn more than the live one knows.
        let now = Now {
            wall: None,
            ..self.bench.now
        };
        let restored = Bench::restored(policy(), self.bench.durable(), now);
        let live = self.bench.view().cases;
        let restored = restored.view().cases;
        assert_eq!(live.len(), restored.len());
        for (live, kept) in live.iter().map(|live| {
            let kept = restored.iter().find(|kept| kept.id == live.id);
            (live, kept.expect("every case is durable"))
        }) {
            use CasePhase as P;
            let fits = match kept.phase {
                P::Failed => matches!(live.phase, P::Failed | P::Exporting),
                P::Awaiting => matches!(live.phase, P::Awaiting | P::Ready | P::Exchanging),
                P::Unclear => matches!(live.phase, P::Unclear | P::Exchanging | P::Sending),
                same => same == live.phase,
            };
            assert!(fits, "live {:?}, durable {:?}", live.phase, kept.phase);
            let of = |case: &resetbox_core::view::CaseView| {
                (
                    case.kind,
                    case.mac,
                    case.serial.clone(),
                    case.device_code.clone(),
                    case.tries_left,
                    case.attempts,
                )
            };
            assert_eq!(of(live), of(kept));
            // Without wall time only the time since the last record is lost; with it, what clocks say counts.
            if self.bench.now.wall.is_none() {
                let younger = kept.left.zip(live.left).is_none_or(|(kept, live)| {
                    kept >= live && kept - live <= Duration::from_secs(600)
                });
                assert!(
                    younger,
                    "left {:?} live, {:?} durable",
                    live.left, kept.left
                );
            }
            if live.phase == kept.phase && live.login != Some(LoginView::Checking) {
                assert_eq!(live.login, kept.login);
            }
            if live.phase == kept.phase && live.phase != P::Unclear {
                assert_eq!(live.problem, kept.problem);
            }
        }
    }

    /// A power cut after any record: the last word on each case counts.
    fn every_prefix_restores(&self) {
        let records = self.bench.durable();
        for end in (0..=records.len()).step_by(1 + records.len() / 40) {
            let prefix = &records[..end];
            let mut last = BTreeMap::new();
            for record in prefix {
                if let Record::Case(case) = record {
                    last.insert(case.id.clone(), case.clone());
                }
            }
            let now = Now {
                mono: Mono(9),
                wall: None,
            };
            let bench = Bench::restored(policy(), prefix.to_vec(), now);
            let cases = bench.view().cases;
            assert_eq!(cases.len(), last.len());
            for case in cases {
                let record = &last[&case.id];
                // A device has one open case: an older one whose end did not reach the disk is void.
                let outlived = last
                    .values()
                    .any(|other| other.mac == record.mac && other.number > record.number);
                let expected = match record.phase {
                    PhaseRecord::Awaiting { .. }
                    | PhaseRecord::AttemptOpen { .. }
                    | PhaseRecord::Unclear
                        if outlived =>
                    {
                        CasePhase::Void
                    }
                    PhaseRecord::Exporting | PhaseRecord::Failed { .. } => CasePhase::Failed,
                    PhaseRecord::Awaiting { .. } => CasePhase::Awaiting,
                    PhaseRecord::AttemptOpen { .. } | PhaseRecord::Unclear => CasePhase::Unclear,
                    PhaseRecord::Done => CasePhase::Done,
                    PhaseRecord::Void { .. } => CasePhase::Void,
                    PhaseRecord::Cancelled => CasePhase::Cancelled,
                };
                assert_eq!(case.phase, expected);
            }
            assert_eq!(
                bench.sent.len(),
                0,
                "a box that just started sends nothing by itself"
            );
            assert!(bench.logins.is_empty(), "nor does it log in");
        }
    }

    fn records(&self) -> impl Iterator<Item = CaseRecord> + '_ {
        self.bench
            .written
            .iter()
            .filter_map(|(_, record, _)| match record {
                Record::Case(case) => Some((**case).clone()),
                _ => None,
            })
    }
}
