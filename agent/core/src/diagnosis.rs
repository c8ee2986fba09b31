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
            .map(|mac| Finding::DoubledMac { mac: mac.clone() }),
    );
    findings.extend(
        heard
            .other_clients
            .iter()
            .map(|address| Finding::OtherClient { address: *address }),
    );
    findings.extend(
        heard
            .doubled_serials
            .iter()
            .map(|tail| Finding::DoubledSerial {
                serial_tail: tail.clone(),
            }),
    );
    findings.extend(heard.roster_full.map(|limit| Finding::RosterFull { limit }));
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
