//! The roster as surfaces see it: ageing, several links, doubled serials and addresses, a flood.

mod bench;

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Bench, Device, EXPORTED};
use resetbox_core::view::{DeviceView, Finding, Lamp};
use resetbox_core::{Channel, Event, LinkId, Mono, Now, Policy, ProblemKind, Purpose, Request};

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.link_up(2);
    bench
}

fn shown(bench: &Bench, device: &Device) -> DeviceView {
    let devices = bench.view().devices;
    let found = devices.iter().find(|shown| shown.mac == device.mac());
    found
        .unwrap_or_else(|| panic!("{} is not listed", device.mac))
        .as_ref()
        .clone()
}

/// Hears a device once for each probe of a burst.
fn meet(bench: &mut Bench, device: &Device) {
    for _ in 0..3 {
        bench.answers(2, device);
        bench.pass(Duration::from_millis(200));
    }
}

#[test]
fn a_device_is_gone_after_two_minutes_and_comes_back() {
    let mut bench = bench();
    let camera = Device::new(1);
    bench.answers(2, &camera);
    bench.pass(Duration::from_secs(119));
    assert!(!shown(&bench, &camera).gone);
    bench.pass(Duration::from_secs(1));
    assert!(shown(&bench, &camera).gone);
    let opened = bench.ask(Channel::Phone, Request::OpenCase { mac: camera.mac() });
    let problem = bench
        .reply(opened)
        .expect("an answer")
        .clone()
        .expect_err("it is gone");
    assert_eq!(problem.kind, ProblemKind::DeviceSilent);
    assert_eq!(bench.sent_for(Purpose::Export), 0);
    bench.answers(2, &camera);
    assert!(!shown(&bench, &camera).gone);
    let told: Vec<&str> = bench.feed.iter().map(|feed| feed.what).collect();
    assert_eq!(told, ["device-found", "device-gone", "device-back"]);
    bench.pass(Duration::from_secs(2 * 3600));
    assert!(bench.view().devices.is_empty(), "forgotten an hour later");
}

#[test]
fn the_latest_open_case_is_on_top_whichever_device_answers_first() {
    let mut bench = bench();
    let cameras: Vec<Device> = (1..=4).map(Device::new).collect();
    let numbers = |bench: &Bench| -> Vec<usize> {
        let devices = bench.view().devices;
        let number = |mac| cameras.iter().position(|camera| camera.mac() == mac);
        let numbers = devices.iter().map(|device| number(device.mac));
        numbers.map(|at| at.expect("a camera") + 1).collect()
    };
    for camera in &cameras {
        bench.answers(2, camera);
    }
    let mut opened = Vec::new();
    for number in [3, 2, 4] {
        let camera = &cameras[number - 1];
        bench.ask(Channel::Phone, Request::OpenCase { mac: camera.mac() });
        bench.answers_command(2, camera, Purpose::Export, EXPORTED);
        bench.pass(Duration::from_millis(500));
        opened.push(shown(&bench, camera).case.expect("a case"));
    }
    assert_eq!(numbers(&bench), [4, 2, 3, 1]);

    bench.power_cut(Duration::from_secs(60), false);
    bench.link_up(2);
    for (number, listed) in [
        (1, vec![1]),
        (3, vec![3, 1]),
        (2, vec![2, 3, 1]),
        (4, vec![4, 2, 3, 1]),
    ] {
        bench.answers(2, &cameras[number - 1]);
        assert_eq!(numbers(&bench), listed);
    }
    let case = opened[0].clone();
    bench.ask(Channel::Phone, Request::CancelCase { case });
    assert_eq!(numbers(&bench), [4, 2, 1, 3], "found second since the cut");
}

#[test]
fn a_device_on_two_links_is_one() {
    let mut bench = bench();
    bench.link_up(3);
    let camera = Device::new(1);
    bench.answers(2, &camera);
    bench.answers(3, &camera);
    assert_eq!(shown(&bench, &camera).links, ["eth2", "eth3"]);
    assert_eq!(bench.view().devices.len(), 1);
    bench.handle(Event::LinkGone(LinkId(2)));
    assert_eq!(shown(&bench, &camera).links, ["eth3"]);
}

#[test]
fn two_devices_with_one_serial_are_flagged_until_one_is_forgotten() {
    let mut bench = bench();
    let (one, mut two) = (Device::new(1), Device::new(2));
    two.serial.clone_from(&one.serial);
    bench.answers(2, &one);
    assert!(!shown(&bench, &one).doubled_serial);
    bench.answers(2, &two);
    assert!(shown(&bench, &one).doubled_serial && shown(&bench, &two).doubled_serial);
    let finding = Finding::DoubledSerial {
        serial_tail: "000001".into(),
    };
    assert!(bench.view().diagnosis.findings.contains(&finding));
    two.serial = Device::new(2).serial;
    bench.pass(Duration::from_secs(125));
    bench.answers(2, &two);
    assert!(!shown(&bench, &one).doubled_serial && !shown(&bench, &two).doubled_serial);
}

#[test]
fn a_second_address_of_one_device_gets_no_second_case() {
    let mut bench = bench();
    let (one, mut two) = (Device::new(1), Device::new(2));
    two.serial.clone_from(&one.serial);
    bench.answers(2, &one);
    bench.answers(2, &two);
    let first = bench.ask(Channel::Phone, Request::OpenCase { mac: one.mac() });
    let second = bench.ask(Channel::Phone, Request::OpenCase { mac: two.mac() });
    assert_eq!(bench.reply(first), bench.reply(second));
    assert_eq!(
        bench.sent_for(Purpose::Export),
        1,
        "a second code would void the first"
    );
}

#[test]
fn another_device_under_the_same_address_is_told_and_gets_no_command() {
    let mut bench = bench();
    let (one, mut two) = (Device::new(1), Device::new(2));
    two.mac.clone_from(&one.mac);
    bench.answers(2, &one);
    bench.answers(2, &two);
    let view = shown(&bench, &one);
    assert_eq!(
        (view.serial.as_str(), view.doubled_mac),
        (one.serial.as_str(), true)
    );
    let finding = Finding::DoubledMac {
        mac: one.mac.clone(),
    };
    assert!(bench.view().diagnosis.findings.contains(&finding));
    let opened = bench.ask(Channel::Phone, Request::OpenCase { mac: one.mac() });
    let problem = bench
        .reply(opened)
        .expect("an answer")
        .clone()
        .expect_err("which one?");
    assert_eq!(problem.kind, ProblemKind::DeviceChanged);
    assert_eq!(bench.sent_for(Purpose::Export), 0);
    for _ in 0..9 {
        bench.pass(Duration::from_secs(15));
        bench.answers(2, &one);
    }
    assert!(!shown(&bench, &one).doubled_mac, "the other one is gone");
}

#[test]
fn the_order_is_open_case_then_resettable_then_the_rest() {
    let mut bench = bench();
    let (rest, first, second) = (
        Device {
            more: [("ResetAbility".into(), "true".into())].into(),
            ..Device::new(1)
        },
        Device::new(2),
        Device::new(3),
    );
    for device in [&rest, &first, &second] {
        bench.answers(2, device);
    }
    let order = |bench: &Bench| -> Vec<u8> {
        bench
            .view()
            .devices
            .iter()
            .map(|device| device.mac.0[5])
            .collect()
    };
    assert_eq!(order(&bench), [2, 3, 1]);
    bench.ask(Channel::Phone, Request::OpenCase { mac: second.mac() });
    assert_eq!(order(&bench), [3, 2, 1]);
    bench.answers(2, &first);
    assert_eq!(order(&bench), [3, 2, 1], "hearing one again moves nothing");
}

#[test]
fn what_a_device_says_is_cut_and_printable() {
    let mut bench = bench();
    let mut camera = Device::new(1);
    camera.model = "\u{1b}[31mDS\u{7}".into();
    camera.serial = format!("S\u{202e}{}", "9".repeat(200));
    for index in 0..40 {
        camera
            .more
            .insert(format!("Odd{index}"), "\u{1b}x".repeat(100));
    }
    bench.answers(2, &camera);
    let view = shown(&bench, &camera);
    let texts = [&view.model, &view.serial, &view.firmware];
    let others = view.other.iter().flat_map(|(name, value)| [name, value]);
    for text in texts.into_iter().chain(others) {
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
        assert!(text.chars().count() <= 128, "{text:?}");
    }
    assert!(view.other.len() <= 16);
}

#[test]
fn a_layer_2_answer_finds_a_device_and_overwrites_nothing() {
    let mut bench = bench();
    let camera = Device::new(1);
    let answer = sadp::Layer2Answer {
        kind: sadp::Layer2Kind::Answer,
        sequence: 1,
        source_mac: camera.mac().0,
        source_ip: camera.ipv4,
        destination_mac: [2, 0, 0, 0, 0, 2],
        destination_ip: Ipv4Addr::new(192, 168, 1, 12),
        mask: Ipv4Addr::new(255, 255, 255, 0),
        serial: camera.serial.clone(),
        device_type: 1,
        port: 8000,
        encoders: 1,
        disks: 0,
        software: "V5.6.3".into(),
        dsp: "V5.0".into(),
        boot_time: "2024-09-18 09:21:28".into(),
        extension: None,
    };
    bench.handle(Event::Frame {
        link: LinkId(2),
        bytes: &sadp::emit_answer(&answer),
    });
    let view = shown(&bench, &camera);
    assert_eq!(
        (view.serial.as_str(), view.ipv4),
        (camera.serial.as_str(), Some(camera.ipv4))
    );
    assert_eq!(view.way, sadp::Way::AskVendor, "a frame does not say more");
    bench.answers(2, &camera);
    let rich = shown(&bench, &camera);
    assert_eq!(
        (rich.model.as_str(), rich.way),
        ("DS-2CD2385G1-I", sadp::Way::TypedKey)
    );
    bench.pass(Duration::from_secs(5));
    let again = sadp::Layer2Answer {
        sequence: 2,
        ..answer
    };
    bench.handle(Event::Frame {
        link: LinkId(2),
        bytes: &sadp::emit_answer(&again),
    });
    let still = shown(&bench, &camera);
    assert_eq!(
        (still.model.as_str(), still.way),
        ("DS-2CD2385G1-I", sadp::Way::TypedKey)
    );
    assert!(still.last_seen > rich.last_seen, "but it is there");
}

#[test]
fn a_flood_of_invented_devices_keeps_the_real_ones_and_stays_bounded() {
    let limit = 500;
    let policy = Policy {
        roster_limit: limit,
        ..Policy::default()
    };
    let now = Now {
        mono: Mono(1_000),
        wall: None,
    };
    let mut bench = Bench::restored(policy, Vec::new(), now);
    bench.link_up(2);
    let good: Vec<Device> = (60_000..60_020).map(Device::new).collect();
    for _ in 0..3 {
        for device in &good {
            bench.answers(2, device);
        }
        bench.pass(Duration::from_millis(200));
    }
    for index in 0..20_000 {
        bench.answers(2, &Device::new(index));
        if index % 20 == 0 {
            bench.pass(Duration::from_millis(5));
        }
        bench.effects.clear();
    }
    assert_eq!(bench.view().devices.len(), limit);
    for device in &good {
        shown(&bench, device);
    }
    assert!(
        bench
            .view()
            .diagnosis
            .findings
            .contains(&Finding::RosterFull { limit })
    );
    assert!(
        bench.feed.len() < 10_000,
        "invented devices are no news: {}",
        bench.feed.len()
    );
    // One that answers so slowly that it had to go in between is known all the same.
    let slow = Device::new(60_200);
    for round in 0..2 {
        bench.ask(Channel::Phone, Request::Scan);
        bench.answers(2, &slow);
        for index in 0..600 {
            bench.answers(2, &Device::new(30_000 + round * 600 + index));
        }
        bench.pass(Duration::from_secs(2));
    }
    shown(&bench, &slow);
    // A real device that comes late answers every probe of a burst, and stays.
    let late = Device::new(60_100);
    bench.ask(Channel::Phone, Request::Scan);
    meet(&mut bench, &late);
    for index in 20_000..22_000 {
        bench.answers(2, &Device::new(index));
    }
    shown(&bench, &late);
}

#[test]
fn a_full_roster_of_known_devices_lets_newcomers_in_only_for_those_that_are_gone() {
    let policy = Policy {
        roster_limit: 2,
        ..Policy::default()
    };
    let now = Now {
        mono: Mono(1_000),
        wall: None,
    };
    let mut bench = Bench::restored(policy, Vec::new(), now);
    bench.link_up(2);
    let (one, two, three) = (Device::new(1), Device::new(2), Device::new(3));
    for _ in 0..3 {
        bench.answers(2, &one);
        bench.answers(2, &two);
        bench.pass(Duration::from_millis(200));
    }
    bench.answers(2, &three);
    let macs = |bench: &Bench| -> Vec<u8> {
        bench
            .view()
            .devices
            .iter()
            .map(|device| device.mac.0[5])
            .collect()
    };
    assert_eq!(macs(&bench), [1, 2]);
    bench.ask(Channel::Phone, Request::OpenCase { mac: one.mac() });
    let string = "<Result>success</Result><EncryptString>aGVsbG8=</EncryptString>";
    bench.answers_command(2, &one, Purpose::Export, string);
    bench.pass(Duration::from_secs(130));
    bench.answers(2, &three);
    assert_eq!(
        macs(&bench),
        [1, 3],
        "the one with a case stays, gone or not"
    );
}

#[test]
fn what_a_device_answers_about_its_lamp_is_remembered() {
    let mut bench = bench();
    let [blinks, refuses, silent]: [Device; 3] = [1, 2, 3].map(Device::new);
    for device in [&blinks, &refuses, &silent] {
        meet(&mut bench, device);
        assert_eq!(shown(&bench, device).lamp, Lamp::Unknown);
    }
    let ask = |bench: &mut Bench, device: &Device| {
        let mac = device.mac();
        bench.ask(Channel::Phone, Request::Lamp { mac, on: true })
    };
    for (device, result) in [(&blinks, "success"), (&refuses, "failed")] {
        ask(&mut bench, device);
        let result = format!("<Result>{result}</Result>");
        bench.answers_command(2, device, Purpose::Lamp, &result);
    }
    assert_eq!(shown(&bench, &blinks).lamp, Lamp::Can);
    assert_eq!(shown(&bench, &refuses).lamp, Lamp::Cannot);

    // Once may be a lost datagram; twice from one that answers otherwise is no lamp.
    for expected in [Lamp::Unknown, Lamp::Cannot] {
        ask(&mut bench, &silent);
        bench.pass(Duration::from_secs(16));
        bench.answers(2, &silent);
        assert_eq!(shown(&bench, &silent).lamp, expected);
    }
    // It is only remembered, not forbidden: whoever asks again is answered, and what it says then counts.
    ask(&mut bench, &silent);
    bench.answers_command(2, &silent, Purpose::Lamp, "<Result>success</Result>");
    bench.answers(2, &silent);
    assert_eq!(shown(&bench, &silent).lamp, Lamp::Can);
    // One that blinked and is silent later has lost a datagram.
    for _ in 0..2 {
        ask(&mut bench, &silent);
        bench.pass(Duration::from_secs(16));
    }
    assert_eq!(shown(&bench, &silent).lamp, Lamp::Can);
}
