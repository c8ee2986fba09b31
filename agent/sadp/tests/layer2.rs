//! Layer-2 frames both ways.

use std::net::{Ipv4Addr, Ipv6Addr};

use sadp::{
    Layer2Answer, Layer2Error, Layer2Extension, Layer2Inquiry, Layer2Kind, emit_answer, parse_frame,
};

/// An inquiry of the vendor's client, captured; its checksum on the wire is 13 82.
const CAPTURED: &str = "ffffffffffff00155de6aa0b8033210201420000240306040300138200155de6aa0ba9fe5050\
                        ffffffffffff0000000000000000fe80000000000000647e5db09e93cd07000000000000000000000000";

fn captured() -> Vec<u8> {
    let text = CAPTURED.as_bytes();
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    text.chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

fn inquiry() -> Layer2Inquiry {
    Layer2Inquiry {
        source_mac: [0x00, 0x15, 0x5d, 0xe6, 0xaa, 0x0b],
        source_ip: Ipv4Addr::new(169, 254, 80, 80),
        sequence: 0x2403,
    }
}

const IPV6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0x647e, 0x5db0, 0x9e93, 0xcd07);

fn answer() -> Layer2Answer {
    Layer2Answer {
        kind: Layer2Kind::Answer,
        sequence: 0x2403,
        source_mac: [0x44, 0x47, 0xcc, 0x37, 0xce, 0x81],
        source_ip: Ipv4Addr::new(192, 168, 1, 64),
        destination_mac: [0x00, 0x15, 0x5d, 0xe6, 0xaa, 0x0b],
        destination_ip: Ipv4Addr::new(169, 254, 80, 80),
        mask: Ipv4Addr::new(255, 255, 255, 0),
        serial: "DS-2CD2042WD-I20160814AAWR634592871".into(),
        device_type: 139_269,
        port: 8000,
        encoders: 0,
        disks: 1,
        software: "V5.4.5build 170123".into(),
        dsp: "V7.3, build 170123".into(),
        boot_time: "2024-09-18 09:21:28".into(),
        extension: Some(Layer2Extension {
            gateway: Ipv4Addr::new(192, 168, 1, 1),
            ipv6: IPV6,
            ipv6_gateway: Ipv6Addr::UNSPECIFIED,
            ipv6_mask_len: 64,
            support_ipv6: true,
            dhcp: true,
            http_port: 80,
            digital_channels: 1,
            oem: 0,
            activated: 1,
            ezviz: 0,
            model: "DS-2CD2042WD-I".into(),
            oem_info: "ABUS".into(),
        }),
    }
}

#[test]
fn the_captured_inquiry_is_made_byte_for_byte() {
    assert_eq!(inquiry().emit_with_ipv6(IPV6), captured());
}

#[test]
fn the_captured_inquiry_is_read() {
    let frame = parse_frame(&captured()).unwrap();
    assert_eq!(
        (frame.kind, frame.opcode, frame.version),
        (Layer2Kind::Inquiry, 0, 2)
    );
    assert_eq!(frame.sequence, 0x2403);
    assert_eq!(
        (frame.source_mac, frame.source_ip),
        (inquiry().source_mac, inquiry().source_ip)
    );
    assert_eq!(frame.destination_mac, [0xff; 6]);
    assert_eq!(frame.source_ipv6, Some(IPV6));
    assert_eq!(frame.device, None);
}

#[test]
fn an_inquiry_without_an_address_of_its_own_is_80_bytes() {
    let frame = inquiry().emit();
    assert_eq!(frame.len(), 80);
    assert_eq!(
        parse_frame(&frame).unwrap().source_ipv6,
        Some(Ipv6Addr::UNSPECIFIED)
    );
}

#[test]
fn an_answer_describes_its_device() {
    let bytes = emit_answer(&answer());
    assert_eq!(
        bytes.len(),
        260 + 156,
        "the second block begins at frame offset 260"
    );
    assert_eq!((bytes[14 + 3], &bytes[260..262]), (0xf6, &[0x02, 0x9c][..]));
    let device = *parse_frame(&bytes).unwrap().device.unwrap();
    let text = Option::as_deref;
    assert_eq!(device.mac_text, "44-47-cc-37-ce-81");
    assert_eq!(
        text(&device.serial),
        Some("DS-2CD2042WD-I20160814AAWR634592871")
    );
    assert_eq!(text(&device.device_type), Some("139269"));
    assert_eq!(
        (device.command_port, device.http_port),
        (Some(8000), Some(80))
    );
    assert_eq!(
        (device.analog_channels, device.digital_channels),
        (Some(0), Some(1))
    );
    assert_eq!(device.disks, Some(1));
    assert_eq!(text(&device.software_version), Some("V5.4.5build 170123"));
    assert_eq!(text(&device.dsp_version), Some("V7.3, build 170123"));
    assert_eq!(device.boot_time.unwrap().seconds(), 1_726_651_288);
    assert_eq!(device.ipv4, Some(Ipv4Addr::new(192, 168, 1, 64)));
    assert_eq!(device.ipv4_mask, Some(Ipv4Addr::new(255, 255, 255, 0)));
    assert_eq!(device.ipv4_gateway, Some(Ipv4Addr::new(192, 168, 1, 1)));
    assert_eq!(text(&device.ipv6), Some("fe80::647e:5db0:9e93:cd07"));
    assert_eq!((device.ipv6_mask_len, device.dhcp), (Some(64), true));
    assert_eq!(text(&device.model), Some("DS-2CD2042WD-I"));
    assert_eq!(device.brand(), Some("ABUS"));
    assert!(device.activated, "the byte's meaning is not proven");
    assert!(
        device
            .other
            .contains(&("Activated byte".into(), "1".into()))
    );
}

#[test]
fn every_damaged_bit_of_the_covered_bytes_is_noticed() {
    let good = emit_answer(&Layer2Answer {
        extension: None,
        ..answer()
    });
    for at in 14..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            assert!(parse_frame(&bad).is_err(), "byte {at} bit {bit}");
        }
    }
}

#[test]
fn a_damaged_second_block_is_left_out() {
    let mut frame = emit_answer(&answer());
    let model = frame.len() - 48;
    frame[model] ^= 1;
    let device = parse_frame(&frame).unwrap().device.unwrap();
    assert_eq!((device.model.as_deref(), device.http_port), (None, None));
    assert!(device.serial.is_some());
}

#[test]
fn a_torn_or_foreign_frame_is_refused() {
    let good = emit_answer(&Layer2Answer {
        extension: None,
        ..answer()
    });
    for length in 0..good.len() {
        let error = parse_frame(&good[..length]).unwrap_err();
        match length {
            0..=14 => assert_eq!(error, Layer2Error::NotSadp),
            15..52 => assert_eq!(error, Layer2Error::Short { length, needed: 52 }),
            _ => assert_eq!(
                error,
                Layer2Error::Short {
                    length,
                    needed: 260
                }
            ),
        }
    }
    let mut foreign = good.clone();
    foreign[12..14].copy_from_slice(&[0x08, 0x00]);
    assert_eq!(parse_frame(&foreign), Err(Layer2Error::NotSadp));
}

#[test]
fn texts_too_long_for_a_frame_are_cut_between_characters() {
    let frame = emit_answer(&Layer2Answer {
        serial: "海".repeat(30),
        ..answer()
    });
    let device = parse_frame(&frame).unwrap().device.unwrap();
    assert_eq!(device.serial, Some("海".repeat(15)));
}

#[test]
fn an_answer_is_made_byte_for_byte() {
    let expected = include_bytes!("../../../fuzz/corpus/frame/answer.bin");
    assert_eq!(
        emit_answer(&Layer2Answer {
            extension: None,
            ..answer()
        }),
        expected
    );
    let both = include_bytes!("../../../fuzz/corpus/frame/answer-second-block.bin");
    let device = parse_frame(both).unwrap().device.unwrap();
    assert_eq!((device.http_port, device.brand()), (Some(80), Some("ABUS")));
}
