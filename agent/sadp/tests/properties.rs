//! What must hold for any input.

mod common;

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use sadp::{
    Body, BootTime, Device, KeyPair, Layer2Answer, Layer2Extension, Layer2Inquiry, Layer2Kind, Mac,
    ParseError, Reading, Request, ResetCode, SessionKey, Types, Uuid, emit_answer, parse,
    parse_frame, printable,
};

/// Text that is not changed by trimming.
fn text() -> impl Strategy<Value = Option<String>> {
    option::of(
        "[!-~\u{a1}-\u{ff}\u{4e00}-\u{4e80}]([ -~\u{4e00}-\u{4e80}\u{1f600}\\x1b]{0,20}[!-~])?",
    )
}

fn mac_text() -> impl Strategy<Value = String> {
    (any::<[u8; 6]>(), select(vec!["-", ":", ""]), any::<bool>()).prop_map(
        |(octets, separator, upper)| {
            let text = Mac(octets).to_string().replace('-', separator);
            if upper { text.to_uppercase() } else { text }
        },
    )
}

fn boot_time() -> impl Strategy<Value = String> {
    (1970..2100, 1..=12, 1..=28, 0..24, 0..60, 0..60).prop_flat_map(|(y, mo, d, h, mi, s)| {
        select(vec![
            format!("{y}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02}"),
            format!("{y}-{mo}-{d} {h}:{mi}:{s}"),
        ])
    })
}

prop_compose! {
    fn addresses()(
        mac_text in mac_text(),
        ports in any::<[Option<u16>; 4]>(),
        ipv4 in any::<[Option<Ipv4Addr>; 3]>(),
        ipv6 in any::<[Option<Ipv6Addr>; 2]>(),
        ipv6_mask_len in any::<Option<u8>>(),
        counts in any::<[Option<u32>; 4]>(),
        boot_time in option::of(boot_time()),
    ) -> Device {
        let mut device = Device::new(&mac_text);
        [device.command_port, device.http_port, device.https_port, device.sdk_over_tls_port] = ports;
        [device.ipv4, device.ipv4_mask, device.ipv4_gateway] = ipv4;
        [device.ipv6, device.ipv6_gateway] = ipv6.map(|address| address.map(|address| address.to_string()));
        device.ipv6_mask_len = ipv6_mask_len;
        [device.analog_channels, device.digital_channels, device.disks, device.ezviz_bind_status] = counts;
        device.boot_time = boot_time.as_deref().map(|text| BootTime::parse(text).unwrap());
        device.boot_time_text = boot_time;
        device
    }
}

prop_compose! {
    fn device()(
        mut device in addresses(),
        texts in vec(text(), 15),
        flags in any::<[bool; 17]>(),
        known in any::<[Option<bool>; 3]>(),
        recovery in option::of(any::<[bool; 3]>()),
        other in vec(("[A-Z][a-z]{2,6}Made[0-9]{1,3}", "[!-~]{1,10}"), 0..10),
    ) -> Device {
        let mut texts = texts.into_iter();
        for field in [
            &mut device.device_type, &mut device.model, &mut device.serial, &mut device.wifi_mac,
            &mut device.software_version, &mut device.dsp_version, &mut device.oem_code,
            &mut device.detail_oem_code, &mut device.oem_info, &mut device.ezviz_code,
            &mut device.manufacturer, &mut device.salt, &mut device.salt2, &mut device.user_name,
            &mut device.sadp_version,
        ] {
            *field = texts.next().unwrap();
        }
        let mut flags = flags.into_iter();
        for field in [
            &mut device.dhcp, &mut device.dhcp_ability, &mut device.support_ipv6,
            &mut device.support_modify_ipv6, &mut device.encrypt, &mut device.activated,
            &mut device.code_encrypt, &mut device.support_password_reset_type,
            &mut device.sync_ipc_password, &mut device.support_guid,
            &mut device.support_security_question, &mut device.support_mail_box,
            &mut device.device_lock, &mut device.support_ezviz_unbind,
        ] {
            *field = flags.next().unwrap();
        }
        [device.support_hc_platform, device.hc_platform_enable, device.is_modify_verification_code] = known;
        device.states_recovery = recovery.is_some();
        [device.reset_ability, device.password_reset_ability, device.password_reset_mode_second] =
            recovery.unwrap_or_default();
        device.other = other;
        device
    }
}

prop_compose! {
    fn extension()(
        (gateway, ipv6, ipv6_gateway) in any::<(Ipv4Addr, Ipv6Addr, Ipv6Addr)>(),
        (ipv6_mask_len, oem, activated, ezviz) in any::<(u8, u8, u8, u8)>(),
        (support_ipv6, dhcp) in any::<(bool, bool)>(),
        (http_port, digital_channels) in any::<(u16, u16)>(),
        (model, oem_info) in ("[!-~]{0,23}", "[!-~]{0,23}"),
    ) -> Layer2Extension {
        Layer2Extension {
            gateway, ipv6, ipv6_gateway, ipv6_mask_len, support_ipv6, dhcp, http_port,
            digital_channels, oem, activated, ezviz, model, oem_info,
        }
    }
}

prop_compose! {
    fn layer2_answer()(
        kind in select(vec![Layer2Kind::Answer, Layer2Kind::OnlineNotice]),
        (source_mac, destination_mac) in any::<([u8; 6], [u8; 6])>(),
        (source_ip, destination_ip, mask) in any::<(Ipv4Addr, Ipv4Addr, Ipv4Addr)>(),
        (sequence, device_type, encoders, disks) in any::<(u32, u32, u32, u32)>(),
        port in any::<u16>(),
        (serial, software, dsp) in ("[!-~]{1,47}", "[!-~]{0,47}", "[!-~]{0,47}"),
        boot_time in boot_time(),
        extension in option::of(extension()),
    ) -> Layer2Answer {
        Layer2Answer {
            kind, sequence, source_mac, source_ip, destination_mac, destination_ip, mask, serial,
            device_type, port: port.into(), encoders, disks, software, dsp, boot_time, extension,
        }
    }
}

fn described(datagram: &[u8]) -> (Device, Reading) {
    let message = parse(datagram).expect("a message");
    match message.body {
        Body::Device(device) => (*device, message.reading),
        body => panic!("a device, not {body:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_description_reads_back_as_the_device_it_was_written_from(
        device in device(),
        separator in select(vec!["", "\n", "\r\n", "  "]),
    ) {
        let xml = common::emit(&device, separator);
        prop_assert_eq!(described(xml.as_bytes()), (device, Reading::Strict));
    }

    #[test]
    fn a_description_survives_what_networks_and_firmware_do_to_it(
        device in device(),
        junk in vec(prop_oneof![Just(0_u8), 0x80..=0xff_u8, Just(b'<')], 0..20),
        padding in 0_usize..50,
    ) {
        let xml = common::emit(&device, "\n");
        let datagram = [&junk[..], xml.as_bytes(), &vec![0; padding]].concat();
        // A byte-order mark by accident would be one.
        prop_assume!(!matches!(datagram[..], [0xff, 0xfe, ..] | [0xfe, 0xff, ..]));
        prop_assert_eq!(described(&datagram).0, device);
    }

    #[test]
    fn a_truncated_description_never_says_what_the_whole_does_not(device in device(), at in any::<Index>()) {
        let xml = common::emit(&device, "");
        let Ok(message) = parse(&xml.as_bytes()[..at.index(xml.len() + 1)]) else { return Ok(()) };
        // Torn within its type, it says nothing.
        let Body::Device(torn) = message.body else { return Ok(()) };
        prop_assert_eq!(torn.mac, device.mac);
        for (torn, whole) in [
            (&torn.serial, &device.serial),
            (&torn.model, &device.model),
            (&torn.boot_time_text, &device.boot_time_text),
            (&torn.salt, &device.salt),
            (&torn.sadp_version, &device.sadp_version),
        ] {
            prop_assert!(torn.is_none() || torn == whole);
        }
        prop_assert!(torn.ipv4.is_none() || torn.ipv4 == device.ipv4);
        prop_assert!(torn.http_port.is_none() || torn.http_port == device.http_port);
        prop_assert!(torn.activated || !device.activated, "nobody is told to set a first password");
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..600)) {
        let _ = parse(&bytes);
        let _ = parse_frame(&bytes);
    }

    #[test]
    fn no_damage_panics(device in device(), hits in vec((any::<Index>(), any::<u8>()), 0..40)) {
        let mut datagram = common::emit(&device, "\r\n").into_bytes();
        for (at, byte) in hits {
            let at = at.index(datagram.len());
            datagram[at] = byte;
        }
        let _ = parse(&datagram);
    }

    #[test]
    fn what_is_read_stays_within_its_limits(tokens in vec(
        prop_oneof!["[A-Za-z]{1,80}", ".{0,300}", "(<|>|/|&|=|'|\"){1,3}", Just("<MAC>44-47-cc-37-ce-81</MAC>".into())],
        0..60,
    )) {
        let xml = format!("<Hello><MAC>44-47-cc-37-ce-81</MAC>{}", tokens.concat());
        let (device, _) = described(xml.as_bytes());
        prop_assert!(device.other.len() <= sadp::MAX_OTHER);
        let bytes: usize = device.other.iter().map(|(name, text)| name.len() + text.len()).sum();
        prop_assert!(bytes <= sadp::MAX_OTHER_BYTES);
    }

    #[test]
    fn an_opaque_text_is_read_byte_for_byte(string in "[ -~\u{4e00}-\u{4e80}]{0,300}[!-~]") {
        let escaped = string.replace('&', "&amp;").replace('<', "&lt;");
        let xml = format!("<ProbeMatch><Types>getencryptstring</Types><Result>success</Result>\
            <EncryptString>{escaped}</EncryptString></ProbeMatch>");
        let Body::EncryptString { string: read, .. } = parse(xml.as_bytes()).unwrap().body else { panic!() };
        prop_assert_eq!(read, Some(string));
    }

    #[test]
    fn printable_text_is_harmless_and_stays_so(text in any::<String>()) {
        let shown = printable(&text);
        prop_assert_eq!(shown.chars().count(), text.chars().count());
        prop_assert!(!shown.chars().any(char::is_control));
        let acting = ['\u{202e}', '\u{2066}', '\u{200f}', '\u{2028}', '\u{feff}'];
        prop_assert!(!shown.contains(acting));
        prop_assert_eq!(printable(&shown), &*shown);
        for (before, after) in text.chars().zip(shown.chars()) {
            let replaced = after == char::REPLACEMENT_CHARACTER;
            prop_assert!(after == before || replaced);
        }
    }

    #[test]
    fn addresses_and_times_read_back(octets in any::<[u8; 6]>(), text in mac_text(), time in boot_time()) {
        prop_assert_eq!(Mac(octets).to_string().parse(), Ok(Mac(octets)));
        prop_assert!(text.parse::<Mac>().is_ok());
        let time = BootTime::parse(&time).unwrap();
        prop_assert_eq!(BootTime::parse(&time.to_string()), Ok(time));
    }

    #[test]
    fn boot_times_order_like_their_seconds(a in boot_time(), b in boot_time()) {
        let [a, b] = [a, b].map(|text| BootTime::parse(&text).unwrap());
        prop_assert_eq!(a.cmp(&b), a.seconds().cmp(&b.seconds()));
    }

    #[test]
    fn types_and_uuids_read_back(types in "[!-~]{1,64}", random in any::<[u8; 16]>()) {
        let types = Types::parse(&types);
        prop_assert_eq!(Types::parse(types.as_str()), types);
        let uuid = Uuid::from_random(random);
        prop_assert_eq!(Uuid::from_text(uuid.as_str()), uuid);
    }

    #[test]
    fn requests_are_well_formed_and_never_taken_for_answers(
        mac in "\\PC{0,40}",
        code in "[A-Za-z0-9+/=]{1,511}",
        password in "[!-~]{1,16}",
        key in any::<[u8; 16]>(),
        random in any::<[u8; 16]>(),
        flag in any::<bool>(),
    ) {
        let key = SessionKey::from_bytes(key);
        let (mac, uuid) = (&*mac, Uuid::from_random(random));
        let password = &key.encrypt_password(password.as_bytes()).unwrap();
        let reset_code = &match key.encrypt_code(code.as_bytes()) {
            Ok(encrypted) if flag => encrypted,
            _ => ResetCode::plain(&code).unwrap(),
        };
        for request in [
            Request::Inquiry,
            Request::GetEncryptString { mac },
            Request::GetCode { mac },
            Request::GetPasswordResetType { mac },
            Request::ExchangeCode { mac, public_code: &code },
            Request::Reset { mac, password, sync_cameras: flag, code: reset_code },
            Request::Activate { mac, password },
            Request::Lamp { mac, on: flag },
        ] {
            let datagram = request.emit(&uuid);
            prop_assert_eq!(parse(&datagram), Err(ParseError::OwnProbe));
            // The same elements under an answer's root are an answer, read strictly and with the same values.
            let text = std::str::from_utf8(&datagram).unwrap();
            let answer = text.replace("Probe>", "ProbeMatch>");
            match parse(answer.as_bytes()) {
                Ok(message) => {
                    prop_assert_eq!(message.reading, Reading::Strict);
                    prop_assert_eq!(message.types, request.types());
                    prop_assert_eq!(message.uuid, Some(uuid.clone()));
                }
                Err(error) => {
                    let of_mac = matches!(error, ParseError::BadMac { .. } | ParseError::NoMac);
                    prop_assert!(of_mac);
                }
            }
        }
    }

    #[test]
    fn layer2_answers_read_back(answer in layer2_answer()) {
        let frame = parse_frame(&emit_answer(&answer)).unwrap();
        prop_assert_eq!((frame.kind, frame.sequence, frame.version), (answer.kind, answer.sequence, 1));
        prop_assert_eq!((frame.source_mac, frame.source_ip), (answer.source_mac, answer.source_ip));
        prop_assert_eq!((frame.destination_mac, frame.destination_ip), (answer.destination_mac, answer.destination_ip));
        let device = frame.device.unwrap();
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        prop_assert_eq!(device.mac, Mac(answer.source_mac));
        prop_assert_eq!((device.ipv4, device.ipv4_mask), (Some(answer.source_ip), Some(answer.mask)));
        prop_assert_eq!(&device.serial, &Some(answer.serial));
        prop_assert_eq!(&device.software_version, &text(&answer.software));
        prop_assert_eq!(&device.dsp_version, &text(&answer.dsp));
        prop_assert_eq!(device.boot_time, BootTime::parse(&answer.boot_time).ok());
        prop_assert_eq!(device.command_port.map(u32::from), Some(answer.port));
        prop_assert_eq!((device.analog_channels, device.disks), (Some(answer.encoders), Some(answer.disks)));
        match answer.extension {
            None => prop_assert_eq!(device.http_port, None),
            Some(extension) => {
                prop_assert_eq!(device.ipv4_gateway, Some(extension.gateway));
                prop_assert_eq!(&device.ipv6, &Some(extension.ipv6.to_string()));
                prop_assert_eq!(device.ipv6_mask_len, Some(extension.ipv6_mask_len));
                prop_assert_eq!((device.support_ipv6, device.dhcp), (extension.support_ipv6, extension.dhcp));
                prop_assert_eq!(device.http_port, Some(extension.http_port));
                prop_assert_eq!(device.digital_channels, Some(extension.digital_channels.into()));
                prop_assert_eq!(&device.model, &text(&extension.model));
                prop_assert_eq!(&device.oem_info, &text(&extension.oem_info));
            }
        }
    }

    #[test]
    fn layer2_inquiries_read_back(
        (source_mac, source_ip, sequence) in any::<([u8; 6], Ipv4Addr, u32)>(),
        ipv6 in any::<Ipv6Addr>(),
    ) {
        let inquiry = Layer2Inquiry { source_mac, source_ip, sequence };
        let frame = parse_frame(&inquiry.emit_with_ipv6(ipv6)).unwrap();
        prop_assert_eq!((frame.source_mac, frame.source_ip, frame.sequence), (source_mac, source_ip, sequence));
        prop_assert_eq!((frame.kind, frame.source_ipv6), (Layer2Kind::Inquiry, Some(ipv6)));
    }

    #[test]
    fn no_exchange_answer_panics(answer in prop_oneof!["[A-Za-z0-9+/]{171}=", "\\PC{0,300}"]) {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
        let prime = |name: &str| -> Vec<u8> {
            let text = vectors["rsa_test_key_hex"][name].as_str().unwrap();
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        };
        let pair = KeyPair::from_primes(&prime("p"), &prime("q")).unwrap();
        // Opening by accident has a chance of about one in ten thousand, and is no error.
        let _ = pair.open(&mut ChaCha8Rng::seed_from_u64(1), &answer);
    }
}
