//! Parts of a view made by hand, for tests.

use core::net::Ipv4Addr;

use sadp::{Mac, OwnerWays, Way};

use crate::request::{CaseId, CaseKind};
use crate::time::Mono;
use crate::view::{CasePhase, CaseView, DeviceView, Lamp, LinkView};

/// A link with a cable and an address.
pub(crate) fn link() -> LinkView {
    LinkView {
        name: "eth0".into(),
        carrier: true,
        speed_mbit: Some(100),
        addresses: vec![(Ipv4Addr::new(192, 168, 1, 10), 24)],
        udp: true,
        packet: true,
        probes: 3,
        answers: 0,
        answers_raw_only: 0,
        dropped: 0,
        devices: 0,
    }
}

/// The case `case1` of device 1 in this phase.
pub(crate) fn case(number: u8, phase: CasePhase) -> CaseView {
    let id = CaseId(format!("case{number}"));
    CaseView {
        phase,
        ..case_of(&id, &device(number, Way::TypedKey))
    }
}

/// A device whose number is its address and the end of its serial.
pub(crate) fn device(number: u8, way: Way) -> DeviceView {
    DeviceView {
        mac: Mac([0, 0, 0, 0, 0, number]),
        model: format!("DS-2CD{number:04}"),
        serial: format!("DS-2CD{number:04}20200101AAWR000{number:03}"),
        serial_tail: format!("000{number:03}"),
        ipv4: Some(Ipv4Addr::new(192, 168, 1, number)),
        http_port: Some(80),
        firmware: "V5.6.3".into(),
        brand: None,
        activated: way != Way::Activate,
        way,
        owner_ways: OwnerWays::default(),
        can_sync: false,
        recorder: false,
        may_refuse: false,
        cloud_bound: false,
        boot_time: None,
        links: vec!["eth0".into()],
        doubled_serial: false,
        doubled_mac: false,
        first_seen: Mono(10_000),
        last_seen: Mono(10_000),
        gone: false,
        lamp: Lamp::Unknown,
        case: None,
        case_open: false,
        other: Vec::new(),
    }
}

/// A case of a device that was just opened.
pub(crate) fn case_of(id: &CaseId, device: &DeviceView) -> CaseView {
    CaseView {
        id: id.clone(),
        kind: if device.way == Way::Activate {
            CaseKind::FirstPassword
        } else {
            CaseKind::Reset
        },
        mac: device.mac,
        model: device.model.clone(),
        serial: device.serial.clone(),
        serial_tail: device.serial_tail.clone(),
        ipv4: device.ipv4,
        firmware: device.firmware.clone(),
        typed_key: device.way == Way::TypedKey,
        can_sync: device.can_sync,
        sync_cameras: false,
        phase: CasePhase::Exporting,
        device_code: None,
        issued: None,
        left: None,
        left_at_most: false,
        may_be_void: false,
        tries_left: None,
        lock_minutes: None,
        problem: None,
        doubt: None,
        must_insist: None,
        submission: None,
        attempts: 0,
        device_present: true,
        login: None,
    }
}
