//! Every camera is found, however the box and the cameras are addressed, whatever the kernel filters.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use resetbox_tests::crowd::{self, Answers, Config, Crowd};
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::process::{Running, resetbox_plant};
use resetbox_tests::scanning::{Rights, macs, scan};

const CAMERAS: usize = 16;
/// None of them the box's.
const SUBNETS: [[u8; 3]; 4] = [[192, 0, 0], [10, 1, 1], [172, 16, 5], [192, 168, 254]];

const ANSWERS: [Answers; 4] = [
    Answers::Unicast,
    Answers::UnicastTo37020,
    Answers::Multicast,
    Answers::Both,
];

/// How the box is connected.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Situation {
    Routed,
    LinkLocal,
    OtherSubnet,
    NoAddress,
    TwoInterfaces,
}

/// A box and its cameras; everything is taken down when dropped.
struct Plant {
    host: Host,
    crowds: Vec<Crowd>,
    _rest: (Vec<Switch>, Vec<Host>),
}

fn plant(situation: Situation, rp_filter: u8, answers: Answers) -> Plant {
    let host = Host::new("box");
    host.sysctl("net.ipv4.conf.all.rp_filter", &rp_filter.to_string());
    host.sysctl("net.ipv4.conf.default.rp_filter", &rp_filter.to_string());
    let links = if situation == Situation::TwoInterfaces {
        2
    } else {
        1
    };
    let (mut crowds, mut rest) = (Vec::new(), (Vec::new(), Vec::new()));
    for link in 0..links {
        let (switch, cameras) = (Switch::new(), Host::new("cameras"));
        let interface = format!("eth{link}");
        switch.plug(&host, &interface);
        switch.plug(&cameras, "eth0");
        let addresses = crowd::addresses(&SUBNETS, CAMERAS);
        let config = Config {
            first: link * CAMERAS,
            ..Config::new(addresses, answers)
        };
        crowds.push(Crowd::start(&cameras, "eth0", config));
        rest.0.push(switch);
        rest.1.push(cameras);
    }
    match situation {
        Situation::Routed => {
            host.ip("addr add 10.77.0.10/24 dev eth0");
            host.ip("route add default via 10.77.0.1");
        }
        Situation::LinkLocal => {
            host.ip("addr add 169.254.33.44/16 dev eth0");
        }
        Situation::OtherSubnet => {
            host.ip("addr add 10.77.0.10/24 dev eth0");
        }
        Situation::NoAddress => {}
        Situation::TwoInterfaces => {
            host.ip("addr add 10.77.0.10/24 dev eth0");
            host.ip("route add default via 10.77.0.1");
            host.ip("addr add 10.78.0.10/24 dev eth1");
        }
    }
    Plant {
        host,
        crowds,
        _rest: rest,
    }
}

/// What the kernel lets UDP sockets hear.
fn by_udp(situation: Situation, rp_filter: u8) -> BTreeSet<String> {
    match (situation, rp_filter) {
        // The way back to every camera is the default route, on the interface where it answers.
        (Situation::Routed, _) => macs(0..CAMERAS),
        // No way back at all: dropped in strict and in loose mode.
        (Situation::LinkLocal | Situation::OtherSubnet, 0) => macs(0..CAMERAS),
        (Situation::LinkLocal | Situation::OtherSubnet, _) => macs([]),
        // There is nobody to ask as: devices drop what comes from 0.0.0.0.
        (Situation::NoAddress, _) => macs([]),
        // The way back is the default route on the first interface, which only strict mode minds.
        (Situation::TwoInterfaces, 1) => macs(0..CAMERAS),
        (Situation::TwoInterfaces, _) => macs(0..2 * CAMERAS),
    }
}

fn check(situation: Situation) {
    let cells: Vec<(u8, Answers, Rights)> = [0, 1, 2]
        .into_iter()
        .flat_map(|rp_filter| {
            ANSWERS.into_iter().flat_map(move |answers| {
                [Rights::Root, Rights::NoRaw].map(|rights| (rp_filter, answers, rights))
            })
        })
        .collect();
    let mut failures = Vec::new();
    // A few at a time: the machine is small and every cell mostly waits.
    for cells in cells.chunks(8) {
        std::thread::scope(|scope| {
            let running: Vec<_> = cells
                .iter()
                .map(|cell| (cell, scope.spawn(|| check_cell(situation, *cell))))
                .collect();
            for (cell, thread) in running {
                match thread.join() {
                    Ok(None) => {}
                    Ok(Some(failure)) => failures.push(format!("{cell:?}: {failure}")),
                    Err(_) => failures.push(format!("{cell:?}: panicked")),
                }
            }
        });
    }
    assert!(
        failures.is_empty(),
        "{situation:?}:\n{}",
        failures.join("\n")
    );
}

fn check_cell(
    situation: Situation,
    (rp_filter, answers, rights): (u8, Answers, Rights),
) -> Option<String> {
    let plant = plant(situation, rp_filter, answers);
    let found = scan(&plant.host, rights, 3);
    let all = macs(0..CAMERAS * plant.crowds.len());
    let reachable = by_udp(situation, rp_filter);
    let wanted = if rights == Rights::Root {
        &all
    } else {
        &reachable
    };
    let set = found.set();
    if set != *wanted {
        let asked = plant
            .crowds
            .iter()
            .map(|crowd| crowd.state().inquiries)
            .collect::<Vec<_>>();
        return Some(format!(
            "{} found instead of {}; inquiries heard {asked:?}; it said: {}",
            set.len(),
            wanted.len(),
            found.stderr
        ));
    }
    // What cannot be heard is named, with the remedy.
    let silent = rights == Rights::NoRaw && reachable != all;
    if silent {
        let culprit = if situation == Situation::NoAddress {
            "address"
        } else {
            "rp_filter"
        };
        for word in [culprit, "CAP_NET_RAW"] {
            if !found.stderr.contains(word) {
                return Some(format!("{word} is not named in: {}", found.stderr));
            }
        }
    }
    let status = Some(i32::from(wanted.is_empty()));
    (found.status != status).then(|| format!("status {:?} instead of {status:?}", found.status))
}

#[test]
fn with_an_address_and_a_default_route() {
    check(Situation::Routed);
}

#[test]
fn with_a_link_local_address_only() {
    check(Situation::LinkLocal);
}

#[test]
fn with_an_address_of_another_subnet_and_no_route() {
    check(Situation::OtherSubnet);
}

#[test]
fn without_any_address() {
    check(Situation::NoAddress);
}

#[test]
fn with_cameras_on_two_interfaces() {
    check(Situation::TwoInterfaces);
}

#[test]
fn devices_that_speak_layer_2_only_are_found() {
    let plant = plant(Situation::NoAddress, 1, Answers::Layer2);
    let found = scan(&plant.host, Rights::Root, 3);
    assert_eq!(found.set(), macs(0..CAMERAS), "{}", found.stderr);
    assert!(
        found.lines[0].contains("DS-2CD2143G0-I20180912AAWR"),
        "{}",
        found.lines[0]
    );
}

/// Another program holds port 37020 for itself. From the ephemeral port UDP hears what is sent to
/// the asker's port; packet sockets hear everything.
#[test]
fn a_taken_port_is_told_and_as_much_as_possible_is_heard() {
    let all = macs(0..CAMERAS);
    for (rights, answers, wanted) in [
        (Rights::Root, Answers::Multicast, &all),
        (Rights::Root, Answers::UnicastTo37020, &all),
        (Rights::NoRaw, Answers::Unicast, &all),
        (Rights::NoRaw, Answers::Multicast, &macs([])),
    ] {
        let plant = plant(Situation::Routed, 0, answers);
        let _holder = plant
            .host
            .enter(|| std::net::UdpSocket::bind("0.0.0.0:37020").expect("free before"));
        let found = scan(&plant.host, rights, 3);
        assert_eq!(
            found.set(),
            *wanted,
            "{rights:?} {answers:?}: {}",
            found.stderr
        );
        assert!(found.stderr.contains("37020"), "{}", found.stderr);
    }
}

#[test]
fn an_interface_that_comes_while_scanning_is_asked_too() {
    let (host, switch, cameras) = (Host::new("box"), Switch::new(), Host::new("cameras"));
    switch.plug(&cameras, "eth0");
    let config = Config::new(crowd::addresses(&SUBNETS, CAMERAS), Answers::Multicast);
    let _crowd = Crowd::start(&cameras, "eth0", config);
    let found = std::thread::scope(|scope| {
        let scan = scope.spawn(|| scan(&host, Rights::Root, 5));
        std::thread::sleep(Duration::from_secs(2));
        switch.plug(&host, "eth7");
        scan.join().expect("the scan ended")
    });
    assert_eq!(found.set(), macs(0..CAMERAS), "{}", found.stderr);
    assert!(found.lines[0].contains("eth7"), "{}", found.lines[0]);
}

/// The cable is pulled and put back: sockets that were open before hear again, the packet socket too.
#[test]
fn an_interface_that_goes_down_and_up_is_heard_again() {
    for (rp_filter, rights) in [("1", Rights::Root), ("0", Rights::NoRaw)] {
        let (host, switch, cameras) = (Host::new("box"), Switch::new(), Host::new("cameras"));
        switch.plug(&host, "eth0");
        switch.plug(&cameras, "eth0");
        host.sysctl("net.ipv4.conf.eth0.rp_filter", rp_filter);
        host.ip("addr add 10.77.0.10/24 dev eth0");
        let (found, _crowd) = std::thread::scope(|scope| {
            let scan = scope.spawn(|| scan(&host, rights, 7));
            std::thread::sleep(Duration::from_secs(2));
            host.ip("link set eth0 down");
            std::thread::sleep(Duration::from_secs(1));
            let config = Config::new(crowd::addresses(&SUBNETS, CAMERAS), Answers::Multicast);
            let crowd = Crowd::start(&cameras, "eth0", config);
            host.ip("link set eth0 up");
            (scan.join().expect("the scan ended"), crowd)
        });
        assert_eq!(
            found.set(),
            macs(0..CAMERAS),
            "{rights:?}: {}",
            found.stderr
        );
    }
}

/// The simulated plant itself, strict and in frames of its own: what the box ships against.
#[test]
fn a_plant_of_254_cameras_in_four_foreign_subnets_is_found_whole() {
    let (host, cameras, switch) = (Host::new("box"), Host::new("plant"), Switch::new());
    switch.plug(&host, "eth0");
    switch.plug(&cameras, "eth0");
    host.ip("addr add 10.77.0.10/24 dev eth0");
    let mut plant = cameras.command(resetbox_plant());
    plant.args([
        "--raw",
        "--interface",
        "eth0",
        "--cameras",
        "254",
        "--web",
        "off",
    ]);
    plant.args([
        "--subnets",
        "192.0.0.0/24,10.1.1.0/24,172.16.5.0/24,192.168.254.0/24",
    ]);
    let mut plant = Running::start(&mut plant);
    std::thread::sleep(Duration::from_millis(500));
    let found = scan(&host, Rights::Root, 6);
    let (_, said) = plant.kill();
    assert_eq!(found.set().len(), 254, "{}\nplant: {said}", found.stderr);
    let subnets: BTreeSet<String> = found
        .lines
        .iter()
        .filter_map(|line| {
            let device: serde_json::Value = serde_json::from_str(line).ok()?;
            let address: Ipv4Addr = device["ipv4"].as_str()?.parse().ok()?;
            let [a, b, c, _] = address.octets();
            Some(format!("{a}.{b}.{c}"))
        })
        .collect();
    assert_eq!(subnets.len(), 4, "{subnets:?}");
}
