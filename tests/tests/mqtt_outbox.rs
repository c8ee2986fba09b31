//! What happened while the broker was away arrives when it is back: every event, in order, none twice but by number; also
//! when the plug is pulled in the middle.

use std::collections::BTreeMap;
use std::time::Duration;

use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::{ADDRESS, Broker, PLAIN, Watcher, mqtt};
use resetbox_tests::crowd::{self, Answers, Config, Crowd};
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::process::wait_for;
use serde_json::Value;

/// Nearly as many sightings as one run of the box tells, ...
const CAMERAS: usize = 500;
/// ... in each of two runs.
const EVENTS: usize = 2 * CAMERAS;

/// The events seen, by number, each with how often it came.
fn events(watcher: &mut Watcher) -> BTreeMap<i64, (Value, usize)> {
    let mut all = BTreeMap::new();
    for seen in watcher.seen() {
        if seen.topic.ends_with("/events") {
            let event = seen.json();
            let number = event["number"].as_i64().expect("a number");
            let known = all.entry(number).or_insert((event.clone(), 0));
            assert_eq!(known.0, event, "one number, one event");
            known.1 += 1;
        }
    }
    all
}

fn found(events: &BTreeMap<i64, (Value, usize)>) -> Vec<String> {
    (events.values())
        .filter(|(event, _)| event["type"] == "device-found")
        .map(|(event, _)| event["serial"].as_str().expect("a serial").to_owned())
        .collect()
}

#[test]
fn a_thousand_events_arrive_after_the_broker_was_away_even_through_a_power_cut() {
    let switch = Switch::new();
    let (host, owner, cameras) = (Host::new("box"), Host::new("owner"), Host::new("cameras"));
    for host in [&host, &owner, &cameras] {
        switch.plug(host, "eth0");
    }
    host.ip("addr add 192.168.99.1/24 dev eth0");
    owner.ip(&format!("addr add {ADDRESS}/24 dev eth0"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut agent = BoxIn::start(
        &host,
        folder.path(),
        &mqtt(&format!("mqtt://{ADDRESS}"), ""),
    );
    // Two days without the broker, and a night without power between them: each camera is found anew.
    let subnets = [[192, 168, 1], [192, 168, 2], [10, 0, 0], [10, 0, 1]];
    for day in 1..=2 {
        let config = Config {
            once: true,
            ..Config::new(crowd::addresses(&subnets, CAMERAS), Answers::Multicast)
        };
        let crowd = Crowd::start(&cameras, "eth0", config);
        agent.wait_devices(CAMERAS as u64, Duration::from_secs(60));
        drop(crowd);
        if day == 1 {
            agent.stop();
            agent.power_on();
        }
    }

    let broker = Broker::start(&owner, folder.path(), PLAIN);
    let mut watcher = broker.watch();
    let some = wait_for("some events", Duration::from_secs(90), || {
        let events = events(&mut watcher);
        (events.len() >= EVENTS / 5).then_some(events.len())
    });
    agent.pull_the_plug();
    println!("the plug was pulled after {some} events");
    agent.power_on();
    let all = wait_for("all events", Duration::from_secs(120), || {
        let all = events(&mut watcher);
        (found(&all).len() >= EVENTS).then_some(all)
    });
    let mut serials = found(&all);
    assert_eq!(serials.len(), EVENTS, "exactly the ones that happened");
    serials.sort();
    assert!(
        serials.chunks(2).all(|pair| pair[0] == pair[1]),
        "each device was found twice"
    );
    serials.dedup();
    assert_eq!(serials.len(), CAMERAS);
    // Nothing is missing between the first and the last.
    let numbers: Vec<i64> = all.keys().copied().collect();
    let expected: Vec<i64> = (numbers[0]..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
    let twice = all.values().filter(|(_, count)| *count > 1).count();
    println!("{twice} of {} events came more than once", all.len());
    // In the order in which they happened; the power cut goes back once.
    let (mut last, mut back) = (0, 0);
    for seen in watcher.seen() {
        if seen.topic.ends_with("/events") {
            let number = seen.json()["number"].as_i64().expect("a number");
            back += usize::from(number < last);
            last = number;
        }
    }
    assert!(
        back <= 1,
        "a new connection goes back once, no more: {back}"
    );
}
