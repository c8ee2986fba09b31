//! Who is asked when, and what is heard.

mod bench;

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Bench, Device, link_report};
use resetbox_core::effect::How;
use resetbox_core::{Channel, Ear, Effect, Event, LinkId, Request};

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.link_up(2);
    bench
}

#[test]
fn a_burst_asks_three_times_in_every_form_under_fresh_uuids() {
    let mut bench = bench();
    bench.pass(Duration::from_secs(5));
    let forms: Vec<How> = bench.sent.iter().map(|sent| sent.how).collect();
    assert_eq!(
        forms,
        [How::Multicast, How::Broadcast, How::Layer2].repeat(3)
    );
    let mut contents: Vec<_> = bench.sent.iter().map(|sent| sent.bytes.to_vec()).collect();
    contents.sort();
    contents.dedup();
    assert_eq!(contents.len(), 9, "no two datagrams alike");
    let first = bench
        .effects
        .iter()
        .find(|effect| **effect != Effect::Redraw);
    assert_eq!(
        first,
        Some(&Effect::Rejoin(LinkId(2))),
        "joined anew before it asks"
    );
    assert_eq!(bench.view().links[0].probes, 3);
}

#[test]
fn it_asks_every_minute_and_every_fifteen_seconds_while_someone_looks() {
    let mut bench = bench();
    bench.answers(2, &Device::new(1));
    bench.pass(Duration::from_secs(70));
    let start = probes(&bench);
    bench.pass(Duration::from_secs(600));
    assert_eq!(probes(&bench) - start, 10, "once a minute");
    let start = probes(&bench);
    bench.ask(Channel::Phone, Request::Look);
    bench.pass(Duration::from_secs(59));
    assert!((4..=5).contains(&(probes(&bench) - start)), "every 15 s");
    let start = probes(&bench);
    bench.ask(Channel::Phone, Request::Scan);
    bench.ask(Channel::Phone, Request::Scan);
    bench.pass(Duration::from_secs(1));
    assert_eq!(
        probes(&bench) - start,
        3,
        "two people who press scan get one burst"
    );
}

/// Ports of managed switches stay shut for half a minute, cameras of the same switch start as long: both miss the burst.
#[test]
fn it_asks_every_fifteen_seconds_until_a_device_is_known_and_after_a_cable_came() {
    let mut bench = bench();
    bench.pass(Duration::from_secs(1));
    let start = probes(&bench);
    bench.pass(Duration::from_secs(600));
    assert_eq!(probes(&bench) - start, 40, "nobody answers");
    bench.answers(2, &Device::new(1));
    bench.pass(Duration::from_secs(60));
    let start = probes(&bench);
    bench.pass(Duration::from_secs(60));
    assert_eq!(probes(&bench) - start, 1, "one is known, and nobody looks");

    // Another switch: what was known is no reason to be slow there.
    let mut report = link_report(2);
    report.carrier = false;
    bench.handle(Event::Link(report.clone()));
    report.carrier = true;
    bench.handle(Event::Link(report));
    bench.pass(Duration::from_secs(1));
    let start = probes(&bench);
    bench.pass(Duration::from_secs(50));
    assert!((3..=4).contains(&(probes(&bench) - start)), "every 15 s");
}

fn probes(bench: &Bench) -> u64 {
    bench.view().diagnosis.probes
}

#[test]
fn a_link_that_cannot_carry_a_form_is_not_asked_for_it() {
    let mut bench = Bench::new();
    let mut report = link_report(2);
    report.ears.packet = Some(Err("needs CAP_NET_RAW".into()));
    bench.handle(Event::Link(report.clone()));
    assert_eq!(bench.sent.len(), 2, "no layer 2 without a packet socket");
    report.carrier = false;
    bench.handle(Event::Link(report.clone()));
    bench.pass(Duration::from_secs(300));
    assert_eq!(bench.sent.len(), 2, "no cable, no probes");
    report.carrier = true;
    report.speed_mbit = Some(10);
    bench.handle(Event::Link(report.clone()));
    assert_eq!(bench.sent.len(), 4, "a cable asks at once");
    bench.pass(Duration::from_secs(10));
    let sent = bench.sent.len();
    report.speed_mbit = Some(100);
    bench.handle(Event::Link(report));
    assert_eq!(
        bench.sent.len(),
        sent,
        "another speed is no reason to ask anew"
    );
}

#[test]
fn one_datagram_heard_twice_counts_once() {
    let mut bench = bench();
    let camera = Device::new(1);
    let bytes = camera.probe_match("A");
    let source = Ipv4Addr::new(10, 0, 0, 9);
    for ear in [Ear::Packet, Ear::Udp, Ear::Packet, Ear::Udp] {
        bench.handle(Event::Datagram {
            link: LinkId(2),
            ear,
            source,
            bytes: &bytes,
        });
    }
    let link = &bench.view().links[0];
    assert_eq!(
        (link.answers, link.answers_raw_only, link.devices),
        (1, 0, 1)
    );
    let bytes = camera.probe_match("B");
    bench.handle(Event::Datagram {
        link: LinkId(2),
        ear: Ear::Packet,
        source,
        bytes: &bytes,
    });
    let link = &bench.view().links[0];
    assert_eq!(
        (link.answers, link.answers_raw_only),
        (2, 1),
        "only the packet socket heard it"
    );
}

#[test]
fn our_own_echo_is_no_other_client() {
    let mut bench = bench();
    for sent in bench.sent.clone() {
        if sent.how != How::Layer2 {
            bench.heard(2, &sent.bytes);
        }
    }
    assert!(bench.view().diagnosis.other_clients.is_empty());
    let probe = sadp::Request::Inquiry.emit(&sadp::Uuid::from_text("CAFE"));
    bench.heard(2, &probe);
    assert_eq!(
        bench.view().diagnosis.other_clients,
        [Ipv4Addr::new(192, 168, 1, 64)]
    );
}

#[test]
fn garbage_is_counted_by_reason() {
    let mut bench = bench();
    for garbage in [
        &b"\0\0"[..],
        b"hello world",
        b"<ProbeMatch><Types>inquiry</Types></ProbeMatch>",
    ] {
        bench.heard(2, garbage);
    }
    let mut reasons = bench.view().diagnosis.unreadable;
    reasons.sort();
    let expected = ["empty", "no MAC", "not SADP"].map(|reason| (reason.to_owned(), 1));
    assert_eq!(reasons, expected);
    assert!(bench.view().devices.is_empty());
}

#[test]
fn an_idle_box_sleeps() {
    let mut bench = bench();
    let cameras: Vec<Device> = (1..255).map(Device::new).collect();
    for camera in &cameras {
        bench.answers(2, camera);
    }
    bench.pass(Duration::from_secs(90));
    let (wakes, probes) = (bench.wakes, bench.view().diagnosis.probes);
    for _ in 0..10 {
        for camera in &cameras {
            bench.answers(2, camera);
            bench.pass(Duration::from_millis(2));
        }
        bench.pass(Duration::from_secs(60) - Duration::from_millis(508));
    }
    assert_eq!(bench.view().diagnosis.probes - probes, 10);
    assert_eq!(
        bench
            .view()
            .devices
            .iter()
            .filter(|device| !device.gone)
            .count(),
        254
    );
    // Once a minute to ask, and a look of the panel at what half a second of answers brought.
    let wakes = bench.wakes - wakes;
    assert!(wakes <= 10 * 25, "{wakes} wakes in ten minutes");
}
