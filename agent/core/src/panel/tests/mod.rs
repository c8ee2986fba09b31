//! The panel in use.

mod bench;

use sadp::Way;

use crate::policy::KeySet;
use crate::screen::{Button, Page};
use crate::view::CasePhase;
use bench::Bench;

#[test]
fn three_presses_lead_from_the_list_to_the_qr() {
    for keys in [KeySet::FourKeys, KeySet::Joystick] {
        let mut bench = Bench::new(keys);
        bench.camera(64, Way::TypedKey);
        bench.press(Button::Ok);
        bench.press(Button::Ok);
        assert!(matches!(bench.screen().page, Page::ConfirmOpen { .. }));
        bench.press_long(Button::Ok);
        assert!(matches!(bench.screen().page, Page::Exporting { .. }));
        bench.change_case(64, |case| {
            case.phase = CasePhase::Awaiting;
            case.device_code = Some("CODE".into());
        });
        assert!(matches!(bench.screen().page, Page::Qr { .. }));
    }
}
