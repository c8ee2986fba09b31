//! What changes a device leaves only after the record that says so is durable.

use resetbox_core::request::CaseId;
use resetbox_core::{Purpose, Record, Transmit};
use sadp::Mac;

use super::{Bench, element};

impl Bench {
    /// A login is tried only after the record that says so is durable.
    pub(super) fn written_before_login(&self, id: &CaseId) {
        use resetbox_core::record::LoginState;
        let mut last = self
            .written
            .iter()
            .rev()
            .filter_map(|(_, record, durable)| match record {
                Record::Case(case) if *durable && case.id == *id => Some(case),
                _ => None,
            });
        let case = last.next().expect("a durable record of the case");
        let login = case.login.as_ref().expect("a record of the login");
        assert_eq!(
            (login.attempt, login.state),
            (case.attempts, LoginState::Begun)
        );
    }

    /// What changes a device leaves only after the record that says so is durable.
    pub(super) fn written_first(&self, transmit: &Transmit) {
        use resetbox_core::record::PhaseRecord;
        let allowed: fn(&PhaseRecord) -> bool = match transmit.purpose {
            Purpose::Export => |phase| matches!(phase, PhaseRecord::Exporting),
            Purpose::Exchange | Purpose::Reset | Purpose::Activate => {
                |phase| matches!(phase, PhaseRecord::AttemptOpen { .. })
            }
            _ => return,
        };
        let text = String::from_utf8_lossy(&transmit.bytes);
        let mac: Mac = element(&text, "MAC").parse().expect("the device's address");
        let mut last = self
            .written
            .iter()
            .rev()
            .filter_map(|(_, record, durable)| match record {
                Record::Case(case) if *durable && case.mac == mac.to_string() => Some(case),
                _ => None,
            });
        let case = last.next().expect("a durable record of the case");
        assert!(allowed(&case.phase), "{transmit:?} after {:?}", case.phase);
    }
}
