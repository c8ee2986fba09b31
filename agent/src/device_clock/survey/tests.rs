use std::sync::Arc;

use resetbox_core::{Agent, Mono, Now, Policy, Seed};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Wall = Wall(1_800_000_000_000);

/// A view with these devices on `eth0`, which is 192.168.1.10/24.
fn view(devices: &[([u8; 4], u16)]) -> View {
    let now = Now {
        mono: Mono(0),
        wall: None,
    };
    let agent = Agent::restore(Policy::default(), Seed([0; 32]), [], now);
    let mut view = agent.view(now);
    view.links = vec![link("eth0", [192, 168, 1, 10], 24)];
    view.devices = devices
        .iter()
        .zip(0..)
        .map(|((address, port), number)| Arc::new(device(number, (*address).into(), *port)))
        .collect();
    view
}

fn link(name: &str, own: [u8; 4], length: u8) -> LinkView {
    LinkView {
        name: name.into(),
        carrier: true,
        speed_mbit: None,
        addresses: vec![(own.into(), length)],
        udp: true,
        packet: true,
        probes: 0,
        answers: 0,
        answers_raw_only: 0,
        dropped: 0,
        devices: 0,
    }
}

fn device(number: u8, address: Ipv4Addr, port: u16) -> DeviceView {
    DeviceView {
        mac: sadp::Mac([2, 0, 0, 0, 0, number]),
        model: "DS-2CD2042".into(),
        serial: format!("DS-2CD2042{number:09}"),
        serial_tail: format!("{number:06}"),
        ipv4: Some(address),
        http_port: Some(port),
        firmware: "V5.6.3".into(),
        brand: None,
        activated: true,
        way: sadp::Way::TypedKey,
        owner_ways: sadp::OwnerWays::default(),
        can_sync: false,
        recorder: false,
        may_refuse: false,
        cloud_bound: false,
        boot_time: None,
        links: vec!["eth0".into()],
        doubled_serial: false,
        doubled_mac: false,
        first_seen: Mono(0),
        last_seen: Mono(0),
        gone: false,
        lamp: resetbox_core::view::Lamp::Unknown,
        case: None,
        case_open: false,
        other: Vec::new(),
    }
}

fn addresses(targets: &[Target]) -> Vec<String> {
    targets
        .iter()
        .map(|target| target.address.to_string())
        .collect()
}

#[test]
fn only_local_addresses_are_asked() {
    let mut view = view(&[
        ([192, 168, 1, 64], 8080),
        ([10, 1, 2, 3], 80),
        ([169, 254, 1, 2], 80),
        // The box itself, a public address, and addresses of nobody.
        ([192, 168, 1, 10], 80),
        ([8, 8, 8, 8], 80),
        ([192, 0, 0, 64], 80),
        ([127, 0, 0, 1], 80),
        ([224, 0, 0, 1], 80),
        ([255, 255, 255, 255], 80),
        ([0, 0, 0, 0], 80),
        ([192, 168, 1, 65], 0),
    ]);
    let all: Vec<Target> = targets(&view).collect();
    assert_eq!(
        addresses(&all),
        ["192.168.1.64:8080", "10.1.2.3:80", "169.254.1.2:80"]
    );
    // Public addresses on the box's own link are local too.
    view.links[0].addresses = vec![(Ipv4Addr::new(8, 8, 8, 1), 24)];
    assert!(targets(&view).any(|target| target.address.to_string() == "8.8.8.8:80"));
    // But not because of a subnet of everything.
    view.links[0].addresses = vec![(Ipv4Addr::new(1, 2, 3, 4), 0)];
    assert!(!targets(&view).any(|target| target.address.to_string() == "8.8.8.8:80"));
}

#[test]
fn a_device_is_asked_on_the_link_where_it_is_heard() {
    let mut view = view(&[([10, 7, 0, 5], 80)]);
    view.links.push(link("eth1", [10, 7, 0, 1], 16));
    let links = |view: &View| targets(view).map(|one| one.link).collect::<Vec<_>>();
    assert_eq!(links(&view), ["eth0"], "not where its subnet would be");
    Arc::make_mut(&mut view.devices[0]).links = vec!["eth0".into(), "eth1".into()];
    assert_eq!(links(&view), ["eth1"], "where it is near, if heard there");
    view.links[1].carrier = false;
    assert_eq!(links(&view), ["eth0"]);
    view.links[0].addresses.clear();
    assert_eq!(links(&view), [""; 0]);

    view.links[1].carrier = true;
    Arc::make_mut(&mut view.devices[0]).gone = true;
    assert_eq!(links(&view), [""; 0]);
}

#[test]
fn few_are_asked_at_once_and_all_in_turn() {
    let six: Vec<_> = (1..=6)
        .map(|last| ([192, 168, 1, 100 + last], 80))
        .collect();
    let view = view(&six);
    let mut survey = Survey::default();
    let (first, second) = (survey.choose(&view), survey.choose(&view));
    assert_eq!((first.len(), second.len()), (3, 3));
    assert!(first.iter().all(|target| !second.contains(target)));
    assert_eq!(survey.choose(&view), first);
}

#[test]
fn two_that_agree_are_believed_and_one_address_is_one_voice() {
    let start = Instant::now();
    let view_of_two = view(&[([192, 168, 1, 64], 80), ([192, 168, 1, 65], 80)]);
    let mut survey = Survey::default();
    let two = survey.choose(&view_of_two);
    survey.hear(&two[0], Some(DAY), start);
    assert_eq!(survey.verdict(start), None, "one voice");
    survey.hear(&two[1], Some(DAY + MINUTE * 6), start);
    assert_eq!(survey.verdict(start), None, "they differ");
    // A minute later the other was set right: the first one's word is a minute old.
    survey.hear(&two[1], Some(DAY + MINUTE * 6), start + MINUTE);
    let later = start + MINUTE * 2;
    assert_eq!(survey.verdict(later), Some(DAY + MINUTE * 7));

    let doubled = view(&[([192, 168, 1, 64], 80), ([192, 168, 1, 64], 80)]);
    assert_eq!(Survey::default().choose(&doubled).len(), 1);
}

#[test]
fn two_pairs_that_differ_are_not_believed_and_three_outvote_two() {
    let start = Instant::now();
    let five: Vec<_> = (1..=5).map(|last| ([192, 168, 1, last], 80)).collect();
    let view = view(&five);
    let all: Vec<Target> = targets(&view).collect();
    let wrong = DAY + MINUTE * 10_000;
    let mut survey = Survey::default();
    for (target, wall) in all.iter().zip([DAY, wrong, DAY, wrong]) {
        survey.hear(target, Some(wall), start);
    }
    assert_eq!(survey.verdict(start), None);
    survey.hear(&all[4], Some(DAY), start);
    assert_eq!(survey.verdict(start), Some(DAY));
}

#[test]
fn a_single_voice_is_believed_when_it_said_the_same_for_several_rounds() {
    let start = Instant::now();
    let view = view(&[([192, 168, 1, 64], 80), ([192, 168, 1, 65], 80)]);
    let mut survey = Survey::default();
    let mut say = |round: u32, wall: Wall| {
        let now = start + MINUTE * round;
        let asked = survey.choose(&view);
        survey.hear(&asked[0], Some(wall), now);
        // Its battery is empty: implausible, and no voice against the other.
        survey.hear(&asked[1], Some(Wall(1_000)), now);
        survey.verdict(now)
    };
    assert_eq!(say(0, DAY), None);
    assert_eq!(say(1, DAY + MINUTE), None);
    // It was set to another date: it begins anew.
    let other = DAY + MINUTE * 1_000;
    assert_eq!(say(2, other), None);
    assert_eq!(say(3, other + MINUTE), None);
    assert_eq!(say(4, other + MINUTE * 2), Some(other + MINUTE * 2));
}

#[test]
fn implausible_dates_are_no_voices() {
    let start = Instant::now();
    let view = view(&[([192, 168, 1, 64], 80), ([192, 168, 1, 65], 80)]);
    let mut survey = Survey::default();
    let two = survey.choose(&view);
    for wall in [Wall(EARLIEST_MS - 1), Wall(LATEST_MS)] {
        for _ in 0..4 {
            survey.hear(&two[0], Some(wall), start);
            survey.hear(&two[1], Some(wall), start);
        }
        assert_eq!(survey.verdict(start), None, "{wall}");
    }
    survey.hear(&two[0], Some(Wall(EARLIEST_MS)), start);
    survey.hear(&two[1], Some(Wall(EARLIEST_MS)), start);
    assert!(survey.verdict(start).is_some());
}

#[test]
fn whoever_went_away_has_no_say() {
    let start = Instant::now();
    let mut view = view(&[([192, 168, 1, 64], 80), ([192, 168, 1, 65], 80)]);
    let mut survey = Survey::default();
    let two = survey.choose(&view);
    survey.hear(&two[0], Some(DAY), start);
    view.devices.remove(0);
    assert_eq!(survey.choose(&view), two[1..]);
    survey.hear(&two[1], Some(DAY), start);
    assert_eq!(survey.verdict(start), None);
}
