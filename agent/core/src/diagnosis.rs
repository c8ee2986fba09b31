//! "Why do I not see my camera": what the box knows about its own ears, most likely culprit first.

use core::net::Ipv4Addr;

use crate::event::LinkReport;
use crate::view::{Diagnosis, Finding};

/// Probes without any answer after which silence is worth telling.
const SILENT_PROBES: u64 = 12;
/// Below this a burst of a few hundred answers does not fit. A default buffer holds 92 answers.
const SMALL_BUFFER: u64 = 1024 * 1024;
/// Kinds of unreadable datagrams that are told.
const UNREADABLE_TOLD: usize = 8;
/// Addresses and serials of one kind that are told: whoever floods the network gets no more room.
const ALIKE_TOLD: usize = 8;

/// What is known about one link.
#[derive(Copy, Clone)]
pub(crate) struct LinkFacts<'a> {
    /// What the shell said last.
    pub(crate) report: &'a LinkReport,
    /// Probes sent since start.
    pub(crate) probes: u64,
    /// Answers heard since start, each content once.
    pub(crate) answers: u64,
    /// Of these only by the packet socket.
    pub(crate) answers_raw_only: u64,
    /// Datagrams lost in the kernel and in the program.
    pub(crate) dropped: u64,
    /// The last sending failed, in the system's words.
    pub(crate) send_error: Option<&'a str>,
}

/// What is known beside the links.
#[derive(Copy, Clone, Default)]
pub(crate) struct Heard<'a> {
    /// Why datagrams could not be read, and how many.
    pub(crate) unreadable: &'a [(String, u64)],
    /// Addresses of other clients whose probes were heard.
    pub(crate) other_clients: &'a [Ipv4Addr],
    /// Tails of serials that two hardware addresses claim.
    pub(crate) doubled_serials: &'a [String],
    /// Hardware addresses under which two serials answer.
    pub(crate) doubled_macs: &'a [String],
    /// The roster is full: how many it holds.
    pub(crate) roster_full: Option<usize>,
    /// Why the owner's broker is away.
    pub(crate) broker: Option<&'a str>,
}

/// The whole diagnosis.
pub(crate) fn diagnose(links: &[LinkFacts<'_>], heard: &Heard<'_>) -> Diagnosis {
    let mut findings: Vec<Finding> = Vec::new();
    if links.is_empty() {
        findings.push(Finding::NoInterface);
    }
    for likely in LIKELY_FIRST {
        findings.extend(links.iter().filter_map(|link| likely(link, links)));
    }
    findings.extend(
        heard
            .doubled_macs
            .iter()
            .take(ALIKE_TOLD)
            .map(|mac| Finding::DoubledMac { mac: mac.clone() }),
    );
    findings.extend(
        heard
            .other_clients
            .iter()
            .take(ALIKE_TOLD)
            .map(|address| Finding::OtherClient { address: *address }),
    );
    findings.extend(heard.doubled_serials.iter().take(ALIKE_TOLD).map(|tail| {
        Finding::DoubledSerial {
            serial_tail: tail.clone(),
        }
    }));
    findings.extend(heard.roster_full.map(|limit| Finding::RosterFull { limit }));
    findings.extend(heard.broker.map(|why| Finding::Broker {
        why: why.to_owned(),
    }));
    let mut unreadable = heard.unreadable.to_vec();
    unreadable.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    unreadable.truncate(UNREADABLE_TOLD);
    Diagnosis {
        probes: links.iter().map(|link| link.probes).sum(),
        answers: links.iter().map(|link| link.answers).sum(),
        findings,
        unreadable,
        other_clients: heard.other_clients.to_vec(),
    }
}

type Check = fn(&LinkFacts<'_>, &[LinkFacts<'_>]) -> Option<Finding>;

/// The checks of a link, most likely culprit first: what keeps everything away, then what keeps some
/// answers away, then what only makes it slower or is good to know.
const LIKELY_FIRST: [Check; 12] = [
    no_cable,
    udp_failed,
    no_address,
    send_failed,
    reverse_path_filter,
    silence,
    no_packet_socket,
    port_taken,
    dropped,
    slow_link,
    small_buffer,
    raw_only,
];

fn name(link: &LinkFacts<'_>) -> String {
    link.report.name.clone()
}

fn has_packet_socket(link: &LinkFacts<'_>) -> bool {
    matches!(link.report.ears.packet, Some(Ok(())))
}

/// An empty socket beside one with a cable is no finding.
fn no_cable(link: &LinkFacts<'_>, all: &[LinkFacts<'_>]) -> Option<Finding> {
    let any = all.iter().any(|other| other.report.carrier);
    (!any).then(|| Finding::NoCable { link: name(link) })
}

fn udp_failed(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    match &link.report.ears.udp {
        Some(Err(why)) if link.report.carrier => Some(Finding::UdpFailed {
            link: name(link),
            why: why.clone(),
        }),
        _ => None,
    }
}

fn no_address(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    let deaf = link.report.addresses.is_empty() && !has_packet_socket(link);
    (link.report.carrier && deaf).then(|| Finding::NoAddress { link: name(link) })
}

fn send_failed(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    link.send_error
        .filter(|_| link.report.carrier)
        .map(|why| Finding::SendFailed {
            link: name(link),
            why: why.to_owned(),
        })
}

/// 1 drops what comes from foreign subnets, 2 too where there is no route at all.
fn reverse_path_filter(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    let value = link.report.rp_filter.filter(|value| *value > 0)?;
    (link.report.carrier && !has_packet_socket(link)).then(|| Finding::ReversePathFilter {
        link: name(link),
        value,
    })
}

fn silence(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    let silent = link.probes >= SILENT_PROBES && link.answers == 0;
    (link.report.carrier && silent).then(|| Finding::Silence {
        link: name(link),
        probes: link.probes,
    })
}

fn no_packet_socket(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    match &link.report.ears.packet {
        Some(Err(why)) if link.report.carrier => Some(Finding::NoPacketSocket {
            link: name(link),
            why: why.clone(),
        }),
        _ => None,
    }
}

fn port_taken(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    let taken = link.report.carrier && link.report.ears.ephemeral_port;
    taken.then(|| Finding::PortTaken { link: name(link) })
}

fn dropped(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    (link.dropped > 0).then(|| Finding::Dropped {
        link: name(link),
        count: link.dropped,
    })
}

fn slow_link(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    let mbit = link
        .report
        .speed_mbit
        .filter(|mbit| (1..=10).contains(mbit))?;
    link.report.carrier.then(|| Finding::SlowLink {
        link: name(link),
        mbit,
    })
}

fn small_buffer(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    let bytes = link.report.ears.receive_buffer;
    let open = matches!(link.report.ears.udp, Some(Ok(())));
    (open && link.report.carrier && bytes < SMALL_BUFFER).then(|| Finding::SmallBuffer {
        link: name(link),
        bytes,
    })
}

/// Good to know: the box hears these devices, other programs would not.
fn raw_only(link: &LinkFacts<'_>, _: &[LinkFacts<'_>]) -> Option<Finding> {
    (link.answers_raw_only > 0).then(|| Finding::RawOnly {
        link: name(link),
        answers: link.answers_raw_only,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Ears, LinkId};

    /// A link on which nothing is wrong.
    fn report() -> LinkReport {
        LinkReport {
            link: LinkId(2),
            name: "eth0".into(),
            up: true,
            carrier: true,
            speed_mbit: Some(100),
            mac: None,
            addresses: vec![(Ipv4Addr::new(192, 168, 1, 10), 24)],
            ears: Ears {
                udp: Some(Ok(())),
                ephemeral_port: false,
                packet: Some(Ok(())),
                receive_buffer: 16 * 1024 * 1024,
            },
            rp_filter: Some(0),
        }
    }

    fn facts(report: &LinkReport) -> LinkFacts<'_> {
        LinkFacts {
            report,
            probes: 40,
            answers: 3,
            answers_raw_only: 0,
            dropped: 0,
            send_error: None,
        }
    }

    fn findings(report: &LinkReport, change: impl FnOnce(&mut LinkFacts<'_>)) -> Vec<Finding> {
        let mut facts = facts(report);
        change(&mut facts);
        diagnose(&[facts], &Heard::default()).findings
    }

    fn eth0() -> String {
        "eth0".into()
    }

    #[test]
    fn a_healthy_link_has_no_findings() {
        let report = report();
        assert_eq!(findings(&report, |_| ()), []);
        assert_eq!(
            diagnose(&[], &Heard::default()).findings,
            [Finding::NoInterface]
        );
    }

    #[test]
    fn what_keeps_everything_away() {
        let mut no_cable = report();
        no_cable.carrier = false;
        assert_eq!(
            findings(&no_cable, |_| ()),
            [Finding::NoCable { link: eth0() }]
        );
        let other = report();
        let both = diagnose(&[facts(&no_cable), facts(&other)], &Heard::default());
        assert_eq!(both.findings, [], "an empty socket beside a used one");
        assert_eq!((both.probes, both.answers), (80, 6));

        let mut udp = report();
        udp.ears.udp = Some(Err("permission denied".into()));
        let why = "permission denied".to_owned();
        assert_eq!(
            findings(&udp, |_| ()),
            [Finding::UdpFailed { link: eth0(), why }]
        );

        let fine = report();
        let why = "network is down".to_owned();
        assert_eq!(
            findings(&fine, |facts| facts.send_error = Some("network is down")),
            [Finding::SendFailed { link: eth0(), why }]
        );
    }

    #[test]
    fn an_address_is_needed_only_without_the_packet_socket() {
        let mut bare = report();
        bare.addresses.clear();
        assert_eq!(findings(&bare, |_| ()), []);
        bare.ears.packet = Some(Err("CAP_NET_RAW is missing".into()));
        let why = "CAP_NET_RAW is missing".to_owned();
        assert_eq!(
            findings(&bare, |_| ()),
            [
                Finding::NoAddress { link: eth0() },
                Finding::NoPacketSocket { link: eth0(), why },
            ]
        );
    }

    #[test]
    fn the_filter_of_return_paths_matters_only_without_the_packet_socket() {
        for value in [1, 2] {
            let mut filtered = report();
            filtered.rp_filter = Some(value);
            assert_eq!(findings(&filtered, |_| ()), []);
            filtered.ears.packet = None;
            assert_eq!(
                findings(&filtered, |_| ()),
                [Finding::ReversePathFilter {
                    link: eth0(),
                    value
                }]
            );
        }
    }

    #[test]
    fn silence_is_told_after_twelve_probes() {
        let report = report();
        let silent = |probes: u64| {
            findings(&report, |facts| {
                facts.probes = probes;
                facts.answers = 0;
            })
        };
        assert_eq!(silent(11), []);
        assert_eq!(
            silent(12),
            [Finding::Silence {
                link: eth0(),
                probes: 12
            }]
        );
    }

    #[test]
    fn what_makes_it_slower_or_lossy() {
        let mut link = report();
        link.speed_mbit = Some(10);
        link.ears.ephemeral_port = true;
        link.ears.receive_buffer = 212_992;
        assert_eq!(
            findings(&link, |facts| {
                facts.dropped = 7;
                facts.answers_raw_only = 2;
            }),
            [
                Finding::PortTaken { link: eth0() },
                Finding::Dropped {
                    link: eth0(),
                    count: 7
                },
                Finding::SlowLink {
                    link: eth0(),
                    mbit: 10
                },
                Finding::SmallBuffer {
                    link: eth0(),
                    bytes: 212_992
                },
                Finding::RawOnly {
                    link: eth0(),
                    answers: 2
                },
            ]
        );
    }

    #[test]
    fn what_others_do_comes_after_what_the_box_can_do_about_itself() {
        let link = report();
        let mut silent = facts(&link);
        silent.answers = 0;
        let many: Vec<String> = (0..100).map(|n| format!("{n:06}")).collect();
        let clients = [Ipv4Addr::new(192, 168, 1, 7)];
        let macs = ["44-47-cc-37-ce-81".to_owned()];
        let heard = Heard {
            unreadable: &[("no MAC".into(), 2), ("empty".into(), 9), ("a".into(), 2)],
            other_clients: &clients,
            doubled_serials: &many,
            doubled_macs: &macs,
            roster_full: Some(8192),
            broker: None,
        };
        let diagnosis = diagnose(&[silent], &heard);
        assert_eq!(
            diagnosis.findings[..3],
            [
                Finding::Silence {
                    link: eth0(),
                    probes: 40
                },
                Finding::DoubledMac {
                    mac: macs[0].clone()
                },
                Finding::OtherClient {
                    address: clients[0]
                },
            ]
        );
        assert_eq!(
            diagnosis.findings.len(),
            3 + ALIKE_TOLD + 1,
            "a flood gets no more room"
        );
        assert_eq!(
            diagnosis.findings.last(),
            Some(&Finding::RosterFull { limit: 8192 })
        );
        let reasons: Vec<&str> = diagnosis
            .unreadable
            .iter()
            .map(|(why, _)| why.as_str())
            .collect();
        assert_eq!(reasons, ["empty", "a", "no MAC"]);
        assert_eq!(diagnosis.other_clients, clients);
    }
}
