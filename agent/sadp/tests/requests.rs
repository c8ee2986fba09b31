//! Every request, byte for byte.

use sadp::{Request, ResetCode, SessionKey, Types, Uuid};

const MAC: &str = "44:47:CC:37:ce:81";
const UUID: &str = "7621A503-49E6-4FBA-B3F8-CBE1F18E55F4";
const PASSWORD: &str = "KOMl7UBTsHH8MXci94MGxBcreGVV1sZAxEv51lL6FLk=";
const CODE: &str = "KOMl7UBTsHH8MXci94MGxFNY05HtqtY+NrzX19UjEJc=";

fn key() -> SessionKey {
    SessionKey::from_bytes(0x1021_3243_5465_7687_98a9_bacb_dced_fe0f_u128.to_be_bytes())
}

fn emitted(request: &Request<'_>) -> String {
    String::from_utf8(request.emit(&Uuid::from_text(UUID)).to_vec()).expect("requests are UTF-8")
}

/// The request with what all begin and end with.
fn probe(inner: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><Probe><Uuid>{UUID}</Uuid>{inner}</Probe>")
}

#[test]
fn inquiry_has_no_address() {
    assert_eq!(emitted(&Request::Inquiry), probe("<Types>inquiry</Types>"));
}

#[test]
fn commands_echo_the_address_as_the_device_spelt_it() {
    for (request, types) in [
        (Request::GetEncryptString { mac: MAC }, "getencryptstring"),
        (Request::GetCode { mac: MAC }, "getcode"),
        (
            Request::GetPasswordResetType { mac: MAC },
            "getPasswordResetType",
        ),
    ] {
        assert_eq!(
            emitted(&request),
            probe(&format!("<MAC>{MAC}</MAC><Types>{types}</Types>"))
        );
        assert_eq!(request.types(), Types::parse(types));
    }
}

#[test]
fn exchangecode_carries_the_public_code() {
    let request = Request::ExchangeCode {
        mac: MAC,
        public_code: "MIGJ+/==",
    };
    let inner = "<MAC>44:47:CC:37:ce:81</MAC><Types>exchangecode</Types><Code>MIGJ+/==</Code>";
    assert_eq!(emitted(&request), probe(inner));
}

#[test]
fn reset_carries_password_and_code_in_four_forms() {
    let password = key().encrypt_password(b"Passw0rd").unwrap();
    let plain = ResetCode::plain("A1b2C3d4").unwrap();
    let encrypted = key().encrypt_code(b"A1b2C3d4").unwrap();
    for (sync_cameras, sync) in [
        (false, ""),
        (true, "<SyncIPCPassword>true</SyncIPCPassword>"),
    ] {
        for (code, element) in [
            (&plain, "<Code>A1b2C3d4</Code>".to_owned()),
            (&encrypted, format!("<Code bEncrypt=\"true\">{CODE}</Code>")),
        ] {
            let request = Request::Reset {
                mac: MAC,
                password: &password,
                sync_cameras,
                code,
            };
            let inner = format!(
                "<MAC>{MAC}</MAC><Types>reset</Types><Password>{PASSWORD}</Password>{sync}{element}"
            );
            assert_eq!(emitted(&request), probe(&inner));
            assert_eq!(request.types(), Types::Reset);
        }
    }
}

#[test]
fn activate_carries_the_password() {
    let password = key().encrypt_password(b"Passw0rd").unwrap();
    let request = Request::Activate {
        mac: MAC,
        password: &password,
    };
    let inner = format!("<MAC>{MAC}</MAC><Types>activate</Types><Password>{PASSWORD}</Password>");
    assert_eq!(emitted(&request), probe(&inner));
}

#[test]
fn lamp_names_its_type_before_the_address() {
    for (on, action) in [(true, "open"), (false, "close")] {
        let inner = format!("<Types>lamp</Types><MAC>{MAC}</MAC><Action>{action}</Action>");
        assert_eq!(emitted(&Request::Lamp { mac: MAC, on }), probe(&inner));
    }
}

#[test]
fn a_hostile_address_stays_text() {
    let request = Request::GetCode {
        mac: "a</MAC><Types>reset</Types>&",
    };
    let inner =
        "<MAC>a&lt;/MAC&gt;&lt;Types&gt;reset&lt;/Types&gt;&amp;</MAC><Types>getcode</Types>";
    assert_eq!(emitted(&request), probe(inner));
}

#[test]
fn the_largest_request_fits_its_buffer() {
    // A buffer that grows leaves copies of secrets behind.
    let password = key().encrypt_password(&[b'a'; 16]).unwrap();
    let code = ResetCode::plain(&"x".repeat(511)).unwrap();
    let request = Request::Reset {
        mac: MAC,
        password: &password,
        sync_cameras: true,
        code: &code,
    };
    let datagram = request.emit(&Uuid::from_text(UUID));
    assert!(datagram.len() < 1472, "one Ethernet frame");
    assert_eq!(
        datagram.capacity(),
        Request::Inquiry.emit(&Uuid::from_text(UUID)).capacity()
    );
}
