//! Answers as devices send them, with every oddity seen or told of, as files under `answers/`.

use std::net::Ipv4Addr;

use sadp::{Body, Device, Message, ParseError, Reading, Root, Types, parse};

/// The message in a file of `answers/`.
macro_rules! read {
    ($file:literal) => {
        parse(include_bytes!(concat!("answers/", $file)))
    };
}

/// The device a file of `answers/` describes, which must be read in the given way.
macro_rules! device {
    ($file:literal, $reading:ident) => {
        described(read!($file), Reading::$reading)
    };
}

fn described(message: Result<Message, ParseError>, reading: Reading) -> Device {
    let message = message.expect("a message");
    assert_eq!(message.reading, reading);
    match message.body {
        Body::Device(device) => *device,
        body => panic!("a device, not {body:?}"),
    }
}

/// What all descriptions in the corpus agree on, however they are written.
fn usual() -> Device {
    let mut device = Device::new("44-47-cc-37-ce-81");
    device.device_type = Some("139269".into());
    device.model = Some("DS-2CD2042WD-I".into());
    device.serial = Some("DS-2CD2042WD-I20160814AAWR634592871".into());
    device.command_port = Some(8000);
    device.http_port = Some(80);
    device.ipv4 = Some(Ipv4Addr::new(192, 168, 1, 64));
    device.ipv4_mask = Some(Ipv4Addr::new(255, 255, 255, 0));
    device.ipv4_gateway = Some(Ipv4Addr::new(192, 168, 1, 1));
    device.ipv6 = Some("::".into());
    device.ipv6_gateway = Some("::".into());
    device.ipv6_mask_len = Some(64);
    device.analog_channels = Some(0);
    device.digital_channels = Some(1);
    device.software_version = Some("V5.4.5build 170123".into());
    device.dsp_version = Some("V7.3, build 170123".into());
    device.boot_time_text = Some("2024-09-18 09:21:28".into());
    device.boot_time = sadp::BootTime::parse("2024-09-18 09:21:28").ok();
    device
}

fn pair(name: &str, text: &str) -> (String, String) {
    (name.into(), text.into())
}

#[test]
fn a_camera_of_2018() {
    let expected = Device {
        disks: Some(0),
        encrypt: true,
        states_recovery: true,
        password_reset_ability: true,
        password_reset_mode_second: true,
        detail_oem_code: Some("1".into()),
        support_security_question: true,
        support_hc_platform: Some(true),
        hc_platform_enable: Some(false),
        is_modify_verification_code: Some(true),
        salt: Some("e8bc163c82eee18733288c7d4ac636db3a6deb013ef2d37b68322be20edc45cc".into()),
        device_lock: true,
        other: vec![pair("HCPlatformEnable", "flase")],
        ..usual()
    };
    assert_eq!(device!("ipc-2018-mode-second.xml", Strict), expected);
}

#[test]
fn a_camera_of_2015_names_no_capability() {
    let expected = Device {
        software_version: Some("V5.0, build 140714".into()),
        boot_time_text: Some("2021-3-5 7:4:9".into()),
        boot_time: sadp::BootTime::parse("2021-03-05 07:04:09").ok(),
        ..usual()
    };
    assert!(expected.activated && expected.dhcp_ability && expected.support_modify_ipv6);
    assert_eq!(device!("ipc-2015.xml", Strict), expected);
}

#[test]
fn the_way_it_is_written_does_not_matter() {
    assert_eq!(device!("no-declaration.xml", Strict), usual());
    assert_eq!(device!("single-quoted-declaration.xml", Strict), usual());
    assert_eq!(device!("blank-before-declaration-end.xml", Strict), usual());
    assert_eq!(device!("torn-declaration.xml", Forgiving), usual());
    assert_eq!(device!("several-per-line.xml", Strict), usual());
    assert_eq!(device!("root-probematch.xml", Strict), usual());
    assert_eq!(device!("root-missing.xml", Forgiving), usual());
    assert_eq!(device!("no-types.xml", Strict), usual());
    assert_eq!(device!("trailing-nuls.bin", Strict), usual());
    assert_eq!(device!("leading-binary.bin", Forgiving), usual());
    assert_eq!(device!("bom.xml", Strict), usual());
    assert_eq!(device!("doctype.xml", Strict), usual());
    assert_eq!(device!("comments-and-cdata.xml", Strict), usual());
    assert_eq!(device!("foreign-uuid.xml", Strict), usual());
    assert_eq!(device!("mismatched-end-tags.xml", Forgiving), usual());
    let wrong_case = device!("wrong-case-tags.xml", Forgiving);
    assert_eq!(wrong_case, usual());
}

#[test]
fn roots_types_and_uuids_are_told() {
    let hello = read!("hello.xml").unwrap();
    assert_eq!(
        (hello.root, &hello.types, &hello.uuid),
        (Root::Hello, &Types::Hello, &None)
    );
    assert_eq!(described(Ok(hello), Reading::Strict), usual());

    let answer = read!("root-probematch.xml").unwrap();
    assert_eq!(
        (answer.root, &answer.types),
        (Root::ProbeMatch, &Types::Inquiry)
    );
    assert_eq!(
        answer.uuid.unwrap().as_str(),
        "7621A503-49E6-4FBA-B3F8-CBE1F18E55F4"
    );
    assert_eq!(
        answer.mac,
        Some(sadp::Mac([0x44, 0x47, 0xcc, 0x37, 0xce, 0x81]))
    );

    assert_eq!(read!("root-missing.xml").unwrap().root, Root::Other);
    let foreign = read!("foreign-uuid.xml").unwrap();
    assert_eq!(foreign.uuid.unwrap().as_str(), "{some-other-client}");
}

#[test]
fn of_duplicates_the_first_that_is_not_empty_counts() {
    let device = device!("duplicates.xml", Strict);
    assert_eq!(device.ipv4, Some(Ipv4Addr::new(192, 168, 1, 64)));
    assert_eq!(device.mac_text, "44-47-cc-37-ce-81");
    // The others are not lost; the one that says the same is no news.
    assert_eq!(
        device.other,
        [
            pair("IPv4Address", "10.0.0.9"),
            pair("MAC", "44-47-cc-37-ce-82")
        ]
    );
}

#[test]
fn an_empty_element_reads_like_a_missing_one() {
    let expected = Device {
        model: None,
        ipv4_gateway: None,
        other: vec![pair("MadeUp", "")],
        ..usual()
    };
    assert_eq!(device!("empty-elements.xml", Strict), expected);
}

#[test]
fn a_bare_ampersand_is_an_ampersand() {
    let device = device!("bare-ampersand.xml", Forgiving);
    assert_eq!(
        device.model.as_deref(),
        Some("DS-2CD20 A&B & C<D &unknown; A")
    );
    assert_eq!(
        Device {
            model: usual().model,
            ..device
        },
        usual()
    );
}

#[test]
fn a_torn_value_is_not_taken_for_the_value() {
    let expected = Device {
        software_version: None,
        dsp_version: None,
        boot_time: None,
        boot_time_text: None,
        other: vec![pair("SoftwareVersion", "V5")],
        ..usual()
    };
    assert_eq!(device!("truncated.xml", Forgiving), expected);
    // Torn within the end tag: the value itself is whole.
    let expected = Device {
        software_version: usual().software_version,
        other: vec![],
        ..expected
    };
    assert_eq!(device!("truncated-in-tag.xml", Forgiving), expected);
}

#[test]
fn chinese_texts_are_read_in_their_encoding() {
    let device = device!("gb2312.xml", Strict);
    assert_eq!(device.model.as_deref(), Some("网络摄像机"));
    assert_eq!(device.brand(), Some("海康威视"));
    assert_eq!(
        device!("gb2312-undeclared.xml", Strict).model.as_deref(),
        Some("网络摄像机")
    );
}

#[test]
fn encrypted_versions_are_opened_or_kept() {
    let device = device!("encrypted-versions.xml", Strict);
    assert_eq!(
        device.software_version.as_deref(),
        Some("V5.4.5build 170123")
    );
    assert_eq!(device.dsp_version, None);
    assert_eq!(
        device.other,
        [pair("DSPVersionEncrypt", "not base64 at all")]
    );
}

#[test]
fn a_recorder_with_everything() {
    let salt = "e8bc163c82eee18733288c7d4ac636db3a6deb013ef2d37b68322be20edc45cc";
    let salt2 = "ad328846aa18b32a335816374511cac1063c704b8c57999e51da9f908290a7a4";
    let device = device!("nvr.xml", Strict);
    let expected = Device {
        mac: "bc-ad-28-4f-0a-11".parse().unwrap(),
        mac_text: "BC:AD:28:4F:0A:11".into(),
        device_type: Some("35585".into()),
        model: Some("DS-7616NI-K2/16P".into()),
        serial: Some("DS-7616NI-K2/16P1620180912CCRRC48151623WCVU".into()),
        digital_channels: Some(16),
        disks: Some(2),
        states_recovery: true,
        password_reset_ability: true,
        password_reset_mode_second: true,
        sync_ipc_password: true,
        support_guid: true,
        support_security_question: true,
        support_mail_box: true,
        support_password_reset_type: true,
        code_encrypt: true,
        https_port: Some(443),
        sdk_over_tls_port: Some(8443),
        ezviz_bind_status: Some(1),
        support_ezviz_unbind: true,
        user_name: Some("root".into()),
        oem_info: Some("LTS".into()),
        encrypt: true,
        salt: Some(salt.into()),
        salt2: Some(salt2.into()),
        ..usual()
    };
    assert_eq!(device, expected);
    assert!(device.is_recorder());
    assert_eq!(device.serial_tail(), "23WCVU");
}

#[test]
fn activation_is_missing_only_when_it_says_so() {
    assert!(!device!("inactive.xml", Strict).activated);
    assert!(
        device!("odd-values.xml", Strict).activated,
        "FALSE is not exactly false"
    );
    assert!(device!("sadp-3.xml", Strict).may_refuse());
    let device = device!("clock-1970.xml", Strict);
    assert_eq!(device.boot_time.unwrap().seconds(), 1_219_451);
}

#[test]
fn a_value_that_fits_no_field_is_kept_as_it_came() {
    let device = device!("odd-values.xml", Strict);
    assert_eq!(
        (device.command_port, device.http_port, device.disks),
        (None, None, None)
    );
    assert_eq!((device.ipv4_gateway, device.ipv6_mask_len), (None, None));
    assert!(!device.dhcp);
    assert_eq!(device.hc_platform_enable, Some(false));
    assert_eq!(
        (device.boot_time, device.boot_time_text.as_deref()),
        (None, Some("yesterday"))
    );
    assert_eq!(
        device.other,
        [
            pair("CommandPort", "eighty"),
            pair("HttpPort", "70000"),
            pair("IPv4Gateway", "::"),
            pair("IPv6MaskLen", "300"),
            pair("DHCP", "flase"),
            pair("DiskNumber", "-1"),
            pair("Activated", "FALSE"),
            pair("HCPlatformEnable", "flase"),
        ]
    );
}

#[test]
fn hostile_text_is_kept_and_made_printable() {
    let device = device!("terminal-escapes.xml", Strict);
    let model = device.model.unwrap();
    assert_eq!(model, "\x1b[31mred\x1b]0;title\x07");
    assert_eq!(
        sadp::printable(&model),
        "\u{fffd}[31mred\u{fffd}]0;title\u{fffd}"
    );
    assert_eq!(
        sadp::printable(&device.serial.unwrap()),
        "DS\u{fffd}override"
    );
}

#[test]
fn entities_are_never_expanded() {
    let device = device!("entity-bomb.xml", Forgiving);
    assert_eq!(device.model.as_deref(), Some("&b;"));
    assert_eq!(device.serial.as_deref(), Some("&c;"));
    assert_eq!(
        Device {
            model: usual().model,
            serial: usual().serial,
            ..device
        },
        usual()
    );
}

#[test]
fn of_two_messages_in_one_datagram_the_first_counts() {
    let device = device!("two-messages.xml", Forgiving);
    assert_eq!(device.serial, usual().serial);
    assert!(device.other.contains(&pair("DeviceSN", "other")));
}

#[test]
fn requests_are_not_answers() {
    assert_eq!(read!("own-probe.xml"), Err(ParseError::OwnProbe));
    assert_eq!(
        read!("other-clients-exchange.xml"),
        Err(ParseError::OwnProbe)
    );
    let torn = b"\0\x01<probe><Uuid>1</Uuid><Types>inqui";
    assert_eq!(parse(torn), Err(ParseError::OwnProbe));
}

#[test]
fn what_is_no_message_is_refused_with_its_reason() {
    assert_eq!(read!("no-mac.xml"), Err(ParseError::NoMac));
    let text = "\u{fffd}[2Jnone".to_owned();
    assert_eq!(read!("bad-mac.xml"), Err(ParseError::BadMac { text }));
    for nothing in [&b""[..], b"\0\0", b" \r\n", b"\xef\xbb\xbf"] {
        assert_eq!(parse(nothing), Err(ParseError::Empty));
    }
    let large = vec![b'<'; sadp::MAX_DATAGRAM + 1];
    assert_eq!(parse(&large), Err(ParseError::TooLarge { length: 65_537 }));
    for foreign in [
        &b"M-SEARCH * HTTP/1.1\r\n"[..],
        b"<html><p>x</p></html>",
        b"\xff\xfe\xfd",
    ] {
        assert_eq!(parse(foreign), Err(ParseError::NotSadp), "{foreign:?}");
    }
}

#[test]
fn a_device_cannot_fill_the_memory() {
    let mut xml = String::from("<ProbeMatch><Types>inquiry</Types><MAC>44-47-cc-37-ce-81</MAC>");
    for at in 0..1500 {
        xml.push_str(&format!("<Unknown{at}>{at}</Unknown{at}>"));
    }
    xml.push_str("</ProbeMatch>");
    let device = described(parse(xml.as_bytes()), Reading::Strict);
    assert_eq!(device.other.len(), sadp::MAX_OTHER);
    assert_eq!(device.other[31], pair("Unknown31", "31"));

    let long = "x".repeat(12_000);
    let xml = format!(
        "<ProbeMatch><Types>inquiry</Types><MAC>44-47-cc-37-ce-81</MAC><DeviceSN>{long}</DeviceSN>\
         <{long}>{long}</{long}></ProbeMatch>"
    );
    let device = described(parse(xml.as_bytes()), Reading::Strict);
    assert_eq!(
        device.serial, None,
        "a cut serial would be another device's"
    );
    let kept: Vec<_> = device
        .other
        .iter()
        .map(|(name, text)| (name.len(), text.len()))
        .collect();
    assert_eq!(kept, [(64, sadp::MAX_TEXT), (8, sadp::MAX_TEXT)]);

    // Few elements, but many bytes: 15 of 6 and 256 bytes fit into 4096.
    let many: String = (10..40)
        .map(|at| format!("<Extr{at}>{long:.300}</Extr{at}>"))
        .collect();
    let xml = format!("<Hello><MAC>44-47-cc-37-ce-81</MAC>{many}</Hello>");
    let device = described(parse(xml.as_bytes()), Reading::Strict);
    assert_eq!(device.other.len(), 15);

    let xml = format!(
        "<ProbeMatch><Types>getencryptstring</Types><EncryptString>{long}</EncryptString></ProbeMatch>"
    );
    let Body::EncryptString { string, .. } = parse(xml.as_bytes()).unwrap().body else {
        panic!()
    };
    assert_eq!(string, None, "a cut device code is worthless");
}

#[test]
fn nesting_and_attributes_cost_nothing() {
    let deep = format!(
        "<ProbeMatch>{}<MAC>44-47-cc-37-ce-81</MAC><Types>inquiry</Types>",
        "<a b='>' c=\"/>\">".repeat(3000)
    );
    assert_eq!(
        described(parse(deep.as_bytes()), Reading::Forgiving).mac,
        usual().mac
    );
    // Well-formed, but no device nests like this: read without a stack.
    let closed = format!(
        "<Hello>{}{}<MAC>44-47-cc-37-ce-81</MAC></Hello>",
        "<a>".repeat(3000),
        "</a>".repeat(3000)
    );
    assert_eq!(
        described(parse(closed.as_bytes()), Reading::Forgiving).mac,
        usual().mac
    );
    let attributes = format!(
        "<ProbeMatch{}><MAC x='1'>44-47-cc-37-ce-81</MAC><Types>inquiry</Types></ProbeMatch>",
        " a='b'".repeat(5000)
    );
    assert_eq!(
        described(parse(attributes.as_bytes()), Reading::Strict).mac,
        usual().mac
    );
}
