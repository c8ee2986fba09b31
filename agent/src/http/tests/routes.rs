//! What each address says.

use resetbox_core::request::{CaseId, Done, SubmissionId};
use resetbox_core::secret::SecretText;
use resetbox_core::view::Feed;
use resetbox_core::{Mono, Problem, ProblemKind, Reply, Request};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::openapi;
use super::{CODE, Rig, Stream, fixture, sample};

fn yes(request: &Request) -> Reply {
    Ok(match request {
        Request::OpenCase { .. } => Done::Case(CaseId("k7m2p9xq".into())),
        Request::SubmitKey { case, confirm, .. } => match confirm {
            Some(_) => Done::Succeeded(case.clone()),
            None => Done::AwaitingConfirm {
                case: case.clone(),
                submission: SubmissionId("3-k7m2p9xq".into()),
            },
        },
        Request::ProposePassword => Done::Password(SecretText::new("Xk7-mmQ2")),
        _ => Done::Ok,
    })
}

#[tokio::test]
async fn every_documented_address_exists_and_takes_only_its_methods() {
    let rig = Rig::start(true, yes).await;
    let file: serde_json::Value = serde_json::from_str(openapi::FILE).expect("JSON");
    let paths = file["paths"].as_object().expect("paths");
    assert!(paths.len() > 25, "{}", paths.len());
    for (path, item) in paths {
        let path = path
            .replace("{id}", "k7m2p9xq")
            .replace("{mac}", "44-47-cc-37-ce-81");
        let methods: Vec<_> = item.as_object().expect("methods").keys().collect();
        let answer = rig.send("PATCH", &path, &[], "").await;
        assert_eq!(answer.status, 405, "{path}");
        let allow = answer.header("allow").unwrap_or_default().to_lowercase();
        for method in methods {
            assert!(allow.contains(method.as_str()), "{method} {path}: {allow}");
        }
    }
}

#[tokio::test]
async fn an_address_that_is_no_text_is_answered_as_any_other_unknown_one() {
    let rig = Rig::start(true, yes).await;
    for path in ["/cases/%F0%28", "/devices/%ff", "/api/v1/cases/%C3"] {
        let answer = rig.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        let form = answer.header("content-type");
        assert_eq!(form, Some("application/problem+json"), "{path}");
    }
    let umlaut = rig.get("/api/v1/cases/%C3%BC").await;
    assert_eq!(umlaut.json()["type"], "urn:resetbox:problem:unknown-case");
}

#[tokio::test]
async fn the_state_tells_everything_but_secrets() {
    let rig = Rig::start(true, yes).await;
    let answer = rig.get("/api/v1/state").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let state = answer.json();
    assert_eq!(
        state["session"],
        serde_json::json!({"required": true, "open": false})
    );
    assert_eq!(state["devices_total"], 2);
    assert_eq!(state["devices"][0]["way"], "typed-key");
    assert_eq!(state["cases"][0]["problem"]["code"], 2039);
    assert_eq!(state["cases"][0]["problem"]["tries_left"], 4);
    assert_eq!(state["cases"][0]["left_s"], 3600);
    assert!(!answer.text().contains(CODE), "the device code is a secret");
    let mut view = sample("join-page");
    view.devices = fixture().devices;
    rig.view.send_replace(Arc::new(view));
    assert!(!rig.get("/api/v1/state").await.text().contains("pin\""));
}

#[tokio::test]
async fn problems_are_told_in_the_reader_s_language() {
    let rig = Rig::start(false, |_| Err(Problem::new(ProblemKind::Locked))).await;
    let ask = |language: &'static str| {
        let headers = [("Accept-Language", language)];
        let rig = &rig;
        async move { rig.send("POST", "/api/v1/scan", &headers, "").await }
    };
    let (english, indonesian) = (ask("en-GB").await, ask("id-ID,en;q=0.5").await);
    assert_eq!(english.status, 423);
    assert_eq!(
        english.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(english.json()["type"], "urn:resetbox:problem:locked");
    assert_eq!(english.json()["code"], 2018);
    assert_ne!(english.json()["hint"], indonesian.json()["hint"]);
    for answer in [english, indonesian] {
        for part in ["title", "detail", "hint"] {
            assert!(
                answer.json()[part]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{part}"
            );
        }
    }
}

#[tokio::test]
async fn the_device_code_is_given_byte_for_byte_in_all_three_forms() {
    let rig = Rig::start(false, yes).await;
    let file = rig.get("/api/v1/cases/k7m2p9xq/DeviceKey.xml").await;
    assert_eq!(file.body, CODE.as_bytes());
    assert!(
        file.header("content-disposition")
            .is_some_and(|d| d.contains("DeviceKey.xml"))
    );
    let png = rig.get("/api/v1/cases/k7m2p9xq/qr.png").await;
    assert_eq!(png.header("content-type"), Some("image/png"));
    assert_eq!(read_qr(&png.body), CODE);
    let svg = rig.get("/api/v1/cases/k7m2p9xq/qr.svg").await;
    assert!(svg.text().starts_with("<svg "));
    assert_eq!(rig.get("/api/v1/cases/aaaaaaaa/qr.png").await.status, 404);
}

fn read_qr(picture: &[u8]) -> String {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    let (width, height) = (info.width as usize, info.height as usize);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        pixels[y * info.line_size + x]
    });
    let grids = image.detect_grids();
    grids[0].decode().expect("a QR").1
}

#[tokio::test]
async fn a_case_is_opened_and_its_key_handed_over_with_and_without_confirmation() {
    let rig = Rig::start(false, yes).await;
    let opened = rig
        .post("/api/v1/cases", "{\"mac\":\"44:47:CC:37:CE:81\"}")
        .await;
    assert_eq!(opened.status, 201);
    assert_eq!(opened.json()["id"], "k7m2p9xq");
    assert_eq!(opened.header("location"), Some("/api/v1/cases/k7m2p9xq"));
    assert_eq!(
        rig.post("/api/v1/cases", "{\"mac\":\"no\"}").await.status,
        400
    );
    let path = "/api/v1/cases/k7m2p9xq/key";
    let waits = rig
        .post(path, "{\"key\":\"A7kQ2m9x\",\"new_password\":\"Secret-9\"}")
        .await;
    assert_eq!(waits.json()["outcome"], "awaiting-confirm");
    let body = "{\"key\":\"A7kQ2m9x\",\"new_password\":\"Secret-9\",\"sync_cameras\":true,\"confirm\":\"DS1\"}";
    assert_eq!(rig.post(path, body).await.json()["outcome"], "succeeded");
    let id = CaseId("k7m2p9xq".into());
    assert_eq!(
        rig.asked().last(),
        Some(&Request::SubmitKey {
            case: id.clone(),
            key: SecretText::new("A7kQ2m9x"),
            new_password: SecretText::new("Secret-9"),
            sync_cameras: true,
            confirm: Some("DS1".into()),
        })
    );
    let confirm = "/api/v1/cases/k7m2p9xq/confirm";
    rig.post(
        confirm,
        "{\"submission\":\"3-k7m2p9xq\",\"serial\":\"DS1\",\"insist\":true}",
    )
    .await;
    rig.send("DELETE", "/api/v1/cases/k7m2p9xq", &[], "").await;
    let asked = rig.asked();
    assert_eq!(
        asked[asked.len() - 2..],
        [
            Request::Confirm {
                case: id.clone(),
                submission: SubmissionId("3-k7m2p9xq".into()),
                serial: "DS1".into(),
                insist: true
            },
            Request::CancelCase { case: id }
        ]
    );
    assert_eq!(
        rig.post("/api/v1/password", "").await.json()["password"],
        "Xk7-mmQ2"
    );
}

#[tokio::test]
async fn tables_are_no_formulas() {
    let rig = Rig::start(false, yes).await;
    let devices = rig.get("/api/v1/devices.csv").await;
    assert!(
        devices.text().contains("\"'=HYPERLINK("),
        "{}",
        devices.text()
    );
    let audit = rig.get("/api/v1/audit.csv").await;
    assert!(audit.text().contains("\"'=DS842150\""), "{}", audit.text());
    assert_eq!(rig.get("/api/v1/audit").await.json()[0]["channel"], "panel");
}

#[tokio::test]
async fn devices_are_found_by_a_part_of_what_is_known() {
    let rig = Rig::start(false, yes).await;
    for (query, total) in [
        ("842150", 1),
        ("ds-2cd", 1),
        ("37-ce", 1),
        ("192.168", 2),
        ("zzz", 0),
    ] {
        let answer = rig.get(&format!("/api/v1/devices?q={query}")).await.json();
        assert_eq!(answer["total"], total, "{query}");
    }
    assert_eq!(
        rig.get("/api/v1/devices?limit=1&offset=1").await.json()["items"][0]["mac"],
        "02-00-00-00-00-01"
    );
    let one = rig.get("/api/v1/devices/4447cc37ce81").await.json();
    assert_eq!(one["other"][0]["name"], "Odd");
    assert_eq!(
        rig.get("/api/v1/devices/00-00-00-00-00-00").await.status,
        404
    );
}

#[tokio::test]
async fn pages_are_readable_without_script_and_escape_what_devices_say() {
    let rig = Rig::start(true, yes).await;
    let home = rig.send("GET", "/", &[("Accept-Language", "id")], "").await;
    assert!(home.text().contains("<html lang=\"id\">"));
    assert!(home.text().contains("DS-2CD2385G1-I") && home.text().contains("192.168.1.64"));
    assert!(home.text().contains("...842150"));
    assert!(!home.text().contains("<script>alert"));
    let case = rig.get("/cases/k7m2p9xq").await;
    assert!(
        case.text().contains("2039") || case.text().contains("key"),
        "{}",
        case.text()
    );
    assert!(!case.text().contains(CODE));
    for path in [
        "/devices/44-47-cc-37-ce-81",
        "/diagnosis",
        "/log",
        "/cases/gone1234",
        "/panel",
    ] {
        let page = rig.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text().contains("{{"), "{path}");
    }
}

#[tokio::test]
async fn files_are_known_again() {
    let rig = Rig::start(false, yes).await;
    let first = rig.get("/app.css").await;
    let tag = first.header("etag").expect("a tag").to_owned();
    let again = rig
        .send("GET", "/app.css", &[("If-None-Match", &tag)], "")
        .await;
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[tokio::test]
async fn health_and_counts_carry_no_names() {
    let rig = Rig::start(true, yes).await;
    assert_eq!(rig.get("/healthz").await.text(), "ok\n");
    let ready = rig.get("/readyz").await;
    assert_eq!(ready.json()["store"], true);
    let metrics = rig.get("/metrics").await;
    assert!(
        metrics.text().contains("resetbox_devices 2"),
        "{}",
        metrics.text()
    );
    for secret in ["842150", "192.168", "44-47", "DS-2"] {
        assert!(!metrics.text().contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_mirror_shows_pictures_lights_and_takes_keys() {
    let rig = Rig::start(false, yes).await;
    let frame = rig.get("/api/v1/panel/frame.png").await;
    assert_eq!(frame.header("content-type"), Some("image/png"));
    assert!(
        !read_qr(&grey(&frame.body)).is_empty(),
        "the panel shows a QR"
    );
    let body = "{\"button\":\"ok\",\"edge\":\"pressed\"}";
    assert_eq!(rig.post("/api/v1/panel/keys", body).await.status, 200);
    for _ in 0..50 {
        if rig.pressed.lock().expect("no panic").as_slice() == ["Ok Pressed"] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        rig.pressed.lock().expect("no panic").as_slice(),
        ["Ok Pressed"]
    );
    let mut stream = open(&rig, "/api/v1/panel", "").await;
    let text = read_until(&mut stream, "event: lights").await;
    assert!(
        text.contains("event: frame") && text.contains("\"width\":240"),
        "{text}"
    );
}

#[tokio::test]
async fn the_mirror_of_a_real_box_covers_what_is_typed() {
    let rig = Rig::start(false, yes).await;
    let mut pictures = Vec::new();
    for typed in ["A7kW2", "B8mX3"] {
        let mut view = sample("key-typed");
        if let resetbox_core::screen::Page::KeyEntry { typed: text, .. } = &mut view.screen.page {
            *text = SecretText::new(typed);
        }
        rig.view.send_replace(Arc::new(view));
        pictures.push(rig.get("/api/v1/panel/frame.png").await.body);
    }
    assert_eq!(pictures[0], pictures[1], "the picture depends on the key");
}

fn grey(picture: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture))
        .read_info()
        .expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    let grey: Vec<u8> = pixels.as_chunks::<3>().0.iter().map(|rgb| rgb[1]).collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, info.width, info.height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder
        .write_header()
        .expect("a header")
        .write_image_data(&grey)
        .expect("written");
    out
}

#[tokio::test]
async fn events_are_told_and_told_again_to_who_comes_back() {
    let rig = Rig::start(true, yes).await;
    let feed = |detail: &str| Feed {
        what: "device-found",
        at: Mono(1),
        wall: None,
        serial: None,
        case: None,
        channel: None,
        detail: detail.into(),
    };
    let mut stream = open(&rig, "/api/v1/events", "").await;
    read_until(&mut stream, "event: view").await;
    rig.feed.send(feed("one")).expect("a listener");
    let text = read_until(&mut stream, "\"one\"").await;
    let id = text
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .expect("an id")
        .to_owned();
    drop(stream);
    rig.feed.send(feed("two")).expect("a listener");
    let header = format!("Last-Event-ID: {id}\r\n");
    let mut stream = open(&rig, "/api/v1/events", &header).await;
    let text = read_until(&mut stream, "\"two\"").await;
    assert!(!text.contains("\"one\""), "{text}");
    let mut view = fixture();
    view.at = Mono(view.at.0 + 60_000);
    rig.view.send_replace(Arc::new(view.clone()));
    tokio::time::sleep(Duration::from_millis(400)).await;
    view.devices.pop();
    rig.view.send_replace(Arc::new(view));
    let text = read_until(&mut stream, "event: view").await;
    assert!(
        text.contains("\"revision\":1}"),
        "mere time is no change: {text}"
    );
}

async fn open(rig: &Rig, path: &str, header: &str) -> Stream {
    let mut stream = rig.connect().await;
    let ask = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\n{header}\r\n",
        rig.address()
    );
    stream.write_all(ask.as_bytes()).await.expect("sent");
    stream
}

async fn read_until(stream: &mut Stream, wanted: &str) -> String {
    let mut text = String::new();
    let reading = async {
        let mut piece = [0; 4096];
        while !text.contains(wanted) {
            let count = stream.read(&mut piece).await.expect("still open");
            assert!(count > 0, "closed after {text}");
            text.push_str(&String::from_utf8_lossy(&piece[..count]));
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(10), reading).await;
    assert!(outcome.is_ok(), "no {wanted} in {text}");
    text
}
