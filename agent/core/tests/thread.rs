//! The thin thread: from a probe to success, in the words of code.

mod bench;

use std::time::Duration;

use bench::{Bench, Device, EXPORTED};
use resetbox_core::request::Done;
use resetbox_core::secret::SecretText;
use resetbox_core::view::CasePhase;
use resetbox_core::{Channel, Purpose, Request};

#[test]
fn from_a_probe_to_success() {
    let mut bench = Bench::new();
    let mut camera = Device::new(1);
    bench.link_up(2);
    assert!(
        bench.sent_for(Purpose::Inquiry) >= 3,
        "multicast, broadcast and layer 2 at once"
    );
    bench.answers(2, &camera);
    assert_eq!(bench.view().devices[0].serial, camera.serial);

    let opened = bench.ask(Channel::Phone, Request::OpenCase { mac: camera.mac() });
    let Some(Ok(Done::Case(id))) = bench.reply(opened).cloned() else {
        panic!("no case")
    };
    assert_eq!(bench.case(&id).phase, CasePhase::Exporting);
    bench.answers_command(2, &camera, Purpose::Export, EXPORTED);
    let case = bench.case(&id);
    assert_eq!(case.phase, CasePhase::Awaiting);
    assert_eq!(
        case.device_code.as_deref(),
        Some(format!("aGVsbG8gd29ybGQ={}", camera.serial).as_str())
    );

    let submitted = bench.ask(
        Channel::Phone,
        Request::SubmitKey {
            case: id.clone(),
            key: SecretText::new("A1b2C3d4"),
            new_password: SecretText::new("Qx7-mRtvLe"),
            sync_cameras: false,
            confirm: Some(camera.serial.clone()),
        },
    );
    assert_eq!(bench.reply(submitted), None, "the reply comes at the end");
    bench.pass(Duration::from_millis(200));
    bench.answers(2, &camera);
    assert_eq!(bench.sent_for(Purpose::Exchange), 1);
    bench.answers_exchange(2, &mut camera, [7; 16]);
    assert_eq!(bench.sent_for(Purpose::Reset), 1);
    assert_eq!(bench.case(&id).phase, CasePhase::Sending);
    assert!(camera.takes(&bench.last_text(Purpose::Reset), "Qx7-mRtvLe", "A1b2C3d4"));
    bench.answers_command(2, &camera, Purpose::Reset, "<Result>success</Result>");
    assert_eq!(
        bench.reply(submitted),
        Some(&Ok(Done::Succeeded(id.clone())))
    );
    assert_eq!(bench.case(&id).phase, CasePhase::Done);
    assert_eq!(
        (
            bench.sent_for(Purpose::Export),
            bench.sent_for(Purpose::Reset)
        ),
        (1, 1)
    );
}
