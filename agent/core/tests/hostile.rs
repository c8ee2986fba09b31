//! What an unlucky or hostile network must not bring about.

mod bench;

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Bench, Device, EXPORTED};
use resetbox_core::event::Health;
use resetbox_core::request::{CaseId, Done};
use resetbox_core::secret::SecretText;
use resetbox_core::view::{Alert, CasePhase};
use resetbox_core::{Channel, Ear, Event, LinkId, Problem, ProblemKind, Purpose, Request};

/// A case that waits for its key.
fn awaiting(camera: &Device) -> (Bench, CaseId) {
    let mut bench = Bench::new();
    bench.link_up(2);
    bench.answers(2, camera);
    let opened = bench.ask(Channel::Phone, Request::OpenCase { mac: camera.mac() });
    let Some(Ok(Done::Case(id))) = bench.reply(opened).cloned() else {
        panic!("no case")
    };
    bench.answers_command(2, camera, Purpose::Export, EXPORTED);
    assert_eq!(bench.case(&id).phase, CasePhase::Awaiting);
    (bench, id)
}

/// Key and password, confirmed at once.
fn confirmed(bench: &mut Bench, id: &CaseId, camera: &Device) -> u64 {
    let request = bench.ask(
        Channel::Phone,
        Request::SubmitKey {
            case: id.clone(),
            key: SecretText::new("A1b2C3d4"),
            new_password: SecretText::new("Qx7-mRtvLe"),
            sync_cameras: false,
            confirm: Some(camera.serial.clone()),
        },
    );
    bench.pass(Duration::from_millis(300));
    request
}

fn refused(bench: &Bench, request: u64) -> ProblemKind {
    match bench.reply(request) {
        Some(Err(problem)) => problem.kind.clone(),
        other => panic!("a problem was expected: {other:?}"),
    }
}

/// Another device under the address of this one.
fn rival(camera: &Device) -> Device {
    Device {
        mac: camera.mac.clone(),
        ..Device::new(77)
    }
}

/// Another client asks the device for a code; its answer is not heard.
fn another_client_asks(bench: &mut Bench, mac: &str, source: Ipv4Addr) {
    let uuid = "11111111-2222-3333-4444-555555555555";
    let probe = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Probe><Uuid>{uuid}</Uuid>\
         <MAC>{mac}</MAC><Types>getencryptstring</Types><!-- {source} --></Probe>"
    );
    bench.handle(Event::Datagram {
        link: LinkId(2),
        ear: Ear::Udp,
        source,
        bytes: probe.as_bytes(),
    });
}

#[test]
fn another_serial_before_the_reset_stops_the_attempt() {
    // After the check: while the key pair is made, and while the exchange is out.
    for exchanged in [false, true] {
        let mut camera = Device::new(1);
        let (mut bench, id) = awaiting(&camera);
        bench.pairs = exchanged;
        let request = confirmed(&mut bench, &id, &camera);
        bench.answers(2, &camera);
        assert_eq!(bench.sent_for(Purpose::Exchange), usize::from(exchanged));
        bench.answers(2, &rival(&camera));
        assert_eq!(refused(&bench, request), ProblemKind::DeviceChanged);
        if exchanged {
            bench.answers_exchange(2, &mut camera, [7; 16]);
        }
        bench.pass(Duration::from_secs(120));
        assert_eq!(bench.sent_for(Purpose::Reset), 0);
    }
}

#[test]
fn two_devices_under_one_address_get_no_reset_whoever_answers_first() {
    let camera = Device::new(1);
    let (mut bench, id) = awaiting(&camera);
    bench.answers(2, &rival(&camera));
    let request = confirmed(&mut bench, &id, &camera);
    bench.answers(2, &camera);
    assert_eq!(refused(&bench, request), ProblemKind::DeviceChanged);
    assert_eq!(bench.sent_for(Purpose::Exchange), 0);
}

#[test]
fn a_code_asked_for_by_another_during_the_attempt_costs_no_try() {
    let mut camera = Device::new(1);
    let (mut bench, id) = awaiting(&camera);
    let request = confirmed(&mut bench, &id, &camera);
    bench.answers(2, &camera);
    assert_eq!(bench.sent_for(Purpose::Exchange), 1);
    // Spelt as other clients may spell it.
    let mac = camera.mac.to_uppercase().replace('-', ":");
    another_client_asks(&mut bench, &mac, Ipv4Addr::new(192, 168, 1, 9));
    assert_eq!(refused(&bench, request), ProblemKind::ReExported);
    bench.answers_exchange(2, &mut camera, [7; 16]);
    assert_eq!(bench.sent_for(Purpose::Reset), 0);
    assert_eq!(bench.case(&id).phase, CasePhase::Ready);
}

#[test]
fn a_lesser_doubt_does_not_hide_that_the_key_is_probably_void() {
    let camera = Device::new(1);
    let (mut bench, id) = awaiting(&camera);
    another_client_asks(&mut bench, &camera.mac, Ipv4Addr::new(192, 168, 1, 9));
    bench.answers(2, &rival(&camera));
    let doubt = Some(Problem::new(ProblemKind::ReExported));
    assert_eq!(bench.case(&id).doubt, doubt);
    let request = confirmed(&mut bench, &id, &camera);
    assert_eq!(refused(&bench, request), ProblemKind::InsistReExported);
}

#[test]
fn a_flood_about_an_open_case_does_not_wear_out_the_card() {
    let mut camera = Device::new(1);
    let (mut bench, id) = awaiting(&camera);
    bench.pass(Duration::from_secs(3600));
    bench.answers(2, &camera);
    let before = bench.written.len();
    for turn in 0..1000_u32 {
        bench.pass(Duration::from_millis(10));
        camera.boot_time = Some(format!("2024-09-18 09:21:{:02}", 10 + turn % 2 * 40));
        camera.more.insert("Turn".into(), turn.to_string());
        bench.answers(2, &camera);
        bench.answers(
            2,
            &Device {
                serial: format!("another{turn}"),
                ..camera.clone()
            },
        );
        let source = Ipv4Addr::from(0x0a00_0000 + turn);
        another_client_asks(&mut bench, &camera.mac, source);
    }
    assert_eq!(bench.case(&id).phase, CasePhase::Awaiting);
    let written = bench.written.len() - before;
    assert!(written <= 20, "{written} records for 10 s of lies");
}

#[test]
fn a_flood_of_other_clients_and_devices_does_not_fill_the_log() {
    let mut bench = Bench::new();
    bench.link_up(2);
    let uuid = bench.last_uuid(Purpose::Inquiry).expect("asked");
    for turn in 0..4000_u32 {
        bench.pass(Duration::from_millis(25));
        let source = Ipv4Addr::from(0x0a00_0000 + turn);
        another_client_asks(&mut bench, "00-00-00-00-00-00", source);
        bench.heard(2, &Device::new(turn).probe_match(&uuid));
    }
    let told = |what: &str| bench.feed.iter().filter(|feed| feed.what == what).count();
    assert!(told("other-client") <= 16, "{}", told("other-client"));
    assert!(told("device-found") <= 800, "{}", told("device-found"));
}

#[test]
fn a_store_that_writes_again_is_well_whatever_was_said_at_the_start() {
    let camera = Device::new(1);
    let mut bench = Bench::new();
    bench.link_up(2);
    bench.answers(2, &camera);
    let aside = "resetbox.db: the damaged file was kept".to_owned();
    bench.handle(Event::Health(Health::Store(Err(aside))));
    let faults = |bench: &Bench| {
        let alerts = bench.view().alerts;
        alerts
            .iter()
            .filter(|alert| matches!(alert, Alert::Store(_)))
            .count()
    };
    assert_eq!(faults(&bench), 1);
    bench.ask(Channel::Phone, Request::OpenCase { mac: camera.mac() });
    assert_eq!(bench.sent_for(Purpose::Export), 1);
    assert_eq!(faults(&bench), 0);
}

#[test]
fn absurd_numbers_of_a_device_are_survived() {
    let mut camera = Device::new(1);
    let (mut bench, id) = awaiting(&camera);
    for verdict in [
        "<Result>locked</Result><RetryTimes>4294967295</RetryTimes><SurplusLockTime>4294967295</SurplusLockTime>",
        "<Result>locked</Result><RetryTimes>-1</RetryTimes><SurplusLockTime>99999999999999999999</SurplusLockTime>",
    ] {
        let request = bench.ask(
            Channel::Phone,
            Request::SubmitKey {
                case: id.clone(),
                key: SecretText::new("A1b2C3d4"),
                new_password: SecretText::new("Qx7-mRtvLe"),
                sync_cameras: false,
                confirm: None,
            },
        );
        let Ok(Done::AwaitingConfirm { submission, .. }) =
            bench.reply(request).expect("answered").clone()
        else {
            panic!("well-formed");
        };
        bench.ask(
            Channel::Phone,
            Request::Confirm {
                case: id.clone(),
                submission,
                serial: camera.serial.clone(),
                insist: true,
            },
        );
        bench.pass(Duration::from_millis(300));
        bench.answers(2, &camera);
        bench.answers_exchange(2, &mut camera, [7; 16]);
        bench.answers_command(2, &camera, Purpose::Reset, verdict);
        assert_eq!(bench.case(&id).phase, CasePhase::Awaiting);
    }
    for boot in [
        "9999-12-31 23:59:59",
        "99999999-1-1 0:0:0",
        "0000-00-00 00:00:00",
    ] {
        camera.boot_time = Some(boot.into());
        bench.pass(Duration::from_secs(15));
        bench.answers(2, &camera);
    }
    bench.pass(Duration::from_secs(60));
}

#[test]
fn a_case_whose_end_was_not_written_does_not_rise_beside_the_next_one() {
    // Ids are drawn by lot, and with them the order in which the cases come back.
    for run in 0..8_u32 {
        let mut camera = Device::new(run);
        camera.boot_time = None;
        let (mut bench, old) = awaiting(&camera);
        for _ in 0..run {
            bench.ask(Channel::Phone, Request::ProposePassword);
        }
        bench.store = false;
        bench.ask(Channel::Phone, Request::CancelCase { case: old.clone() });
        bench.store = true;
        let opened = bench.ask(Channel::Phone, Request::OpenCase { mac: camera.mac() });
        let Some(Ok(Done::Case(new))) = bench.reply(opened).cloned() else {
            panic!("no case")
        };
        bench.answers_command(2, &camera, Purpose::Export, EXPORTED);
        bench.power_cut(Duration::from_secs(5), false);
        assert_eq!(bench.case(&old).phase, CasePhase::Void);
        assert_eq!(bench.case(&new).phase, CasePhase::Awaiting);
        bench.link_up(2);
        bench.answers(2, &camera);
        let request = confirmed(&mut bench, &new, &camera);
        bench.answers(2, &camera);
        assert_eq!(bench.reply(request), None, "the attempt is under way");
        assert_eq!(bench.sent_for(Purpose::Exchange), 1);
    }
}
